import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { accentVariables, contrast, readColor } from '../src/app/looks';
import { readMessage } from '../src/app/embed';

const css = readFileSync(new URL('../src/tokens.css', import.meta.url), 'utf8');

function tokensOf(scheme: 'light' | 'dark'): Record<string, string> {
  const block = new RegExp(`:root\\[data-mantine-color-scheme='${scheme}'\\] \\{([^}]*)\\}`).exec(css)![1]!;
  return Object.fromEntries([...block.matchAll(/(--c-[a-z0-9-]+): (#[0-9a-f]{6})/g)].map(([, name, value]) => [name!, value!]));
}

describe.each(['light', 'dark'] as const)('tokens, %s', (scheme) => {
  const tokens = tokensOf(scheme);
  const between = (a: string, b: string) => contrast(readColor(tokens[`--c-${a}`]!)!, readColor(tokens[`--c-${b}`]!)!);
  it('text can be read on every ground', () => {
    for (const ground of ['canvas', 'surface', 'raised', 'sunken', 'hover']) {
      for (const text of ['text', 'text-2', 'text-3', 'accent-text']) expect(between(text, ground), `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5);
    }
  });
  it('chips can be read, and marks be seen', () => {
    for (const tone of ['ok', 'warn', 'bad', 'net', 'info', 'mute']) {
      expect(between(tone, `${tone}-soft`), tone).toBeGreaterThanOrEqual(4.5);
      expect(between(`${tone}-mark`, 'surface'), `${tone}-mark`).toBeGreaterThanOrEqual(3);
    }
    expect(between('on-accent', 'accent')).toBeGreaterThanOrEqual(4.5);
    expect(between('focus', 'surface')).toBeGreaterThanOrEqual(3);
    expect(between('control-line', 'surface')).toBeGreaterThanOrEqual(3);
  });
});

describe('accent of a host', () => {
  const white: [number, number, number] = [255, 255, 255];
  it.each(['#ffcc00', '#2458c5', '#ffffff', '#000000', '#00ff88', '#ff0000'])('%s can be read', (accent) => {
    for (const dark of [false, true]) {
      const made = accentVariables(accent, dark);
      expect(contrast(readColor(made['--c-accent']!)!, white)).toBeGreaterThanOrEqual(4.5);
      expect(contrast(readColor(made['--c-accent-text']!)!, readColor(made['--c-accent-soft']!)!)).toBeGreaterThanOrEqual(4.5);
    }
  });
  it('is none otherwise', () => {
    for (const text of ['', 'red', '#fff', 'url(x)', '#2458c5;']) expect(accentVariables(text, false)).toEqual({});
  });
});

describe('messages of a host', () => {
  it('are understood', () => {
    expect(readMessage({ carillon: 1, type: 'token', token: 'car_x' })).toEqual({ type: 'token', token: 'car_x' });
    expect(readMessage({ carillon: 1, type: 'theme', scheme: 'dark', accent: '#2458C5' })).toEqual({ type: 'theme', looks: { scheme: 'dark', accent: '#2458C5' } });
    expect(readMessage({ carillon: 1, type: 'theme', scheme: 'sepia', accent: 'red' })).toEqual({ type: 'theme', looks: { scheme: undefined, accent: undefined } });
  });
  it('are passed over otherwise', () => {
    for (const data of [null, 1, 'token', {}, { type: 'token', token: 'x' }, { carillon: 2, type: 'token', token: 'x' }, { carillon: 1, type: 'token' }, { carillon: 1, type: 'token', token: 'a\nb' }, { carillon: 1, type: 'token', token: 'x'.repeat(9000) }, { carillon: 1, type: 'other' }]) {
      expect(readMessage(data)).toBeUndefined();
    }
  });
});
