import { SegmentedControl } from '@mantine/core';
import { type Range, RANGES, readRange } from '../api/stats';
import { useAddress } from './address';

export function useRange(fallback: Range = '24h'): Range {
  const [params] = useAddress();
  return readRange(params.get('range'), fallback);
}

/** How far back; in the address. */
export function RangePicker({ of, fallback = '24h' }: { of: Range[]; fallback?: Range }) {
  const [, change] = useAddress();
  const range = useRange(fallback);
  return (
    <SegmentedControl aria-label="How far back" value={range} data={of.map((each) => ({ value: each, label: RANGES[each].label }))}
      onChange={(value) => change({ range: value === fallback ? undefined : value })} />
  );
}
