import { expect, it } from 'vitest';
import { exactly, newerThan, olderThan, type Ask } from '../src/screens/delivery/neighbors';

const SECOND = 1_000_000_000n;
const stamp = (ns: bigint) => ({ seconds: ns / SECOND, nanos: Number(ns % SECOND) });

/** A log as ListDeliveries shows it: the newest first, a page at a time. */
function log(times: bigint[]): { names: string[]; ask: Ask; asked: () => number } {
  const all = times.map((ns, i) => ({ name: `d${i}`, text: exactly(stamp(ns)) })).sort((a, b) => (a.text < b.text ? 1 : a.text > b.text ? -1 : 0));
  let asked = 0;
  const ask: Ask = async (condition, pageSize, pageToken) => {
    asked += 1;
    const bounds = [...condition.matchAll(/last_attempt_time (<=|>=) "([^"]+)"/g)];
    const some = all.filter(({ text }) => bounds.every(([, way, bound]) => (way === '<=' ? text <= bound! : text >= bound!)));
    const from = Number(pageToken || 0);
    return { deliveries: some.slice(from, from + pageSize), nextPageToken: from + pageSize < some.length ? String(from + pageSize) : '' };
  };
  return { names: all.map(({ name }) => name), ask, asked: () => asked };
}

it('walks a log one by one, both ways, also where many share a time', async () => {
  const start = 1_795_580_492n * SECOND;
  const times = [0n, 1n, 1n, 1n, 250n * 1_000_000n, 3_600n * SECOND, 3_600n * SECOND + 1n, 90_000n * SECOND].map((each) => start + each);
  const { names, ask } = log(times);
  for (const [i, name] of names.entries()) {
    const at = { ...stamp(times[Number(name.slice(1))]!), $typeName: 'google.protobuf.Timestamp' as const };
    expect(await olderThan(name, at, ask)).toBe(names[i + 1]);
    expect(await newerThan(name, at, ask)).toBe(names[i - 1]);
  }
});

it('ends where too many came at once', async () => {
  const { ask, asked, names } = log(Array.from({ length: 20_000 }, () => 5n * SECOND));
  expect(await newerThan(names.at(-1)!, { seconds: 5n, nanos: 0, $typeName: 'google.protobuf.Timestamp' }, ask)).toBeUndefined();
  expect(asked()).toBeLessThanOrEqual(5);
});
