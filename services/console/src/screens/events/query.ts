import { lastPart, prefixed, quoted, tenantOf } from '../../api/names';
import type { Event } from '../../gen/carillon/v1/event_pb';
import { millisOf } from '../../ui/format';
import type { FilterField } from '../../ui/Filters';
import { visible } from '../../ui/text';

// What the address asks of the journal, as the API's filter says it.

export interface Row {
  name: string;
  id: string;
  tenant: string;
  type: string;
  key: string;
  accepted: number | undefined;
  bytes: number;
  trace: string;
}

export const slim = (event: Event): Row => ({
  name: event.name, id: event.id, tenant: tenantOf(event.name), type: event.type, key: event.orderingKey, accepted: millisOf(event.acceptTime),
  bytes: event.payloadBytes, trace: event.traceId,
});

export const SPANS: Record<string, number> = { '15m': 15 * 60_000, '1h': 3_600_000, '24h': 86_400_000, '7d': 7 * 86_400_000 };
const MAX_TYPES = 60;

export const SPAN_FIELD: FilterField = {
  id: 'span', label: 'Accepted', choices: [{ value: '15m', label: 'last 15 min' }, { value: '1h', label: 'last hour' }, { value: '24h', label: 'last 24 h' }, { value: '7d', label: 'last 7 days' }],
};
/** The menu of filters; of many types it offers the first, the others are found by typing. */
export const fieldsFor = (types: string[]): FilterField[] => [
  SPAN_FIELD, { id: 'type', label: 'Event type', choices: types.slice(0, MAX_TYPES).map((name) => ({ value: lastPart(name), label: visible(lastPart(name)) })) },
];
/** Others that the address can have; they are made by links, not by the menu. */
export const LINKED = { from: 'From', to: 'Until', key: 'Ordering key', trace: 'Trace', filter: 'Filter' };

const time = (text: string | null): string | undefined => {
  const ms = text === null ? NaN : Date.parse(text);
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
};

/** The filter of ListEvents. `now` is rounded by the caller, so that the same address is the same question. */
export function filterFor(params: URLSearchParams, now: number): string {
  const parts: string[] = [];
  const span = SPANS[params.get('span') ?? ''];
  if (span) parts.push(`accept_time >= ${quoted(new Date(now - span).toISOString())}`);
  const [from, to] = [time(params.get('from')), time(params.get('to'))];
  if (from) parts.push(`accept_time >= ${quoted(from)}`);
  if (to) parts.push(`accept_time < ${quoted(to)}`);
  for (const [id, field] of [['type', 'type'], ['key', 'ordering_key'], ['trace', 'trace_id']] as const) {
    const value = params.get(id);
    if (value) parts.push(`${field} = ${quoted(value)}`);
  }
  const q = params.get('q')?.trim();
  if (q) parts.push(`(id = ${quoted(q)} OR type = ${prefixed(q.replace(/\*$/, ''))} OR ordering_key = ${quoted(q)} OR trace_id = ${quoted(q)})`);
  const free = params.get('filter')?.trim();
  if (free) parts.push(`(${free})`);
  return parts.join(' AND ');
}
