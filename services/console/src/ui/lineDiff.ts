// What two texts have and have not in common, line by line.

export interface DiffLine {
  kind: 'same' | 'gone' | 'new';
  text: string;
}
export interface Skipped {
  kind: 'skipped';
  count: number;
}

const MAX_LINES = 2_000;

/** The longest common subsequence of what lies between equal beginnings and ends. Beyond a bound: all gone, all new. */
export function diffLines(before: string, after: string): DiffLine[] {
  const [a, b] = [before === '' ? [] : before.split('\n'), after === '' ? [] : after.split('\n')];
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  const same = (lines: string[]): DiffLine[] => lines.map((text) => ({ kind: 'same', text }));
  return [...same(a.slice(0, head)), ...middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail)), ...same(a.slice(a.length - tail))];
}

function middle(a: string[], b: string[]): DiffLine[] {
  const gone = (text: string): DiffLine => ({ kind: 'gone', text });
  const fresh = (text: string): DiffLine => ({ kind: 'new', text });
  if (a.length === 0 || b.length === 0 || a.length * b.length > MAX_LINES * MAX_LINES) return [...a.map(gone), ...b.map(fresh)];
  const wide = b.length + 1;
  const best = new Uint16Array((a.length + 1) * wide);
  for (let i = a.length - 1; i >= 0; --i) {
    for (let k = b.length - 1; k >= 0; --k) {
      best[i * wide + k] = a[i] === b[k] ? best[(i + 1) * wide + k + 1]! + 1 : Math.max(best[(i + 1) * wide + k]!, best[i * wide + k + 1]!);
    }
  }
  const out: DiffLine[] = [];
  let [i, k] = [0, 0];
  while (i < a.length && k < b.length) {
    if (a[i] === b[k]) {
      out.push({ kind: 'same', text: a[i]! });
      i += 1;
      k += 1;
    } else if (best[(i + 1) * wide + k]! >= best[i * wide + k + 1]!) {
      out.push(gone(a[i]!));
      i += 1;
    } else {
      out.push(fresh(b[k]!));
      k += 1;
    }
  }
  return [...out, ...a.slice(i).map(gone), ...b.slice(k).map(fresh)];
}

/** Leaves out what is far from any difference. */
export function folded(lines: DiffLine[], around = 3): (DiffLine | Skipped)[] {
  const near = lines.map(() => false);
  lines.forEach(({ kind }, i) => {
    if (kind !== 'same') for (let at = Math.max(0, i - around); at <= Math.min(lines.length - 1, i + around); ++at) near[at] = true;
  });
  const out: (DiffLine | Skipped)[] = [];
  lines.forEach((line, i) => {
    const last = out.at(-1);
    if (near[i]) out.push(line);
    else if (last?.kind === 'skipped') last.count += 1;
    else out.push({ kind: 'skipped', count: 1 });
  });
  return out;
}
