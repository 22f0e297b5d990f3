// Text of others (payloads, headers, answers, names): shown as text, never read as markup, shortened, and with what
// cannot be seen made visible.

const HIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;

/** Control and bidi characters as `⟦U+202E⟧`. */
export const visible = (text: string): string =>
  text.replace(HIDDEN, (c) => `⟦U+${c.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}⟧`);

export function cut(text: string, max: number): { shown: string; more: number } {
  if (text.length <= max) return { shown: text, more: 0 };
  // Not between the halves of a character.
  const end = /[\ud800-\udbff]/.test(text[max - 1] ?? '') ? max - 1 : max;
  return { shown: text.slice(0, end), more: text.length - end };
}

/** Bytes as text where they are UTF-8, otherwise undefined. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // Cut within a character: what stands before it may be text.
    for (let less = 1; less <= 3 && less < bytes.length; ++less) {
      try {
        return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, bytes.length - less));
      } catch {
        /* try with one less */
      }
    }
    return undefined;
  }
}

/** The first bytes as `00000000  7b 22 ...  |{"..|`. */
export function hex(bytes: Uint8Array, max = 256): string {
  const lines: string[] = [];
  for (let at = 0; at < Math.min(bytes.length, max); at += 16) {
    const row = [...bytes.subarray(at, Math.min(at + 16, max))];
    const digits = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ').padEnd(47);
    const ascii = row.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`${at.toString(16).padStart(8, '0')}  ${digits}  |${ascii}|`);
  }
  return lines.join('\n');
}

export const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+|"/g;

/** Lays JSON out without parsing its numbers: 9007199254740993 keeps its digits, members their order. What is no
    object or list stays as it is. */
export function layJson(text: string): string {
  const tokens = text.match(TOKENS);
  if (!tokens || !/^[{[]/.test(tokens[0] ?? '')) return text;
  let depth = 0;
  const out: string[] = [];
  const line = () => `\n${'  '.repeat(depth)}`;
  tokens.forEach((token, i) => {
    if (token === '{' || token === '[') {
      const empty = tokens[i + 1] === (token === '{' ? '}' : ']');
      depth += 1;
      out.push(token, empty ? '' : line());
    } else if (token === '}' || token === ']') {
      depth = Math.max(depth - 1, 0);
      const before = tokens[i - 1];
      out.push(before === '{' || before === '[' ? '' : line(), token);
    } else if (token === ',') out.push(',', line());
    else if (token === ':') out.push(': ');
    else out.push(token);
  });
  return out.join('');
}

export interface Piece {
  text: string;
  kind: 'key' | 'str' | 'num' | 'lit' | '';
}
const PIECES = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;

/** JSON cut into pieces that have a color each. */
export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let last = 0;
  for (const match of text.matchAll(PIECES)) {
    if (match.index > last) pieces.push({ text: text.slice(last, match.index), kind: '' });
    const [whole, string, colon, literal] = match;
    if (string !== undefined) {
      pieces.push({ text: string, kind: colon === undefined ? 'str' : 'key' });
      if (colon !== undefined) pieces.push({ text: colon, kind: '' });
    } else pieces.push({ text: whole, kind: literal === undefined ? 'num' : 'lit' });
    last = match.index + whole.length;
  }
  if (last < text.length) pieces.push({ text: text.slice(last), kind: '' });
  return pieces;
}

/** One word of a shell, whatever stands in it. */
export const shellWord = (text: string): string =>
  /^[A-Za-z0-9_./:=@%+-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`;

export interface CurlRequest {
  url: string;
  headers: { name: string; value: string; blanked: boolean }[];
  body: string | undefined;
}

/** The request as a command; secrets that were blanked become variables of the shell. */
export function curlFor({ url, headers, body }: CurlRequest): string {
  const lines = [`curl -sS ${shellWord(url)}`];
  for (const { name, value, blanked } of headers) {
    if (/^(host|content-length|connection)$/i.test(name)) continue;
    const variable = name.toUpperCase().replace(/[^A-Z0-9]/g, '_');
    lines.push(blanked ? `-H "${name}: $${variable}"` : `-H ${shellWord(`${name}: ${value}`)}`);
  }
  if (body !== undefined) lines.push(`--data-binary ${shellWord(body)}`);
  return lines.join(' \\\n  ');
}
