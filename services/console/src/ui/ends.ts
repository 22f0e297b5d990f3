// When a credential ends: choices, and what they mean.

const DAY = 86_400_000;
/** `9999-12-31T23:59:59Z`: a token without an end. */
export const NEVER_SECONDS = 253_402_300_799n;

export type End = '1d' | '7d' | '30d' | '90d' | '365d' | 'never' | 'on';
export const ENDS: { value: End; label: string }[] = [
  { value: '90d', label: 'in 90 days' }, { value: '1d', label: 'in a day' }, { value: '7d', label: 'in 7 days' }, { value: '30d', label: 'in 30 days' },
  { value: '365d', label: 'in a year' }, { value: 'on', label: 'at the end of a day…' }, { value: 'never', label: 'never' },
];
const DAYS: Partial<Record<End, number>> = { '1d': 1, '7d': 7, '30d': 30, '90d': 90, '365d': 365 };

/** In whole seconds; undefined: not said yet, or over. `date` is `2027-01-31`, a day in the viewer's zone. */
export function endSeconds(end: End, date: string, now: number): bigint | undefined {
  if (end === 'never') return NEVER_SECONDS;
  const days = DAYS[end];
  if (days !== undefined) return BigInt(Math.floor((now + days * DAY) / 1000));
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date);
  if (!parts) return undefined;
  const at = new Date(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]), 23, 59, 59).getTime();
  return at > now ? BigInt(Math.floor(at / 1000)) : undefined;
}

export type EndState = 'never' | 'good' | 'soon' | 'over';

/** Of a time in ms; the last 7 days are soon. */
export function endState(ms: number | undefined, now: number): EndState {
  if (ms === undefined || ms >= Number(NEVER_SECONDS) * 1000) return 'never';
  if (ms <= now) return 'over';
  return ms - now < 7 * DAY ? 'soon' : 'good';
}
