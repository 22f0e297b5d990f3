import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { EventTypeSchema, EventType_State as State } from '../src/gen/carillon/v1/event_type_pb';
import { subscribes } from '../src/screens/event-type/subscribes';
import { grouped, slim } from '../src/screens/event-types/groups';
import { readMappings } from '../src/screens/event-types/mappings';

const type = (id: string, more: object = {}) => slim(create(EventTypeSchema, { name: `eventTypes/${id}`, state: State.ACTIVE, ...more }));

describe('event types', () => {
  it('are grouped by what their names begin with', () => {
    const rows = (closed: string[]) => grouped([type('order.paid'), type('order.sent'), type('invoice.paid'), type('ping')], new Set(closed)).map((row) => (row.kind === 'group' ? `${row.id} ${row.count}` : row.id));
    expect(rows([])).toEqual(['invoice 1', 'invoice.paid', 'order 2', 'order.paid', 'order.sent', 'ping 1', 'ping']);
    expect(rows(['order'])).toEqual(['invoice 1', 'invoice.paid', 'order 2', 'ping 1', 'ping']);
  });
  it('say what their payload is', () => {
    expect(type('a', { schema: { case: 'protobuf', value: { message: 'a.B' } }, state: State.ARCHIVED })).toMatchObject({ schema: 'protobuf', archived: true });
    expect(type('a').schema).toBe('any JSON');
  });
  it('are subscribed to by name, group or all', () => {
    expect(subscribes(['eventTypes/order.paid'], 'order.paid')).toBe(true);
    expect(subscribes(['order.*'], 'order.paid')).toBe(true);
    expect(subscribes(['*'], 'order.paid')).toBe(true);
    expect(subscribes(['order.*', 'orders.paid'], 'orders.sent')).toBe(false);
    expect(subscribes([], 'order.paid')).toBe(false);
  });
  it('are mapped line by line', () => {
    expect(readMappings(' acme.v1.OrderPaid = order.paid\n\nacme.v1.X: x ')).toEqual([{ message: 'acme.v1.OrderPaid', eventType: 'order.paid' }, { message: 'acme.v1.X', eventType: 'x' }]);
    expect(readMappings('acme.v1.OrderPaid')).toBeUndefined();
    expect(readMappings('')).toEqual([]);
  });
});
