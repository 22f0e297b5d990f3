import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { axisTime, count, shortCount, timeText, took, utcText } from './format';

export interface Series {
  label: string;
  /** A variable of tokens.css. */
  token: string;
  data: (number | null)[];
}

export interface TimeChartProps {
  /** Where each step begins, in ms. */
  times: number[];
  series: Series[];
  kind: 'bars' | 'lines';
  height: 120 | 168 | 216;
  unit: 'count' | 'ms';
  label: string;
  /** Called with what was marked by dragging, in ms. */
  onRange?: (from: number, to: number) => void;
}

const css = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const stepOf = (times: number[]) => (times.length > 1 ? times[1]! - times[0]! : 60_000);

/** Each series on top of those before it. */
export function stacked(series: Series[], length: number): number[][] {
  const sums = new Array<number>(length).fill(0);
  return series.map(({ data }) => {
    for (let i = 0; i < length; ++i) sums[i]! += data[i] ?? 0;
    return [...sums];
  });
}

function makePlot({ times, series, kind, height, unit, onRange }: TimeChartProps, el: HTMLElement, onIndex: (at: number | null) => void): uPlot {
  const bars = kind === 'bars';
  const step = stepOf(times);
  const rows = bars ? stacked(series, times.length) : series.map(({ data }) => data);
  // The tallest first, so that the others are drawn over it.
  const order = bars ? [...series.keys()].reverse() : [...series.keys()];
  const paths = bars ? uPlot.paths.bars!({ size: [0.72, 28], align: 1 }) : uPlot.paths.linear!();
  const axis: uPlot.Axis = {
    stroke: css('--c-text-3'), font: `11px ${css('--c-font')}`, grid: { stroke: css('--c-line'), width: 1 }, ticks: { show: false },
  };
  const value = unit === 'ms' ? took : shortCount;
  return new uPlot({
    // On the right, half of the last label: of a date in Portuguese, 26.
    width: Math.max(el.clientWidth, 50), height, padding: [8, 28, 0, 0], legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: onRange !== undefined, y: false, setScale: false } },
    hooks: {
      setCursor: [(plot) => onIndex(plot.cursor.idx ?? null)],
      setSelect: [(plot) => {
        if (!onRange || plot.select.width < 4) return;
        const from = plot.posToVal(plot.select.left, 'x') * 1000;
        onRange(from, Math.max(plot.posToVal(plot.select.left + plot.select.width, 'x') * 1000, from + step));
      }],
    },
    scales: { x: { time: true, range: (_plot, min, max) => [min, max + (bars ? step / 1000 : 0)] }, y: { range: (_plot, _min, max) => [0, Math.max((max ?? 0) * 1.08, unit === 'ms' ? 10 : 1)] } },
    axes: [
      { ...axis, grid: { show: false }, space: 70, size: 24, gap: 4, values: (_plot, splits, _axis, _space, apart) => splits.map((at) => axisTime(at * 1000, apart)) },
      { ...axis, size: unit === 'ms' ? 56 : 44, space: 34, incrs: unit === 'count' ? [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7, 1e8, 1e9] : undefined, values: (_plot, splits) => splits.map((at) => value(at)) },
    ],
    series: [{}, ...order.map((i): uPlot.Series => ({
      label: series[i]!.label, stroke: css(series[i]!.token), width: bars ? 0 : 1.6, paths, spanGaps: false,
      // A lone value is no line.
      points: { show: !bars && series[i]!.data.filter((n) => n !== null).length < 3, size: 5, fill: css(series[i]!.token) },
      ...(bars ? { fill: css(series[i]!.token) } : {}),
    }))],
  }, [times.map((at) => at / 1000), ...order.map((i) => rows[i]!)] as uPlot.AlignedData, el);
}

/** Stacked bars or lines over time. The same numbers are there as a table, since a canvas says nothing to who
    cannot see it. */
export function TimeChart(props: TimeChartProps) {
  const { times, series, kind, height, unit, label } = props;
  const box = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme('light');
  const [at, setAt] = useState<number | null>(null);
  const [table, setTable] = useState(false);
  const latest = useRef(props);
  latest.current = props;
  useEffect(() => {
    const el = box.current;
    if (!el || table) return;
    const plot = makePlot(latest.current, el, setAt);
    const observer = new ResizeObserver(() => plot.setSize({ width: Math.max(el.clientWidth, 50), height }));
    observer.observe(el);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [times, series, kind, height, scheme, table]);
  const words = (n: number | null | undefined) => (n === null || n === undefined ? '–' : unit === 'ms' ? took(n) : count(n));
  const when = at === null ? undefined : times[at];
  return (
    <figure className="chart" aria-label={label}>
      <div className="legend">
        {series.map((each) => (
          <span key={each.label}><i className={`key k${each.token.replace('--c', '')}`} />{each.label}{at === null ? null : <b className="num">{words(each.data[at])}</b>}</span>
        ))}
        <span className="grow" />
        <span className="muted num" title={when === undefined ? undefined : utcText(when)}>{when === undefined ? '' : timeText(when, 'auto')}</span>
        <button type="button" className="link" aria-pressed={table} onClick={() => setTable(!table)}>{table ? 'Chart' : 'Table'}</button>
      </div>
      {table ? (
        <div className="chart-t" tabIndex={0} role="region" aria-label={`${label}, as a table`}>
          <table>
            <thead><tr><th scope="col">Time</th>{series.map((each) => <th scope="col" key={each.label}>{each.label}</th>)}</tr></thead>
            <tbody>
              {times.map((time, i) => (
                <tr key={time}><th scope="row" title={utcText(time)}>{timeText(time, 'auto')}</th>{series.map((each) => <td key={each.label} className="num">{words(each.data[i])}</td>)}</tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : <div ref={box} className="chart-c" data-h={height} />}
    </figure>
  );
}
