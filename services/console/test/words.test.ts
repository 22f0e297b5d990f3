import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { AttemptDetailSchema, Delivery_State } from '../src/gen/carillon/v1/delivery_pb';
import { DestinationSchema, Destination_State as State, DestinationStatus_Circuit as Circuit, DestinationStatus_Reason as Reason, FilterSchema, Outcome, OutcomeSchema } from '../src/gen/carillon/v1/destination_pb';
import { prefixed, principalWords, quoted, toDelivery, toDestination } from '../src/api/names';
import { filterWords } from '../src/ui/filterWords';
import { adviceFor, OUTCOMES } from '../src/ui/outcomes';
import { DELIVERY_STATES, stateOf, whyOf } from '../src/ui/states';

const facts = (outcome: Outcome, more = {}) => adviceFor({ outcome, host: 'api.acme.com', ...more });

describe('outcomes', () => {
  it('each has words, and its name for filters', () => {
    for (const { number, name } of OutcomeSchema.values) {
      const outcome = number as Outcome;
      expect(OUTCOMES[outcome].label).not.toBe('');
      if (outcome !== Outcome.UNSPECIFIED) expect(OUTCOMES[outcome].filter).toBe(name);
      expect(facts(outcome).title).not.toMatch(/undefined|\bNaN\b/);
    }
  });
  it('fill facts in', () => {
    const detail = (init: Parameters<typeof create<typeof AttemptDetailSchema>>[1]) => ({ detail: create(AttemptDetailSchema, init) });
    expect(facts(Outcome.RESPONSE_TIMEOUT, detail({ limit: { name: 'timeouts.total', value: '10s' } })).title).toBe('api.acme.com took the request, but did not answer within 10s');
    expect(facts(Outcome.RESPONSE_TIMEOUT).act).toBe('raise-timeout');
    expect(facts(Outcome.DNS, detail({ dns: { host: 'hooks.acme.example', code: 'NXDOMAIN' } })).title).toBe('hooks.acme.example does not resolve (NXDOMAIN)');
    expect(facts(Outcome.BLOCKED, detail({ ssrf: { address: '10.1.2.3', rule: 'private' } })).title).toBe('10.1.2.3 is not allowed (private). Nothing was sent');
    expect(facts(Outcome.HTTP_3XX, { status: 301, ...detail({ redirectUrl: 'https://www.acme.com/' }) })).toMatchObject({ title: 'api.acme.com answered 301 to https://www.acme.com/', act: 'use-url' });
    expect(facts(Outcome.HTTP_429, detail({ retryAfter: { seconds: 30n } })).title).toBe('api.acme.com asks for fewer requests, and to wait 30 s');
    expect(facts(Outcome.TLS, detail({ tls: { notAfter: { seconds: 1_000_000_000n } } })).title).toMatch(/^The certificate of api\.acme\.com ended on .*2001$/);
    expect(facts(Outcome.TLS, detail({ tls: { verifyError: 'hostname mismatch', names: ['a.example'] } })).title).toBe('The certificate is for other names: a.example');
    expect(facts(Outcome.HTTP_4XX, { status: 401 }).advice[0]).toMatch(/signature/);
    expect(facts(Outcome.HTTP_4XX, { status: 410 }).title).toMatch(/gone for good/);
    expect(facts(Outcome.HTTP_5XX, { status: 504 }).advice[0]).toMatch(/proxy/);
  });
});

describe('states', () => {
  const of = (state: State, status: object = {}) => create(DestinationSchema, { state, status });
  const at = { seconds: 1n };
  it('the worst comes first', () => {
    expect(stateOf(of(State.DISABLED, { failingSince: at }))).toBe('disabled');
    expect(stateOf(of(State.PAUSED))).toBe('paused');
    expect(stateOf(of(State.ACTIVE, { failingSince: at, lastOutcome: Outcome.HTTP_5XX, circuit: Circuit.OPEN }))).toBe('failing');
    expect(stateOf(of(State.ACTIVE, { failingSince: at, lastOutcome: Outcome.RESPONSE_TIMEOUT }))).toBe('timing-out');
    expect(stateOf(of(State.ACTIVE, { failingSince: at, lastOutcome: Outcome.DNS }))).toBe('unreachable');
    expect(stateOf(of(State.ACTIVE, { circuit: Circuit.OPEN }))).toBe('open');
    expect(stateOf(of(State.ACTIVE, { lastAttemptTime: at }))).toBe('healthy');
    expect(stateOf(of(State.ACTIVE))).toBe('idle');
    expect(stateOf(create(DestinationSchema, {}))).toBe('unknown');
  });
  it('say why', () => {
    expect(whyOf(of(State.PAUSED, { reason: Reason.PRINCIPAL, principal: 'token:tokens/ops', message: 'Maintenance' }))).toBe('token ops: Maintenance');
    expect(whyOf(of(State.DISABLED, { reason: Reason.GONE }))).toBe('It answered 410 Gone');
    expect(whyOf(of(State.ACTIVE, { lastAttemptTime: at, failingSince: at, lastOutcome: Outcome.HTTP_5XX, lastResponseStatus: 500 }))).toBe('500 on every attempt');
  });
  it('of deliveries are all there', () => {
    expect(Object.keys(DELIVERY_STATES)).toHaveLength(Object.keys(Delivery_State).length / 2);
  });
});

it('says filters in words', () => {
  const text = { kind: { case: 'stringValue' as const, value: 'NO' } };
  expect(filterWords(undefined)).toBe('every event');
  expect(filterWords(create(FilterSchema, { all: [{ payload: 'customer.country', equals: text }, { any: [{ attribute: 'region', prefix: 'eu-' }, { payloadPath: ['a', 'b'], exists: false }] }, { not: { payload: 'n', oneOf: [{ kind: { case: 'number', value: '9007199254740993' } }] } }] })))
    .toBe('customer.country is "NO" and (attribute region begins with "eu-" or a.b is not there) and not (n is one of 9007199254740993)');
});

it('reads names', () => {
  expect(toDestination('tenants/a.b/destinations/crm', '?tab=keys')).toBe('/destinations/a.b/crm?tab=keys');
  expect(toDelivery('tenants/acme/destinations/crm/deliveries/17/attempts/2')).toBe('/deliveries/acme/crm/17');
  expect(['token:tokens/ops', 'portal:tenants/acme/portalSessions/3f#user-17', 'jwt:https://login.example.com#ana', ''].map(principalWords)).toEqual(['token ops', 'user-17', 'ana', 'somebody unknown']);
  expect(prefixed('a*b')).toBe('"a\\*b*"');
  expect(quoted('a"b\\c')).toBe('"a\\"b\\\\c"');
});
