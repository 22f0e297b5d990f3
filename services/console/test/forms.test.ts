import { create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';
import { fieldError, otherErrors, readError } from '../src/api/errors';
import { makeViewer } from '../src/api/caller';
import { CallerSchema } from '../src/gen/carillon/v1/access_service_pb';
import { DestinationSchema } from '../src/gen/carillon/v1/destination_pb';
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from '../src/gen/google/rpc/error_details_pb';
import { edit, fileOf, jsonOf, textIn } from '../src/screens/destination/policyForm';
import { filterFor, parentFor } from '../src/screens/deliveries/query';
import { draftFilter, emptyDraft, idFrom, missing } from '../src/screens/wizard/draft';

describe('errors of the API', () => {
  const error = new ConnectError('destination.timeouts.total: must be at most 2m', Code.InvalidArgument, undefined, [
    { desc: ErrorInfoSchema, value: { reason: 'FIELD_INVALID', domain: 'carillon' } },
    { desc: BadRequestSchema, value: { fieldViolations: [{ field: 'destination.timeouts.total', description: 'must be at most 2m' }, { field: 'destination.displayName', description: 'too long' }, { field: 'destination.retry.delays.items[2]', description: 'bad' }, { field: 'requestId', description: 'odd' }] } },
    { desc: RetryInfoSchema, value: { retryDelay: { seconds: 2n, nanos: 500_000_000 } } },
  ]);
  const read = readError(error);
  it('keep the words, the reason and when to come again', () => {
    expect(read).toMatchObject({ title: 'The server did not accept that', message: 'destination.timeouts.total: must be at most 2m', reason: 'FIELD_INVALID', retryAfterSeconds: 2.5 });
  });
  it('find their fields', () => {
    expect(fieldError(read, 'timeouts.total', 'destination')).toBe('must be at most 2m');
    expect(fieldError(read, 'display_name', 'destination')).toBe('too long');
    expect(fieldError(read, 'retry.delays.items', 'destination')).toBe('bad');
    expect(fieldError(read, 'timeouts.connect', 'destination')).toBeUndefined();
    expect(otherErrors(read, ['timeouts.total', 'display_name', 'retry.delays.items'], 'destination').map(({ path }) => path)).toEqual(['requestId']);
  });
  it('say when nobody answers', () => {
    expect(readError(new TypeError('Failed to fetch')).title).toMatch(/does not answer|went wrong/);
    expect(readError(new ConnectError('x', Code.Unavailable)).title).toBe('The server does not answer');
  });
});

describe('the policy form', () => {
  const before = create(DestinationSchema, {
    name: 'tenants/acme/destinations/crm', url: 'https://a.example/', timeouts: { total: { seconds: 10n } }, etag: 'e', rate: { perSecond: 5 },
    retry: { schedule: { case: 'delays', value: { items: [{ seconds: 10n }, { seconds: 60n }] } } },
  });
  it('shows what is set', () => {
    const json = jsonOf(before);
    const text = (path: string, kind: 'duration' | 'durations' | 'number') => textIn(json, { path, kind, label: '' });
    expect([text('timeouts.total', 'duration'), text('retry.delays.items', 'durations'), text('rate.per_second', 'number'), text('timeouts.connect', 'duration')]).toEqual(['10s', '10s, 1m', '5', '']);
  });
  it('changes what was typed, and masks it', () => {
    const { destination, mask, changes, errors } = edit(before, { 'timeouts.total': '30s', 'retry.delays.items': '5s 1h', concurrency: '8', url: 'https://a.example/' });
    expect(errors).toEqual({});
    expect(mask).toEqual(['timeouts', 'concurrency', 'retry']);
    expect(changes.map(({ before: old, after }) => [old, after])).toEqual([['10s', '30s'], ['', '8'], ['10s, 1m', '5s 1h']]);
    expect(destination.timeouts?.total?.seconds).toBe(30n);
    expect(destination.concurrency).toBe(8);
  });
  it('clears what was emptied, its message too', () => {
    const { destination, mask } = edit(before, { 'rate.per_second': '' });
    expect(mask).toEqual(['rate']);
    expect(destination.rate).toBeUndefined();
  });
  it('says what means nothing', () => {
    expect(edit(before, { 'timeouts.total': 'soon', concurrency: 'x', 'retry.delays.items': '5s, x' }).errors).toEqual({
      'timeouts.total': 'must be a duration such as 500ms, 2s, 5m or 1h30m', concurrency: 'must be a number', 'retry.delays.items': 'must be durations such as 10s, 1m, 10m',
    });
  });
  it('is shown as the file has it', () => {
    expect(fileOf(jsonOf(before))).toEqual({ name: 'tenants/acme/destinations/crm', url: 'https://a.example/', timeouts: { total: '10s' }, rate: { per_second: 5 }, retry: { delays: ['10s', '1m'] } });
  });
});

describe('the address of the log', () => {
  const ask = (text: string) => filterFor(new URLSearchParams(text), Date.parse('2026-11-28T10:00:00Z'));
  it('is a filter', () => {
    expect(ask('')).toBe('');
    expect(ask('state=DEAD&outcome=OUTCOME_DNS&span=1h')).toBe('state = DEAD AND outcome = OUTCOME_DNS AND last_attempt_time >= "2026-11-28T09:00:00.000Z"');
    expect(ask('outcome=failed&q=order')).toBe('NOT outcome = OUTCOME_SUCCESS AND (event_id = "order" OR event_type = "order*")');
    expect(ask('filter=attempt_count > 3')).toBe('(attempt_count > 3)');
  });
  it('lets nothing slip into it', () => {
    expect(ask('state=DEAD OR state=QUEUED&outcome=x" OR y&type=a" OR "b&from=yesterday')).toBe('event_type = "a\\" OR \\"b"');
  });
  it('names where to look', () => {
    expect(parentFor(new URLSearchParams(''), 'tenants/-')).toBe('tenants/-/destinations/-');
    expect(parentFor(new URLSearchParams('to-tenant=acme&destination=crm'), 'tenants/-')).toBe('tenants/acme/destinations/crm');
  });
});

describe('the wizard', () => {
  const draft = { ...emptyDraft('acme'), types: ['order.paid'] };
  it('says what is missing', () => {
    expect(missing(emptyDraft('acme'), 'events')).toMatch(/event type/);
    expect(missing(draft, 'events')).toBeUndefined();
    expect(missing({ ...draft, filtered: true }, 'events')).toMatch(/condition/);
    expect(missing({ ...draft, url: 'a.example' }, 'destination')).toMatch(/URL/);
    expect(missing({ ...draft, url: 'https://a.example', id: 'A b' }, 'destination')).toMatch(/name/);
    expect(missing({ ...draft, url: 'https://a.example' }, 'destination')).toBeUndefined();
  });
  it('makes filters whose values keep their type', () => {
    const condition = { member: 'n', comparison: 'is' as const, value: '9007199254740993', kind: 'number' as const };
    expect(draftFilter({ ...draft, filtered: true, conditions: [condition] })).toEqual({ payload: 'n', equals: { kind: { case: 'number', value: '9007199254740993' } } });
    expect(draftFilter({ ...draft, filtered: true, conditions: [{ ...condition, kind: 'text' }, { ...condition, member: 'attributes.region', comparison: 'is not there' }] })).toEqual({
      all: [{ payload: 'n', equals: { kind: { case: 'stringValue', value: '9007199254740993' } } }, { attribute: 'region', exists: false }],
    });
    expect(draftFilter({ ...draft, conditions: [condition] })).toBeUndefined();
  });
  it('proposes names', () => {
    expect(['https://API.Acme.com:8443/x', 'https://[::1]/', 'nonsense'].map(idFrom)).toEqual(['api-acme-com', '1', '']);
  });
});

describe('who looks', () => {
  const caller = (init: Parameters<typeof create<typeof CallerSchema>>[1]) => create(CallerSchema, init);
  it('an operator chooses among all', () => {
    expect(makeViewer(caller({ allTenants: true }), undefined)).toMatchObject({ parent: 'tenants/-', tenant: undefined, asTenant: false });
    expect(makeViewer(caller({ allTenants: true }), 'acme')).toMatchObject({ parent: 'tenants/acme', asTenant: true });
  });
  it('others see their own', () => {
    const viewer = makeViewer(caller({ tenants: ['tenants/acme', 'tenants/bell'], methods: ['carillon.v1.KeyService/ListKeys'] }), 'foreign');
    expect(viewer).toMatchObject({ parent: 'tenants/acme', asTenant: false, tenants: ['acme', 'bell'] });
    expect([viewer.may('KeyService/ListKeys'), viewer.may('KeyService/CreateKey')]).toEqual([true, false]);
  });
});
