import { TOKENS } from './text';

// JSON as a tree, by its tokens: numbers keep their digits, members their order, those that stand twice stay.

export type JsonNode =
  | { kind: 'object'; members: [string, JsonNode][] }
  | { kind: 'list'; items: JsonNode[] }
  | { kind: 'str' | 'num' | 'lit'; text: string };

const MAX_DEPTH = 100;

function unquoted(token: string): string {
  try {
    return String(JSON.parse(token));
  } catch {
    return token;
  }
}

/** Undefined for what is no JSON, or nested deeper than payloads may be. */
export function readJson(text: string): JsonNode | undefined {
  const tokens = text.match(TOKENS) ?? [];
  let at = 0;
  const closed = (end: string): boolean => {
    if (tokens[at] === ',') {
      at += 1;
      return false;
    }
    if (tokens[at] !== end) throw new SyntaxError('no JSON');
    at += 1;
    return true;
  };
  const value = (depth: number): JsonNode => {
    if (depth > MAX_DEPTH) throw new SyntaxError('too deep');
    const token = tokens[at++];
    if (token === '{') {
      const members: [string, JsonNode][] = [];
      if (tokens[at] === '}') at += 1;
      else {
        do {
          const key = tokens[at++];
          if (!key?.startsWith('"') || tokens[at++] !== ':') throw new SyntaxError('no JSON');
          members.push([unquoted(key), value(depth + 1)]);
        } while (!closed('}'));
      }
      return { kind: 'object', members };
    }
    if (token === '[') {
      const items: JsonNode[] = [];
      if (tokens[at] === ']') at += 1;
      else do items.push(value(depth + 1)); while (!closed(']'));
      return { kind: 'list', items };
    }
    if (token === undefined || /^[}\],:]/.test(token)) throw new SyntaxError('no JSON');
    if (token.startsWith('"')) return { kind: 'str', text: unquoted(token) };
    if (token === 'true' || token === 'false' || token === 'null') return { kind: 'lit', text: token };
    if (!/^-?[0-9]/.test(token)) throw new SyntaxError('no JSON');
    return { kind: 'num', text: token };
  };
  try {
    const root = value(0);
    return at === tokens.length ? root : undefined;
  } catch {
    return undefined;
  }
}
