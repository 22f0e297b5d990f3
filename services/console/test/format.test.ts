import { describe, expect, it } from 'vitest';
import { axisTime, bytes, durationText, percent, plural, readDuration, readSize, shortCount, span, took, utcText } from '../src/ui/format';
import { toYaml } from '../src/ui/yaml';

const s = 1000;
const min = 60 * s;
const h = 60 * min;

it('says how long something took', () => {
  expect([0.04, 4, 184, 1204, 9970, 10_000, 59_940, 130_000].map(took)).toEqual(['0 ms', '4 ms', '184 ms', '1.2 s', '9.97 s', '10.0 s', '59.9 s', '2 min 10 s']);
});

it('says spans in two units', () => {
  expect([0, 38 * s, min, 6 * h + 30 * min, 48 * h, 25 * h + 3 * s, 89_990].map(span)).toEqual(['0 s', '38 s', '1 min', '6 h 30 min', '2 d', '1 d 1 h', '1 min 30 s']);
});

describe('durations', () => {
  it('are read as they are written', () => {
    for (const text of ['0s', '500ms', '2s', '1m30s', '1h', '7d', '1d1ms']) {
      const read = readDuration(text)!;
      expect(durationText({ $typeName: 'google.protobuf.Duration', ...read })).toBe(text);
    }
    expect(readDuration('1.5s')).toEqual({ seconds: 1n, nanos: 500_000_000 });
    expect(readDuration('0')).toEqual({ seconds: 0n, nanos: 0 });
  });
  it('are none otherwise', () => {
    for (const text of ['', '5', 's', '5 s', '-5s', '1x', '5s!']) expect(readDuration(text)).toBeUndefined();
  });
});

it('reads and writes sizes', () => {
  expect([readSize('256KiB'), readSize('17'), readSize('1PiB'), readSize('1KB'), readSize('')]).toEqual([262_144, 17, 2 ** 50, undefined, undefined]);
  expect([bytes(17), bytes(1536), bytes(3n << 30n)]).toEqual(['17 B', '1.5 KiB', '3 GiB']);
});

it('never says 100 % of what is less', () => {
  expect([percent(9999, 10_000), percent(1, 1), percent(0, 0), percent(1, 3)]).toEqual(['99.9 %', '100 %', '–', '33.3 %']);
});

it('counts', () => {
  expect([plural(1, 'delivery', 'deliveries'), plural(0n, 'day'), shortCount(18_412), shortCount(2.5e6)]).toEqual(['1 delivery', '0 days', '18k', '2.5M']);
  expect(utcText(0)).toBe('1970-01-01 00:00:00.000 UTC');
});

it('names the day below a chart where one begins', () => {
  const at = (day: number, hour: number, minute = 0) => new Date(2026, 10, day, hour, minute).getTime();
  const date = (day: number) => new Date(at(day, 12)).toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
  expect([at(24, 0), at(24, 12), at(25, 0)].map((ms) => axisTime(ms, 43_200))).toEqual([date(24), '12:00', date(25)]);
  expect([at(24, 23, 30), at(25, 0), at(25, 0, 30)].map((ms) => axisTime(ms, 1800))).toEqual(['23:30', date(25), '00:30']);
  expect([at(24, 1), at(25, 1)].map((ms) => axisTime(ms, 86_400))).toEqual([date(24), date(25)]);
});

it('writes YAML that says the same', () => {
  expect(toYaml({ name: 'a', no: 'no', url: 'https://a.example', timeouts: { total: '15s' }, list: ['1h', 'x: y'], of: [{ a: 1, b: [] }], none: {} }).trim()).toBe(
    'name: a\n"no": "no"\nurl: "https://a.example"\ntimeouts:\n  total: 15s\nlist: [1h, "x: y"]\nof:\n  - a: 1\n    b: []\nnone: {}'.replace('"no": ', 'no: '));
});
