import { useCallback, useEffect, useRef, useState } from 'react';

const CEILING = 200_000;

export interface Page<Row> {
  rows: Row[];
  next: string;
}

export interface Paged<Row> {
  rows: readonly Row[];
  loading: boolean;
  /** All there is has come. */
  complete: boolean;
  error: unknown;
  updatedAt: number;
  more: () => void;
  reload: () => void;
}

/** Pages of slim rows, one after another. A new `key` begins anew; what was there stays until the first page of it
    has come. */
export function usePaged<Row>(key: string, fetchPage: (token: string, signal: AbortSignal) => Promise<Page<Row>>): Paged<Row> {
  const [state, setState] = useState<{ rows: Row[]; next: string | undefined; error: unknown; loading: boolean; updatedAt: number }>(
    { rows: [], next: '', error: undefined, loading: true, updatedAt: 0 });
  const [turn, setTurn] = useState(0);
  const fetcher = useRef(fetchPage);
  fetcher.current = fetchPage;
  const running = useRef<AbortController | undefined>(undefined);

  const load = useCallback((token: string, before: Row[]) => {
    running.current?.abort();
    const stop = new AbortController();
    running.current = stop;
    setState((old) => ({ ...old, loading: true, error: undefined }));
    fetcher.current(token, stop.signal).then((page) => {
      if (stop.signal.aborted) return;
      const rows = before.concat(page.rows);
      setState({ rows, next: page.next && rows.length < CEILING ? page.next : undefined, error: undefined, loading: false, updatedAt: Date.now() });
    }, (error: unknown) => {
      if (stop.signal.aborted) return;
      setState((old) => ({ ...old, loading: false, error }));
    });
  }, []);

  useEffect(() => {
    load('', []);
    return () => running.current?.abort();
  }, [key, turn, load]);

  const more = useCallback(() => {
    if (state.loading || state.error || !state.next) return;
    load(state.next, state.rows);
  }, [state, load]);
  const reload = useCallback(() => setTurn((n) => n + 1), []);
  return {
    rows: state.rows, loading: state.loading, complete: state.next === undefined, error: state.error, updatedAt: state.updatedAt,
    more, reload,
  };
}
