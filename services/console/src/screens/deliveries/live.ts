import { useEffect, useState } from 'react';
import { connection } from '../../api/connection';
import type { Row } from './query';

const FAST = 2_000;
const SLOW = 8_000;
const KEPT = 2_000;

/** The newest rows, asked for again and again: often while there are new ones, less often while there are none. */
export function useLive(on: boolean, key: string, fetchNewest: () => Promise<Row[]>): Row[] {
  const [rows, setRows] = useState<Row[]>([]);
  useEffect(() => {
    setRows([]);
    if (!on) return;
    let delay = FAST;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stopped = false;
    let before = '';
    const ask = async () => {
      if (!document.hidden && !connection.get().down) {
        try {
          const newest = await fetchNewest();
          if (stopped) return;
          const mark = newest.map((row) => `${row.name}@${row.last ?? 0}`).join();
          delay = mark === before ? Math.min(delay * 2, SLOW) : FAST;
          if (mark !== before) {
            before = mark;
            setRows((old) => {
              const names = new Set(newest.map((row) => row.name));
              return [...newest, ...old.filter((row) => !names.has(row.name))].slice(0, KEPT);
            });
          }
        } catch {
          delay = SLOW;
        }
      }
      if (!stopped) timer = setTimeout(() => void ask(), delay);
    };
    void ask();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [on, key, fetchNewest]);
  return rows;
}
