import type { Duration, Timestamp } from '@bufbuild/protobuf/wkt';

// Numbers, sizes, times and durations for people: in the viewer's locale and zone.

export const millisOf = (at: Timestamp | undefined): number | undefined =>
  at === undefined ? undefined : Number(at.seconds) * 1000 + at.nanos / 1e6;
export const durationMs = (duration: Duration | undefined): number | undefined =>
  duration === undefined ? undefined : Number(duration.seconds) * 1000 + duration.nanos / 1e6;

export function timestampOf(ms: number): { seconds: bigint; nanos: number } {
  const seconds = Math.floor(ms / 1000);
  return { seconds: BigInt(seconds), nanos: Math.round((ms - seconds * 1000) * 1e6) };
}

const whole = new Intl.NumberFormat();
const one = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
export const count = (n: number | bigint): string => whole.format(n);
export const plural = (n: number | bigint, singular: string, many = `${singular}s`): string =>
  `${count(n)} ${n === 1 || n === 1n ? singular : many}`;

/** 18412 is `18k`: for places without room. */
export function shortCount(n: number): string {
  const abs = Math.abs(n);
  if (abs >= 1e6) return `${one.format(n / 1e6)}M`;
  if (abs >= 10_000) return `${whole.format(Math.round(n / 1e3))}k`;
  if (abs >= 1e3) return `${one.format(n / 1e3)}k`;
  return one.format(n);
}

export function percent(part: number, all: number): string {
  if (all === 0) return '–';
  const share = (part / all) * 100;
  // 99.96 % is not all.
  const shown = share < 100 && share > 99.9 ? Math.floor(share * 10) / 10 : Math.round(share * 10) / 10;
  return `${one.format(shown)} %`;
}

/** How long something took: `184 ms`, `9.97 s`, `2 min 10 s`. */
export function took(ms: number): string {
  if (ms < 10) return `${one.format(Math.round(ms * 10) / 10)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(2).replace(/0$/, '')} s`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return span(ms);
}

const UNITS: [number, string][] = [[86_400_000, 'd'], [3_600_000, 'h'], [60_000, 'min'], [1000, 's']];

/** A span in its two largest units: `6 h 30 min`, `2 d`, `38 s`. */
export function span(ms: number): string {
  const rest = Math.max(0, Math.round(ms / 1000) * 1000);
  for (let i = 0; i < UNITS.length; ++i) {
    const [size, name] = UNITS[i]!;
    if (rest < size && i < UNITS.length - 1) continue;
    const first = Math.floor(rest / size);
    const next = UNITS[i + 1];
    const second = next ? Math.floor((rest % size) / next[0]) : 0;
    return second > 0 ? `${first} ${name} ${second} ${next![1]}` : `${first} ${name}`;
  }
  return '0 s';
}

export function bytes(n: number | bigint): string {
  let value = Number(n);
  for (const unit of ['B', 'KiB', 'MiB', 'GiB']) {
    if (value < 1024) return `${unit === 'B' ? value : one.format(value)} ${unit}`;
    value /= 1024;
  }
  return `${one.format(value)} TiB`;
}

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const seconds = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const millis = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hourCycle: 'h23',
});
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const date = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });

export type TimeForm = 'clock' | 'short' | 'seconds' | 'millis' | 'date' | 'auto' | 'full';

const sameDay = (a: number, b: number) => new Date(a).toDateString() === new Date(b).toDateString();

/** `short`: the time today, before that the day. `auto`: the same to the second, with the time. `full`: both. */
export function timeText(ms: number, form: TimeForm, now = Date.now()): string {
  switch (form) {
    case 'clock': return clock.format(ms);
    case 'short': return sameDay(ms, now) ? clock.format(ms) : day.format(ms);
    case 'seconds': return seconds.format(ms);
    case 'millis': return sameDay(ms, now) ? millis.format(ms) : `${day.format(ms)} ${millis.format(ms)}`;
    case 'date': return date.format(ms);
    case 'auto': return sameDay(ms, now) ? seconds.format(ms) : `${day.format(ms)} ${clock.format(ms)}`;
    case 'full': return `${date.format(ms)} ${seconds.format(ms)}`;
  }
}

/** What stands below a chart: the day where one begins, else the time of day. `apart`: seconds between two labels. */
export function axisTime(ms: number, apart: number): string {
  const at = new Date(ms);
  const dayBegins = at.getHours() === 0 && at.getMinutes() === 0 && at.getSeconds() === 0;
  return apart >= 86_400 || dayBegins ? day.format(ms) : clock.format(ms);
}

export const utcText = (ms: number): string => `${new Date(ms).toISOString().replace('T', ' ').replace('Z', '')} UTC`;

/** A duration as the configuration writes it, and back; undefined for what is none. */
export function durationText(duration: Duration | undefined): string {
  const ms = durationMs(duration);
  if (ms === undefined) return '';
  let rest = Math.round(ms);
  if (rest === 0) return '0s';
  let text = '';
  for (const [size, name] of [[86_400_000, 'd'], [3_600_000, 'h'], [60_000, 'm'], [1000, 's'], [1, 'ms']] as const) {
    const n = Math.floor(rest / size);
    rest -= n * size;
    if (n > 0) text += `${n}${name}`;
  }
  return text;
}

export function readDuration(text: string): { seconds: bigint; nanos: number } | undefined {
  const trimmed = text.trim();
  if (trimmed === '0') return { seconds: 0n, nanos: 0 };
  if (!/^([0-9]+(\.[0-9]+)?(ms|s|m|h|d))+$/.test(trimmed)) return undefined;
  const sizes: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  let ms = 0;
  for (const [, n, unit] of trimmed.matchAll(/([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)/g)) ms += Number(n) * sizes[unit!]!;
  return timestampOf(ms);
}

/** `256KiB` as the rules of the API write it. */
export function readSize(text: string): number | undefined {
  const match = /^([0-9]+)(B|KiB|MiB|GiB|TiB|PiB)?$/.exec(text.trim());
  if (!match) return undefined;
  const power = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'].indexOf(match[2] ?? 'B');
  return Number(match[1]) * 1024 ** power;
}

/** The way back, as the configuration writes it: exact, in the largest unit that divides it. */
export function sizeText(n: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let [value, unit] = [n, 0];
  while (value > 0 && value % 1024 === 0 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return unit === 0 ? String(value) : `${value}${units[unit]}`;
}
