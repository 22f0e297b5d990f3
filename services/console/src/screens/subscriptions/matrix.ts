import { lastPart } from '../../api/names';
import type { Subscription } from '../../gen/carillon/v1/destination_pb';

// Who gets what, as a table of event types and destinations.

/** More of either is no table that anybody reads. */
export const MATRIX_MAX = 30;

/** What Carillon publishes itself, which `*` leaves out. */
const OWN = new Set(['destination.disabled', 'destination.recovered', 'delivery.dead']);

/** Whether a type of a subscription (`order.paid`, `order.*`, `*`) means this one. */
export function means(pattern: string, type: string): boolean {
  if (pattern === '*') return !OWN.has(type);
  if (pattern.endsWith('.*')) return type.startsWith(pattern.slice(0, -1));
  return lastPart(pattern) === type;
}

export type CellKind = 'all' | 'some' | 'off' | 'none';
export interface Cell {
  kind: CellKind;
  subscriptions: Subscription[];
}

/** What a destination gets of a type: all of it, what meets a condition, nothing while disabled, or nothing. */
export function cellOf(subscriptions: readonly Subscription[], type: string, destination: string): Cell {
  const mine = subscriptions.filter((each) => each.destinations.some((to) => lastPart(to) === destination) && each.types.some((pattern) => means(pattern, type)));
  const on = mine.filter(({ disabled }) => !disabled);
  const kind = mine.length === 0 ? 'none' : on.length === 0 ? 'off' : on.some(({ filter }) => filter === undefined) ? 'all' : 'some';
  return { kind, subscriptions: on.length > 0 ? on : mine };
}
