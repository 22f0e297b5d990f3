import { useVirtualizer } from '@tanstack/react-virtual';
import { type MouseEvent, memo, type ReactNode, useCallback, useEffect, useRef } from 'react';
import { RANGE_EVENT, rangeOf } from './ranges';

export const ROW = 36;
const AHEAD = 600;

export interface Column {
  id: string;
  head: ReactNode;
  /** Left out where there is little room. */
  secondary?: boolean;
  className?: string;
}

const cellClass = (column: Column) => `vt-c c-${column.id}${column.secondary ? ' vt-2' : ''}${column.className ? ` ${column.className}` : ''}`;

/** Which row an element is in. */
function indexOf(target: EventTarget | null): number | undefined {
  const row = target instanceof Element ? target.closest('.vt-r') : null;
  return row ? Number(row.getAttribute('aria-rowindex')) - 2 : undefined;
}

type Line<Row> = (row: Row, index: number) => ReactNode[];

/** A row is drawn anew when it is another, or when `line` is: never because of scrolling. */
const Drawn = memo(function Drawn({ row, index, start, columns, line }: { row: unknown; index: number; start: number; columns: Column[]; line: Line<unknown> }) {
  const cells = line(row, index);
  return (
    <div role="row" aria-rowindex={index + 2} className="vt-r" style={{ transform: `translateY(${start}px)` }}>
      {columns.map((column, i) => <span key={column.id} role="cell" className={cellClass(column)}>{cells[i]}</span>)}
    </div>
  );
});

/** A list of many rows: fixed height, only what is seen is in the page. Rows are slim objects, never messages. */
export function VirtualList<Row>({ label, columns, rows, keyOf, line, onNearEnd, onPickRange, total, atTop }: {
  label: string;
  columns: Column[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  /** The cells of a row. Lists of thousands keep it, and `columns`, from one time to the next. */
  line: Line<Row>;
  onNearEnd?: (() => void) | undefined;
  /** Selects them; of lists whose rows have a box. */
  onPickRange?: ((rows: readonly Row[]) => void) | undefined;
  /** If known. */
  total?: number | undefined;
  /** Whether it is scrolled to its top. */
  atTop?: ((top: boolean) => void) | undefined;
}) {
  const box = useRef<HTMLDivElement>(null);
  const keys = useRef(keyOf);
  keys.current = keyOf;
  // With another function all rows would be measured anew.
  const getItemKey = useCallback((i: number) => keys.current(rows[i]!), [rows]);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => ROW, overscan: 8, getItemKey });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (onNearEnd && last >= rows.length - AHEAD) onNearEnd();
  }, [last, rows.length, onNearEnd]);
  const boxed = useRef<string>(undefined);
  const onClick = (event: MouseEvent) => {
    const at = event.target instanceof HTMLInputElement ? indexOf(event.target) : undefined;
    if (at !== undefined && rows[at] !== undefined) boxed.current = keyOf(rows[at]);
  };
  useEffect(() => {
    const el = box.current;
    if (!el || !onPickRange) return;
    const pick = (event: Event) => {
      const range = rangeOf(rows, keys.current, boxed.current, indexOf(event.target) ?? -1);
      if (range.length > 0) onPickRange(range);
    };
    el.addEventListener(RANGE_EVENT, pick);
    return () => el.removeEventListener(RANGE_EVENT, pick);
  }, [rows, onPickRange]);
  return (
    <div
      ref={box} className="vt" role="table" aria-label={label} aria-rowcount={total === undefined ? -1 : total + 1} tabIndex={0} onClick={onClick}
      onScroll={atTop ? (event) => atTop(event.currentTarget.scrollTop < ROW) : undefined}
    >
      <div role="rowgroup" className="vt-hg">
        <div className="vt-h" role="row" aria-rowindex={1}>
          {columns.map((column) => <span key={column.id} role="columnheader" className={cellClass(column)}>{column.head}</span>)}
        </div>
      </div>
      <div className="vt-w" role="rowgroup" style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => <Drawn key={item.key} row={rows[item.index]!} index={item.index} start={item.start} columns={columns} line={line as Line<unknown>} />)}
      </div>
    </div>
  );
}
