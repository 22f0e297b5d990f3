import { describe, expect, it } from 'vitest';
import { curlFor, cut, hex, layJson, piecesOf, shellWord, textOf, visible } from '../src/ui/text';

describe('layJson', () => {
  it('keeps digits and order', () => {
    expect(layJson('{"b":9007199254740993,"a":[1,2],"e":{},"l":[]}')).toBe(
      '{\n  "b": 9007199254740993,\n  "a": [\n    1,\n    2\n  ],\n  "e": {},\n  "l": []\n}');
  });
  it('changes nothing but white space between tokens', () => {
    const random = (() => { let seed = 7; return () => { seed = (seed * 1103515245 + 12345) % 2147483648; return seed / 2147483648; }; })();
    const value = (depth: number): unknown => {
      const dice = random();
      if (depth > 4 || dice < 0.4) return [null, true, -1.5e9, 'a "q" \\ \u2028 {[,:', ''][Math.floor(random() * 5)];
      const members = Array.from({ length: Math.floor(random() * 4) }, () => value(depth + 1));
      return dice < 0.7 ? members : Object.fromEntries(members.map((member, i) => [`k ${i}:{`, member]));
    };
    for (let i = 0; i < 300; ++i) {
      const given = JSON.stringify([value(0)]);
      expect(JSON.stringify(JSON.parse(layJson(given)))).toBe(given);
    }
  });
  it('leaves alone what is no object or list', () => {
    for (const text of ['<html>', 'plain: text', '17', '"a"', '']) expect(layJson(text)).toBe(text);
  });
  it('takes what is cut off or no JSON at all', () => {
    for (const text of ['{"a":"un', '[1,2', '}}}]', '{"a" "b"}', '[{]}']) expect(layJson(text).replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
  });
  it('is quick with a line of 1 MiB', () => {
    const long = JSON.stringify({ a: 'x'.repeat(1 << 20) });
    expect(layJson(long).length).toBeGreaterThan(1 << 20);
  });
});

it('cuts JSON into pieces that are the text again', () => {
  const text = '{"a": "b\\"", "n": -1.5e3, "l": [true, null]}';
  const pieces = piecesOf(text);
  expect(pieces.map((piece) => piece.text).join('')).toBe(text);
  expect(pieces.filter((piece) => piece.kind).map((piece) => piece.kind)).toEqual(['key', 'str', 'key', 'num', 'key', 'lit', 'lit']);
});

it('shows what cannot be seen', () => {
  expect(visible('a\u202egnp.exe\u0000\u200b')).toBe('a⟦U+202E⟧gnp.exe⟦U+0000⟧⟦U+200B⟧');
  expect(visible('Größe 日本 🔔\n\t')).toBe('Größe 日本 🔔\n\t');
});

it('cuts not within a character', () => {
  expect(cut('ab🔔', 3)).toEqual({ shown: 'ab', more: 2 });
  expect(cut('ab', 3)).toEqual({ shown: 'ab', more: 0 });
});

it('tells text from binary', () => {
  const bell = new TextEncoder().encode('a🔔');
  expect(textOf(bell)).toBe('a🔔');
  expect(textOf(bell.subarray(0, 3))).toBe('a');
  expect(textOf(new Uint8Array([0xff, 0xfe, 0, 1, 2, 3]))).toBeUndefined();
  expect(hex(new Uint8Array([0x41, 0]))).toBe(`00000000  41 00${' '.repeat(42)}  |A.|`);
});

describe('curl', () => {
  it('quotes whatever there is', () => {
    expect(shellWord("it's $HOME")).toBe("'it'\\''s $HOME'");
    expect(shellWord('https://a.example/x?y=1')).toBe("'https://a.example/x?y=1'");
  });
  it('has variables for secrets', () => {
    expect(curlFor({ url: 'https://a.example/', headers: [
      { name: 'Host', value: 'a.example', blanked: false }, { name: 'X-Api-Key', value: '', blanked: true }, { name: 'X-A', value: "a'b", blanked: false },
    ], body: '{"a":1}' })).toBe('curl -sS https://a.example/ \\\n  -H "X-Api-Key: $X_API_KEY" \\\n  -H \'X-A: a\'\\\'\'b\' \\\n  --data-binary \'{"a":1}\'');
  });
});
