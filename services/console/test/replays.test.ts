import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { Operation_Kind as Kind, Operation_KindSchema as KindSchema, Operation_RequestSchema as RequestSchema, Operation_Request_Selection as Meant, OperationSchema, Operation_State as State, Operation_StateSchema as StateSchema } from '../src/gen/carillon/v1/operation_pb';
import { ReplayEventsRequest_Selection as Selection } from '../src/gen/carillon/v1/delivery_service_pb';
import { filterFor, merged, slim, targetWords } from '../src/screens/replays/Replays';
import { lacking, likeThis, localText, parted, readAsked, requestFor } from '../src/screens/replays/request';
import { timestampOf } from '../src/ui/format';
import { KINDS, onTheWay, OPERATION_STATES, paceOf, type Sample, withSample } from '../src/ui/operations';
import { readRate } from '../src/ui/RateField';

const T0 = Date.UTC(2026, 10, 28);
const running = (init: object) => create(OperationSchema, { name: 'tenants/a/operations/1', kind: Kind.REPLAY, state: State.RUNNING, target: 'tenants/a/destinations/crm', createTime: timestampOf(T0), updateTime: timestampOf(T0 + 10_000), ...init });

describe('operations', () => {
  it('have words for each kind and state, and their names for filters', () => {
    for (const { number, name } of KindSchema.values) if (number !== 0) expect(KINDS[number as Kind].filter).toBe(name);
    for (const { number, name } of StateSchema.values) if (number !== 0) expect(OPERATION_STATES[number as State].filter).toBe(name);
  });
  it('tell their pace by what was seen of late', () => {
    const samples: Sample[] = [{ at: 0, processed: 100, progress: 0.1 }, { at: 2_000, processed: 140, progress: 0.2 }];
    expect(paceOf(running({ processedCount: 140n, progress: 0.2 }), samples)).toEqual({ perSecond: 20, leftMs: 16_000 });
  });
  it('tell it by their whole run while little was seen', () => {
    expect(paceOf(running({ processedCount: 50n, progress: 0.25 }), [])).toEqual({ perSecond: 5, leftMs: 30_000 });
    expect(paceOf(running({ updateTime: timestampOf(T0) }), [])).toEqual({ perSecond: undefined, leftMs: undefined });
    expect(paceOf(running({ paused: true, processedCount: 50n, progress: 0.5 }), [])).toEqual({ perSecond: 0, leftMs: undefined });
    expect(paceOf(running({ done: true, processedCount: 40n, endTime: timestampOf(T0 + 4_000) }), [])).toEqual({ perSecond: 10, leftMs: undefined });
  });
  it('forget samples that say nothing of now', () => {
    const old = [{ at: 0, processed: 10, progress: 0.1 }, { at: 1_000, processed: 20, progress: 0.2 }];
    expect(withSample(old, { at: 1_000, processed: 20, progress: 0.2 })).toEqual(old);
    expect(withSample(old, { at: 60_000, processed: 30, progress: 0.3 })).toHaveLength(1);
    expect(withSample(old, { at: 2_000, processed: 0, progress: 0 })).toHaveLength(1);
    expect(withSample(old, { at: 15_500, processed: 30, progress: 0.3 }).map(({ at }) => at)).toEqual([1_000, 15_500]);
  });
  it('say what is on the way', () => {
    expect(onTheWay({ processedCount: 10n, deliveredCount: 4n, deadCount: 1n })).toBe(5n);
    expect(onTheWay({ processedCount: 1n, deliveredCount: 4n, deadCount: 0n })).toBe(0n);
  });
  it('stand once in the list, as they are now', () => {
    const [before, now] = [slim(running({})), slim(running({ done: true, state: State.SUCCEEDED }))];
    expect(merged([now], [before])).toEqual([now]);
  });
  it('are named by their target', () => {
    expect(targetWords('tenants/a/destinations/crm')).toBe('crm');
    expect(targetWords('tenants/a/destinations/-')).toBe('all destinations');
    expect(targetWords('tenants/a')).toBe('a');
  });
  it('are filtered by what the API knows alone', () => {
    expect(filterFor(new URLSearchParams('kind=PURGE&state=RUNNING'))).toBe('kind = PURGE AND state = RUNNING');
    expect(filterFor(new URLSearchParams('kind=X OR done=true'))).toBe('');
  });
});

