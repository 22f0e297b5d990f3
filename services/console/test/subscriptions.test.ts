import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { FilterSchema, SubscriptionSchema } from '../src/gen/carillon/v1/destination_pb';
import { changesOf, formOf, isPattern, rowsOf } from '../src/screens/subscriptions/form';
import { cellOf, means } from '../src/screens/subscriptions/matrix';
import { filterFor } from '../src/screens/subscriptions/Subscriptions';

type FilterInit = MessageInitShape<typeof FilterSchema>;
const text = (value: string) => ({ kind: { case: 'stringValue' as const, value } });
const NORWAY: FilterInit = { payload: 'customer.country', equals: text('NO') };
const ODD: FilterInit = { any: [NORWAY, { payload: 'a', oneOf: [text('1'), text('2')] }] };
const sub = (init: MessageInitShape<typeof SubscriptionSchema>) => create(SubscriptionSchema, { name: 'tenants/a/subscriptions/s', etag: 'e', types: ['order.paid'], destinations: ['tenants/a/destinations/crm'], ...init });

describe('conditions as rows', () => {
  it('say what rows can say, in kind too', () => {
    const simple: FilterInit[] = [
      NORWAY, { not: NORWAY }, { payload: 'n', equals: { kind: { case: 'number', value: '9007199254740993' } } }, { payload: 'b', equals: { kind: { case: 'boolValue', value: false } } },
      { attribute: 'tier', prefix: 'go' }, { payload: 'x', exists: false }, { all: [NORWAY, { attribute: 'tier', exists: true }] },
    ];
    for (const filter of simple) expect(rowsOf(create(FilterSchema, filter))).toBeDefined();
    expect(rowsOf(create(FilterSchema, { not: NORWAY }))).toEqual([{ member: 'customer.country', comparison: 'is not', value: 'NO', kind: 'text' }]);
  });
  it('leave alone what they cannot', () => {
    for (const filter of [ODD, { not: { not: NORWAY } }, { payload: 'attributes.x', exists: true }, { payloadPath: ['a.b'], exists: true }, { all: [{ all: [NORWAY] }] }, { payload: 'x', equals: text('') }] as FilterInit[]) {
      expect(rowsOf(create(FilterSchema, filter))).toBeUndefined();
    }
  });
});

describe('a subscription as a form', () => {
  it('changes nothing by itself', () => {
    for (const filter of [undefined, NORWAY, ODD]) {
      const it = sub({ ...(filter ? { filter } : {}), displayName: 'S', destinations: ['crm'] });
      expect(changesOf(it, formOf(it)).paths).toEqual([]);
    }
  });
  it('saves what differs alone, and keeps what rows cannot say', () => {
    const it = sub({ filter: ODD });
    const form = formOf(it);
    const changed = changesOf(it, { ...form, draft: { ...form.draft, types: ['order.paid', 'order.*'], displayName: ' Odd ' } });
    expect(changed.paths).toEqual(['types', 'display_name']);
    expect(changed.subscription).toMatchObject({ displayName: 'Odd', etag: 'e' });
    expect(changesOf(it, { ...form, draft: { ...form.draft, filtered: false } })).toMatchObject({ paths: ['filter'], subscription: { name: it.name } });
    expect(changesOf(it, { ...form, draft: { ...form.draft, filtered: false } }).subscription.filter).toBeUndefined();
    expect(changesOf(it, { ...form, destinations: [...form.destinations, 'tenants/a/destinations/b'] }).paths).toEqual(['destinations']);
  });
  it('takes patterns that the API takes', () => {
    for (const each of ['*', 'order.*', 'order.paid', 'a_b-c.d']) expect(isPattern(each)).toBe(true);
    for (const each of ['', '.*', 'order.', 'Order', '*.paid', 'a b', 'order*']) expect(isPattern(each)).toBe(false);
  });
});

describe('who gets what', () => {
  it('follows patterns as routing does', () => {
    expect(means('order.*', 'order.paid')).toBe(true);
    expect(means('order.*', 'orders.paid')).toBe(false);
    expect(means('*', 'anything')).toBe(true);
    expect(means('*', 'delivery.dead')).toBe(false);
    expect(means('order.paid', 'order.paid.late')).toBe(false);
  });
  it('tells all, some, disabled and none apart', () => {
    const [all, some, off] = [sub({}), sub({ filter: NORWAY }), sub({ disabled: true })];
    const kind = (...of: ReturnType<typeof sub>[]) => cellOf(of, 'order.paid', 'crm').kind;
    expect([kind(all, some), kind(some), kind(off), kind(off, some), kind()]).toEqual(['all', 'some', 'off', 'some', 'none']);
    expect(cellOf([all], 'order.paid', 'cr').kind).toBe('none');
  });
  it('is searched in the address', () => {
    expect(filterFor(new URLSearchParams('q=x"&state=off'))).toBe('(name:"x\\"" OR display_name:"x\\"" OR types:"x\\"" OR destinations:"x\\"") AND disabled = true');
    expect(filterFor(new URLSearchParams('state=DROP'))).toBe('');
  });
});
