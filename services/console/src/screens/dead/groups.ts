import { createClient } from '@connectrpc/connect';
import { useTransport } from '@connectrpc/connect-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { destinationIdOf, destinationName, tenantOf } from '../../api/names';
import type { Delivery } from '../../gen/carillon/v1/delivery_pb';
import { DeliveryService, DeliveryView } from '../../gen/carillon/v1/delivery_service_pb';
import type { Outcome } from '../../gen/carillon/v1/destination_pb';
import { millisOf } from '../../ui/format';
import { OUTCOMES } from '../../ui/outcomes';

/** Dead letters of one destination that ended alike. */
export interface Group {
  key: string;
  /** Of the destination. */
  name: string;
  tenant: string;
  destination: string;
  outcome: Outcome;
  count: number;
  /** When the oldest of their events was accepted, and when the newest was given up. */
  oldest: number | undefined;
  newest: number | undefined;
}

const least = (a: number | undefined, b: number | undefined) => (a === undefined ? b : b === undefined ? a : Math.min(a, b));
const most = (a: number | undefined, b: number | undefined) => (a === undefined ? b : b === undefined ? a : Math.max(a, b));

/** The groups with more deliveries counted in. */
export function withDeliveries(groups: ReadonlyMap<string, Group>, deliveries: Pick<Delivery, 'name' | 'outcome' | 'acceptTime' | 'endTime' | 'lastAttemptTime'>[]): Map<string, Group> {
  const next = new Map(groups);
  for (const delivery of deliveries) {
    const [tenant, destination] = [tenantOf(delivery.name), destinationIdOf(delivery.name)];
    const key = `${tenant}/${destination}/${delivery.outcome}`;
    const before = next.get(key);
    next.set(key, {
      key, tenant, destination, name: destinationName(tenant, destination), outcome: delivery.outcome, count: (before?.count ?? 0) + 1,
      oldest: least(before?.oldest, millisOf(delivery.acceptTime)), newest: most(before?.newest, millisOf(delivery.endTime ?? delivery.lastAttemptTime)),
    });
  }
  return next;
}

/** The largest first. */
export const sorted = (groups: ReadonlyMap<string, Group>): Group[] =>
  [...groups.values()].sort((a, b) => b.count - a.count || a.key.localeCompare(b.key));

/** What a group adds to a filter that has none for the outcome. */
export const groupFilter = (filter: string, outcome: Outcome): string =>
  OUTCOMES[outcome]?.filter ? `${filter} AND outcome = ${OUTCOMES[outcome].filter}` : filter;

const PAGE = 1000;
/** So many are counted before it waits to be asked for more. */
const AT_ONCE = 20_000;

export interface Grouped {
  groups: Group[];
  counted: number;
  /** The whole log was counted. */
  complete: boolean;
  loading: boolean;
  error: unknown;
  more: () => void;
  reload: () => void;
}

interface State {
  by: ReadonlyMap<string, Group>;
  counted: number;
  next: string | undefined;
  loading: boolean;
  error: unknown;
}
const FRESH: State = { by: new Map(), counted: 0, next: '', loading: true, error: undefined };

/** Counts dead letters page by page; the log has no sums of its own. What was shown stays until the first page of a
    new question has come. */
export function useGroups(parent: string, filter: string, turn: number): Grouped {
  const transport = useTransport();
  const client = useMemo(() => createClient(DeliveryService, transport), [transport]);
  const [state, setState] = useState<State>(FRESH);
  const [again, setAgain] = useState(0);
  const running = useRef<AbortController | undefined>(undefined);

  const run = useCallback(async (from: State) => {
    running.current?.abort();
    const stop = new AbortController();
    running.current = stop;
    setState((old) => ({ ...old, loading: true, error: undefined }));
    let now = { ...from, loading: true, error: undefined as unknown };
    const end = from.counted + AT_ONCE;
    try {
      do {
        const page = await client.listDeliveries({ parent, filter, pageSize: PAGE, pageToken: now.next ?? '', view: DeliveryView.BASIC }, { signal: stop.signal });
        if (stop.signal.aborted) return;
        now = { by: withDeliveries(now.by, page.deliveries), counted: now.counted + page.deliveries.length, next: page.nextPageToken || undefined, loading: page.nextPageToken !== '', error: undefined };
        setState(now);
      } while (now.next !== undefined && now.counted < end);
      setState({ ...now, loading: false });
    } catch (error) {
      if (!stop.signal.aborted) setState((old) => ({ ...old, loading: false, error }));
    }
  }, [client, parent, filter]);

  useEffect(() => {
    void run(FRESH);
    return () => running.current?.abort();
  }, [run, turn, again]);

  const groups = useMemo(() => sorted(state.by), [state.by]);
  return {
    groups, counted: state.counted, complete: state.next === undefined, loading: state.loading, error: state.error,
    more: () => void run(state), reload: useCallback(() => setAgain((n) => n + 1), []),
  };
}
