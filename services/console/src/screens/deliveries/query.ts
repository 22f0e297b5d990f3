import { Outcome } from '../../gen/carillon/v1/destination_pb';
import { type Delivery, Delivery_State as State } from '../../gen/carillon/v1/delivery_pb';
import { destinationIdOf, prefixed, quoted, tenantOf } from '../../api/names';
import { millisOf } from '../../ui/format';
import type { FilterField } from '../../ui/Filters';
import { OUTCOMES } from '../../ui/outcomes';
import { DELIVERY_STATES } from '../../ui/states';

// What the address asks of the log, as the API's filter says it.

export interface Row {
  name: string;
  destination: string;
  tenant: string;
  type: string;
  state: State;
  outcome: Outcome;
  status: number;
  attempts: number;
  last: number | undefined;
  accepted: number | undefined;
  /** From its acceptance until it arrived or was given up. */
  took: number | undefined;
}

const between = (begin: number | undefined, end: number | undefined) => (begin === undefined || end === undefined ? undefined : Math.max(0, end - begin));

export const slim = (delivery: Delivery): Row => ({
  name: delivery.name, destination: destinationIdOf(delivery.name), tenant: tenantOf(delivery.name), type: delivery.eventType, state: delivery.state,
  outcome: delivery.outcome, status: delivery.responseStatus, attempts: delivery.attemptCount, last: millisOf(delivery.lastAttemptTime),
  accepted: millisOf(delivery.acceptTime), took: between(millisOf(delivery.acceptTime), millisOf(delivery.endTime)),
});

const states = (Object.keys(DELIVERY_STATES).map(Number) as State[]).filter((each) => each !== State.STATE_UNSPECIFIED);
const outcomes = (Object.keys(OUTCOMES).map(Number) as Outcome[]).filter((each) => each !== Outcome.UNSPECIFIED);

export const SPANS: Record<string, number> = { '15m': 15 * 60_000, '1h': 3_600_000, '24h': 86_400_000, '7d': 7 * 86_400_000 };

export const FIELDS: FilterField[] = [
  { id: 'state', label: 'State', choices: [{ value: 'open', label: 'Not delivered yet' }, ...states.map((each) => ({ value: DELIVERY_STATES[each].filter, label: DELIVERY_STATES[each].label }))] },
  { id: 'outcome', label: 'Last outcome', choices: [{ value: 'failed', label: 'Any failure' }, ...outcomes.map((each) => ({ value: OUTCOMES[each].filter, label: OUTCOMES[each].label }))] },
  { id: 'span', label: 'Last attempt', choices: [{ value: '15m', label: 'last 15 min' }, { value: '1h', label: 'last hour' }, { value: '24h', label: 'last 24 h' }, { value: '7d', label: 'last 7 days' }] },
];
/** Others that the address can have; they are made by links, not by the menu. */
export const LINKED = ['from', 'to', 'destination', 'to-tenant', 'type', 'filter', 'q'];

const time = (text: string | null): string | undefined => {
  const ms = text === null ? NaN : Date.parse(text);
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
};

/** The filter of ListDeliveries. `now` is rounded by the caller, so that the same address is the same question. */
export function filterFor(params: URLSearchParams, now: number): string {
  const parts: string[] = [];
  const state = params.get('state');
  if (state === 'open') parts.push('(state = QUEUED OR state = IN_FLIGHT OR state = SCHEDULED OR state = HELD)');
  else if (state && /^[A-Z_]+$/.test(state)) parts.push(`state = ${state}`);
  const outcome = params.get('outcome');
  if (outcome === 'failed') parts.push('NOT outcome = OUTCOME_SUCCESS');
  else if (outcome && /^OUTCOME_[0-9A-Z_]+$/.test(outcome)) parts.push(`outcome = ${outcome}`);
  const span = SPANS[params.get('span') ?? ''];
  if (span) parts.push(`last_attempt_time >= ${quoted(new Date(now - span).toISOString())}`);
  const [from, to] = [time(params.get('from')), time(params.get('to'))];
  if (from) parts.push(`last_attempt_time >= ${quoted(from)}`);
  if (to) parts.push(`last_attempt_time < ${quoted(to)}`);
  const type = params.get('type');
  if (type) parts.push(`event_type = ${quoted(type)}`);
  const q = params.get('q')?.trim();
  if (q) parts.push(`(event_id = ${quoted(q)} OR event_type = ${prefixed(q.replace(/\*$/, ''))})`);
  const free = params.get('filter')?.trim();
  if (free) parts.push(`(${free})`);
  return parts.join(' AND ');
}

/** Where to look: what the viewer looks at, or the destination that the address names. */
export function parentFor(params: URLSearchParams, viewerParent: string): string {
  const [tenant, destination] = [params.get('to-tenant'), params.get('destination')];
  const parent = tenant ? `tenants/${tenant}` : viewerParent;
  return `${parent}/destinations/${destination || '-'}`;
}
