import { type Client, createClient } from '@connectrpc/connect';
import { useTransport } from '@connectrpc/connect-query';
import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { classCounts } from '../../api/stats';
import { StatsService } from '../../gen/carillon/v1/stats_service_pb';
import { timestampOf } from '../../ui/format';

const AT_ONCE = 50;
const HOURS = 24;
const WAIT_MS = 60;
const HOUR = 3_600_000;

export interface SparkData {
  ok: number[];
  bad: number[];
}

/** What is known of the rows that are drawn. */
export class Sparks {
  private readonly known = new Map<string, SparkData>();
  private readonly wanted = new Set<string>();
  private readonly listeners = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly client: Client<typeof StatsService>) {}

  get(name: string): SparkData | undefined {
    return this.known.get(name);
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Asks for a row until it is there, or not drawn any more. */
  want(name: string): () => void {
    if (!this.known.has(name)) {
      this.wanted.add(name);
      this.timer ??= setTimeout(() => void this.fetchNext(), WAIT_MS);
    }
    return () => this.wanted.delete(name);
  }

  private async fetchNext(): Promise<void> {
    const names = [...this.wanted].slice(0, AT_ONCE);
    for (const name of names) this.wanted.delete(name);
    if (names.length > 0) await this.fetch(names);
    this.timer = this.wanted.size > 0 ? setTimeout(() => void this.fetchNext(), WAIT_MS) : undefined;
  }

  private async fetch(names: string[]): Promise<void> {
    const start = Math.floor(Date.now() / HOUR) * HOUR - (HOURS - 1) * HOUR;
    try {
      const { series } = await this.client.batchGetStats({ names, startTime: timestampOf(start), step: { seconds: 3600n, nanos: 0 }, quantiles: [0.5] });
      series.forEach(({ points }, i) => {
        const counts = points.map(classCounts);
        this.known.set(names[i]!, { ok: counts.map(([ok]) => ok ?? 0), bad: counts.map(([, ...bad]) => bad.reduce((all, n) => all + n, 0)) });
      });
    } catch {
      return;  // rows are there without them
    }
    for (const each of [...this.listeners]) each();
  }
}

/** Attempts of each hour of the last day, asked for only of rows that are drawn, many at once. */
export function useSparks(): Sparks {
  const transport = useTransport();
  return useMemo(() => new Sparks(createClient(StatsService, transport)), [transport]);
}

export function useSpark(sparks: Sparks, name: string): SparkData | undefined {
  useEffect(() => sparks.want(name), [sparks, name]);
  return useSyncExternalStore(sparks.subscribe, () => sparks.get(name));
}
