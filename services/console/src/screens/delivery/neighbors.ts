import type { Timestamp } from '@bufbuild/protobuf/wkt';

// The delivery before and the one after in a list of the log, which is by last attempt, the newest first.

const PAGE = 1_000;
const PAGES = 5;
/** How far to look towards now, in ms: little first, since the log may hold thousands a second. */
const WINDOWS = [100, 1_000, 10_000, 60_000, 600_000, 3_600_000, 86_400_000, 2_592_000_000];

export interface Named {
  name: string;
}
/** One page of the list with this condition too. */
export type Ask = (condition: string, pageSize: number, pageToken: string) => Promise<{ deliveries: Named[]; nextPageToken: string }>;

/** With all its digits: many attempts share a millisecond. */
export function exactly({ seconds, nanos }: Pick<Timestamp, 'seconds' | 'nanos'>): string {
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}.${String(nanos).padStart(9, '0')}Z`;
}

const later = ({ seconds, nanos }: Pick<Timestamp, 'seconds' | 'nanos'>, ms: number) => {
  const sum = BigInt(nanos) + BigInt(ms) * 1_000_000n;
  return exactly({ seconds: seconds + sum / 1_000_000_000n, nanos: Number(sum % 1_000_000_000n) });
};

/** Those that were attempted at the same time stand beside one another: the next is found from the one itself. */
export async function olderThan(name: string, at: Timestamp, ask: Ask): Promise<string | undefined> {
  let token = '';
  let passed = false;
  for (let i = 0; i < PAGES; ++i) {
    const { deliveries, nextPageToken } = await ask(`last_attempt_time <= "${exactly(at)}"`, i === 0 ? 50 : PAGE, token);
    for (const each of deliveries) {
      if (passed) return each.name;
      passed = each.name === name;
    }
    if (!nextPageToken) return undefined;
    token = nextPageToken;
  }
  return undefined;
}

export async function newerThan(name: string, at: Timestamp, ask: Ask): Promise<string | undefined> {
  for (const ms of WINDOWS) {
    let token = '';
    let before: string | undefined;
    for (let i = 0; ; ++i) {
      if (i === PAGES) return undefined;  // too many at once
      const { deliveries, nextPageToken } = await ask(`last_attempt_time >= "${exactly(at)}" AND last_attempt_time <= "${later(at, ms)}"`, PAGE, token);
      const found = deliveries.findIndex((each) => each.name === name);
      if (found >= 0) {
        before = deliveries[found - 1]?.name ?? before;
        break;
      }
      before = deliveries.at(-1)?.name ?? before;
      if (!nextPageToken) break;
      token = nextPageToken;
    }
    if (before) return before;
  }
  return undefined;
}
