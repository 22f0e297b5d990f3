import type { Filter, Scalar } from '../gen/carillon/v1/destination_pb';

// A subscription's condition in words: `endpoint is "orders" and not (state is "failed")`.

export function scalarText(scalar: Scalar | undefined): string {
  switch (scalar?.kind.case) {
    case 'stringValue': return JSON.stringify(scalar.kind.value);
    case 'boolValue': return String(scalar.kind.value);
    case 'number': return scalar.kind.value;
    default: return 'null';
  }
}

function test(filter: Filter): string {
  const subject = filter.attribute ? `attribute ${filter.attribute}` : filter.payload || filter.payloadPath.join('.');
  if (filter.equals) return `${subject} is ${scalarText(filter.equals)}`;
  if (filter.oneOf.length > 0) return `${subject} is one of ${filter.oneOf.map(scalarText).join(', ')}`;
  if (filter.prefix !== undefined) return `${subject} begins with ${JSON.stringify(filter.prefix)}`;
  return filter.exists === false ? `${subject} is not there` : `${subject} is there`;
}

export function filterWords(filter: Filter | undefined, inner = false): string {
  if (!filter) return 'every event';
  const join = (parts: Filter[], word: string) => {
    const text = parts.map((part) => filterWords(part, true)).join(` ${word} `);
    return inner && parts.length > 1 ? `(${text})` : text;
  };
  if (filter.all.length > 0) return join(filter.all, 'and');
  if (filter.any.length > 0) return join(filter.any, 'or');
  if (filter.not) return `not (${filterWords(filter.not)})`;
  return test(filter);
}

/** The condition that a path into a subscription leads to: `filter.all[1].equals`. Undefined where it leads nowhere. */
export function conditionAt(filter: Filter | undefined, path: string): Filter | undefined {
  const [root, ...steps] = path.split('.');
  if (root !== 'filter') return undefined;
  let at = filter;
  for (const step of steps) {
    const match = /^(all|any)\[([0-9]+)\]$/.exec(step);
    if (match) at = at?.[match[1] as 'all' | 'any'][Number(match[2])];
    else if (step === 'not') at = at?.not;
    else break;
  }
  return at;
}
