/** What is asked of a list by an event on one of its rows: to select all rows from the one whose box was used last to
    this one. */
export const RANGE_EVENT = 'carillon-range';

/** The rows between the one of the key `from` and the one at `at`, both with them, in order. Only the one at `at` where
    no row has that key (any more); none where there is no such row. */
export function rangeOf<Row>(rows: readonly Row[], keyOf: (row: Row) => string, from: string | undefined, at: number): readonly Row[] {
  if (rows[at] === undefined) return [];
  const start = from === undefined ? -1 : rows.findIndex((row) => keyOf(row) === from);
  return start < 0 ? [rows[at]] : rows.slice(Math.min(start, at), Math.max(start, at) + 1);
}