describe('the form of a replay', () => {
  const ask = (address: string) => readAsked(new URLSearchParams(address));
  const WHOLE = 'destination=tenants/a/destinations/crm';
  it('says what it lacks', () => {
    expect(lacking(ask(''))).toMatch(/destination/);
    expect(lacking(ask(`${WHOLE}&from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z`))).toMatch(/ends before/);
    expect(lacking(ask(`${WHOLE}&rate=fast`))).toMatch(/rate/);
    expect(lacking(ask(`${WHOLE}&rate=5&from=nonsense`))).toBeUndefined();
  });
  it('becomes a request', () => {
    expect(requestFor(ask(WHOLE))).toEqual({ destination: 'tenants/a/destinations/crm', selection: Selection.SUBSCRIBED, filter: '' });
    expect(requestFor(ask(`${WHOLE}&type=a"b&filter=id = "x" OR id = "y"&selection=missing&rate=0.5&from=2026-01-01T00:00:00Z`))).toEqual({
      destination: 'tenants/a/destinations/crm', selection: Selection.MISSING, filter: 'type = "a\\"b" AND (id = "x" OR id = "y")', maxRate: 0.5, startTime: timestampOf(Date.UTC(2026, 0, 1)),
    });
  });
  it('takes rates that the API takes', () => {
    expect([readRate(''), readRate(' 5 '), readRate('0.01')]).toEqual([undefined, 5, 0.01]);
    for (const text of ['0', '0.001', '100001', '-1', '1e3', 'x']) expect(readRate(text)).toBeNaN();
  });
  it('writes times as inputs have them', () => {
    expect(Date.parse(localText(T0 + 5_000))).toBe(T0 + 5_000);
    expect(localText(undefined)).toBe('');
  });
  it('begins like an operation by what that was asked for', () => {
    const like = (init: object) => likeThis({ target: 'tenants/a/destinations/crm', request: create(RequestSchema, { destination: 'tenants/a/destinations/crm', ...init } as MessageInitShape<typeof RequestSchema>) });
    expect(like({ selection: Meant.SUBSCRIBED })).toBe('/replays/new?destination=tenants%2Fa%2Fdestinations%2Fcrm');
    expect(like({})).toBe('/replays/new?destination=tenants%2Fa%2Fdestinations%2Fcrm');
    expect(likeThis({ target: 'tenants/a/destinations/crm' })).toBe('/replays/new?destination=tenants%2Fa%2Fdestinations%2Fcrm');
    const whole = { filter: 'type = "a\\"b" AND (id = "x" OR id = "y")', selection: Meant.MISSING, maxRate: 0.5, startTime: timestampOf(T0), endTime: timestampOf(T0 + 500) };
    const asked = ask(like(whole).split('?')[1]!);
    expect(asked).toMatchObject({ type: 'a"b', filter: 'id = "x" OR id = "y"', from: T0, to: T0 + 500, rate: '0.5' });
    expect(requestFor(asked)).toEqual({ destination: 'tenants/a/destinations/crm', ...whole, selection: Selection.MISSING });
  });
  it('takes a filter apart only as it is put together', () => {
    for (const filter of ['', 'id = "x"', 'type = "a.b"', 'type = "a" AND id = "x"', 'type = "a" AND (id = "x")', 'type = "a" AND (id = "x") OR (id = "y")', 'type = "a\\\\" OR type = "b"', 'type = "a.*"']) {
      const { type, filter: rest } = parted(filter);
      expect(requestFor(ask(new URLSearchParams({ destination: 'tenants/a/destinations/crm', type, filter: rest }).toString())).filter).toBe(filter);
    }
    expect(parted('type = "a" AND (id = "x")')).toEqual({ type: 'a', filter: 'id = "x"' });
    expect(parted('type = "a" AND (id = "x") OR (id = "y")').type).toBe('');
  });
});
