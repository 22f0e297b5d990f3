import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { toEvent } from '../src/api/names';
import { FilterSchema } from '../src/gen/carillon/v1/destination_pb';
import { EventSchema } from '../src/gen/carillon/v1/event_pb';
import { ExplainEventResponse_Route_Reason as Reason, ExplainEventResponse_Route_ReasonSchema as ReasonSchema } from '../src/gen/carillon/v1/event_service_pb';
import { publishCurl } from '../src/screens/events/curl';
import { fieldsFor, filterFor } from '../src/screens/events/query';
import { replayOf } from '../src/screens/events/ReplayDialog';
import { ordered } from '../src/screens/events/Routes';
import { conditionAt, filterWords } from '../src/ui/filterWords';
import { type JsonNode, readJson } from '../src/ui/jsonTree';
import { REASONS } from '../src/ui/reasons';

const NOW = Date.UTC(2026, 10, 28, 12);
const ask = (address: string) => filterFor(new URLSearchParams(address), NOW);

/** The tree as JSON again. */
function written(node: JsonNode): string {
  if (node.kind === 'object') return `{${node.members.map(([key, child]) => `${JSON.stringify(key)}:${written(child)}`).join(',')}}`;
  if (node.kind === 'list') return `[${node.items.map(written).join(',')}]`;
  return node.kind === 'str' ? JSON.stringify(node.text) : node.text;
}

describe('payloads as trees', () => {
  it('lose nothing', () => {
    for (const text of ['{"id":9007199254740993,"list":[1,[],{},{"a":null}],"b":true,"c":"x\\"y, {z}"}', '{"a":1,"a":2}', '[-0.10,1e400]', '"text"', '12', 'null', '{"":{"":""}}']) {
      expect(written(readJson(text)!)).toBe(text);
    }
  });
  it('are none of what is no JSON', () => {
    for (const text of ['', '{', '[1,]', '{"a"}', '{"a":1}x', '{a:1}', '[1 2]', 'hello', ',', '['.repeat(200) + ']'.repeat(200)]) expect(readJson(text)).toBeUndefined();
  });
  it('take long ones in little time', () => {
    const text = `[${Array.from({ length: 50_000 }, (_, i) => `{"n":${i}}`).join(',')}]`;
    const root = readJson(text);
    expect(root?.kind === 'list' && root.items.length).toBe(50_000);
  });
});

describe('what is asked of the journal', () => {
  it('stands in the address', () => {
    expect(ask('')).toBe('');
    expect(ask('span=1h&type=order.paid')).toBe('accept_time >= "2026-11-28T11:00:00.000Z" AND type = "order.paid"');
    expect(ask('key=a"b&trace=4bf9')).toBe('ordering_key = "a\\"b" AND trace_id = "4bf9"');
    expect(ask('q=order.')).toBe('(id = "order." OR type = "order.*" OR ordering_key = "order." OR trace_id = "order.")');
    expect(ask('from=nonsense&span=9y')).toBe('');
    expect(ask('filter=payload_bytes > 9&to=2026-11-28T00:00:00Z')).toBe('accept_time < "2026-11-28T00:00:00.000Z" AND (payload_bytes > 9)');
  });
  it('is offered as a menu of bounded length', () => {
    expect(fieldsFor(Array.from({ length: 500 }, (_, i) => `eventTypes/t${i}`))[1]!.choices.length).toBeLessThanOrEqual(60);
  });
  it('leads to one event', () => expect(toEvent('tenants/a/events/x@7')).toBe('/events/a/x@7'));
});

describe('where an event goes', () => {
  it('has words for each reason', () => {
    for (const { number } of ReasonSchema.values) expect(REASONS[number as Reason]).not.toBe('');
  });
  it('comes first', () => {
    const route = (reason: Reason, delivery = '') => ({ reason, delivery });
    const [no, yes, went] = [route(Reason.FILTER_NOT_MET), route(Reason.MATCHED), route(Reason.CHANGED_SINCE, 'd/1')];
    expect(ordered([no, yes, went])).toEqual([yes, went, no]);
  });
  it('finds the condition that a path names', () => {
    const filter = create(FilterSchema, { all: [{ payload: 'a', exists: true }, { any: [{ not: { payload: 'country', equals: { kind: { case: 'stringValue', value: 'NO' } } } }] }] });
    expect(filterWords(conditionAt(filter, 'filter.all[1].any[0].not.equals'))).toBe('country is "NO"');
    expect(filterWords(conditionAt(filter, 'filter.all[0].exists'))).toBe('a is there');
    expect(conditionAt(filter, 'types')).toBeUndefined();
    expect(conditionAt(filter, 'filter.all[9].equals')).toBeUndefined();
  });
});

describe('one event', () => {
  const event = create(EventSchema, { id: 'x', type: 'order.paid', position: 28n, orderingKey: 'k', attributes: { region: "e'u" }, acceptTime: { seconds: 1_796_000_000n, nanos: 494_496_603 }, payload: { case: 'json', value: '{"id":9007199254740993}' } });
  it('is published again by a command, with its digits and without its id or a token', () => {
    const command = publishCurl(event, 'acme', 'https://hooks.example.com');
    expect(command).toContain('https://hooks.example.com/carillon.v1.EventPublisher/Publish');
    expect(command).toContain('-H "Authorization: $AUTHORIZATION"');
    expect(command).toContain('{\\"id\\":9007199254740993}');
    expect(command).toContain(`e'\\''u`);
    expect(command).not.toContain('"id":"x"');
  });
  it('is replayed alone', () => {
    const { filter, startTime, endTime } = replayOf(event, 'tenants/a/destinations/b');
    expect(filter).toBe('position = 28');
    expect(startTime.seconds).toBe(1_796_000_000n);
    expect(startTime.nanos).toBeLessThan(494_496_603);
    expect(endTime.nanos).toBeGreaterThan(494_496_603);
  });
});
