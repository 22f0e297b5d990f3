import { useEffect, useMemo } from 'react';
import type { Paged } from './paged';

const ENOUGH = 100;

/** The rows in which every word of `text` stands. The API's filters find beginnings only: this looks through the rows
    that have come, and asks for more while it has found few. */
export function useFound<Row>(list: Paged<Row>, text: string, wordsOf: (row: Row) => string): readonly Row[] {
  const { rows, loading, complete, error, more } = list;
  const found = useMemo(() => find(rows, text, wordsOf), [rows, text, wordsOf]);
  const wanted = text.trim() !== '' && found.length < ENOUGH && !loading && !complete && !error;
  useEffect(() => {
    if (wanted) more();
  }, [wanted, more]);
  return found;
}

export function find<Row>(rows: readonly Row[], text: string, wordsOf: (row: Row) => string): readonly Row[] {
  const wanted = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return rows;
  return rows.filter((row) => {
    const words = wordsOf(row).toLowerCase();
    return wanted.every((each) => words.includes(each));
  });
}
