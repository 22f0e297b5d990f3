import { useQuery } from '@connectrpc/connect-query';
import { keepPreviousData } from '@tanstack/react-query';
import { useMemo } from 'react';
import { type GetStatsResponse, StatsService, type StatsPoint } from '../gen/carillon/v1/stats_service_pb';
import { durationMs, millisOf, timestampOf } from '../ui/format';
import { CLASSES, OUTCOMES } from '../ui/outcomes';
import type { Series } from '../ui/TimeChart';

export type Range = '1h' | '24h' | '7d' | '90d';
export const RANGES: Record<Range, { ms: number; stepS: number; label: string }> = {
  '1h': { ms: 3_600_000, stepS: 60, label: '1 h' },
  '24h': { ms: 86_400_000, stepS: 1800, label: '24 h' },
  '7d': { ms: 7 * 86_400_000, stepS: 3 * 3600, label: '7 d' },
  '90d': { ms: 90 * 86_400_000, stepS: 2 * 86_400, label: '90 d' },
};
export const readRange = (text: string | null, fallback: Range = '24h'): Range =>
  text !== null && text in RANGES ? (text as Range) : fallback;

const QUANTILES = [0.5, 0.95, 0.99];
const LATENCY_TOKENS = ['--c-info-mark', '--c-accent-text', '--c-net-mark'];
const LATENCY_NAMES = ['median', 'p95', 'p99'];

/** Attempts of a point by class of outcome, in the order of CLASSES. */
export function classCounts(point: StatsPoint): number[] {
  const counts = CLASSES.map(() => 0);
  for (const { outcome, count } of point.attempts) {
    const at = CLASSES.findIndex(({ tone }) => tone === OUTCOMES[outcome]?.tone);
    if (at >= 0) counts[at]! += Number(count);
  }
  return counts;
}

export interface Stats {
  times: number[];
  /** By class; those that never happened are left out, but for what was delivered. */
  classes: Series[];
  latency: Series[];
  delivered: number[];
  dead: number[];
  accepted: number[];
  attempts: number;
  succeeded: number;
  stepMs: number;
}

export function readStats(response: GetStatsResponse): Stats {
  const points = response.series[0]?.points ?? [];
  const stepMs = durationMs(response.step) ?? 60_000;
  const start = millisOf(response.startTime) ?? 0;
  const rows = points.map(classCounts);
  const classes = CLASSES.map(({ label, token }, i) => ({ label, token, data: rows.map((row) => row[i]!) }));
  const sum = (data: (number | null)[]) => data.reduce<number>((all, n) => all + (n ?? 0), 0);
  return {
    times: points.map((_, i) => start + i * stepMs),
    classes: classes.filter(({ data }, i) => i < 4 || sum(data) > 0),
    latency: QUANTILES.map((_, q) => ({
      label: LATENCY_NAMES[q]!, token: LATENCY_TOKENS[q]!, data: points.map((point) => durationMs(point.quantiles[q]) ?? null),
    })),
    delivered: points.map((point) => Number(point.deliveredCount)),
    dead: points.map((point) => Number(point.deadCount)),
    accepted: points.map((point) => Number(point.acceptedCount)),
    attempts: classes.reduce((all, { data }) => all + sum(data), 0),
    succeeded: sum(classes[0]!.data),
    stepMs,
  };
}

/** Statistics of a destination, a tenant or all, up to now; asked anew each half minute. */
export function useStats(name: string, range: Range) {
  const { ms, stepS } = RANGES[range];
  const step = stepS * 1000;
  // The same request within a step, so that it is one entry of the cache.
  const start = Math.floor((Date.now() - ms) / step) * step + step;
  const query = useQuery(StatsService.method.getStats, {
    name, startTime: timestampOf(start), step: { seconds: BigInt(stepS), nanos: 0 }, quantiles: QUANTILES,
  }, { refetchInterval: 30_000, placeholderData: keepPreviousData });
  const data = useMemo(() => (query.data ? readStats(query.data) : undefined), [query.data]);
  return { ...query, data };
}
