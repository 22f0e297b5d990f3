import { createClient } from '@connectrpc/connect';
import { useTransport } from '@connectrpc/connect-query';
import { useCallback, useEffect, useMemo, useReducer, useRef } from 'react';
import { classCounts } from '../../api/stats';
import { StatsService } from '../../gen/carillon/v1/stats_service_pb';
import { timestampOf } from '../../ui/format';

const AT_ONCE = 50;
const HOURS = 24;
const WAIT_MS = 60;

export interface SparkData {
  ok: number[];
  bad: number[];
}

/** Attempts of each hour of the last day, asked for only of rows that are drawn, many at once. */
export function useSparks(): (name: string) => SparkData | undefined {
  const transport = useTransport();
  const client = useMemo(() => createClient(StatsService, transport), [transport]);
  const known = useRef(new Map<string, SparkData | undefined>());
  const wanted = useRef(new Set<string>());
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const alive = useRef(true);
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    alive.current = true;
    return () => {
      alive.current = false;
      clearTimeout(timer.current);
    };
  }, []);

  const fetchNext = useCallback(async () => {
    timer.current = undefined;
    const names = [...wanted.current].slice(0, AT_ONCE);
    for (const name of names) wanted.current.delete(name);
    if (names.length === 0) return;
    const hour = 3_600_000;
    const start = Math.floor(Date.now() / hour) * hour - (HOURS - 1) * hour;
    try {
      const answer = await client.batchGetStats({ names, startTime: timestampOf(start), step: { seconds: 3600n, nanos: 0 }, quantiles: [0.5] });
      answer.series.forEach((series, i) => {
        const counts = series.points.map(classCounts);
        known.current.set(names[i]!, { ok: counts.map(([ok]) => ok ?? 0), bad: counts.map(([, ...bad]) => bad.reduce((all, n) => all + n, 0)) });
      });
    } catch {
      return;  // rows are there without them
    }
    if (!alive.current) return;
    redraw();
    if (wanted.current.size > 0) timer.current = setTimeout(() => void fetchNext(), WAIT_MS);
  }, [client]);

  return useCallback((name: string) => {
    if (!known.current.has(name)) {
      known.current.set(name, undefined);
      wanted.current.add(name);
      timer.current ??= setTimeout(() => void fetchNext(), WAIT_MS);
    }
    return known.current.get(name);
  }, [fetchNext]);
}
