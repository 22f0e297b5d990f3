import type { ReactNode } from 'react';
import type { Range, Stats } from '../../api/stats';
import { RANGES } from '../../api/stats';
import type { Summary } from '../../gen/carillon/v1/stats_service_pb';
import { count, millisOf, percent, span, took } from '../../ui/format';
import { useNow } from '../../ui/now';
import { Spark } from '../../ui/parts';

function Figure({ name, value, unit, under, spark, tone }: {
  name: string; value: string; unit?: string; under: ReactNode; spark: number[]; tone: string;
}) {
  return (
    <div className="kpi">
      <p className="kpi-k">{name}</p>
      <p className="kpi-v num">{value}{unit ? <small>{unit}</small> : null}</p>
      <p className="kpi-s">{under}</p>
      <Spark data={spark} tone={tone} w={170} h={26} label={`${name} over time`} />
    </div>
  );
}

/** A text of `took` or `span` as number and unit. */
function split(text: string): [string, string] {
  const at = text.lastIndexOf(' ');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

const rate = (n: number | undefined) => (n === undefined ? '–' : n >= 100 ? count(Math.round(n)) : (Math.round(n * 10) / 10).toLocaleString());
const lastOf = (data: (number | null)[] | undefined) => data?.findLast((n): n is number => n !== null);

/** The six numbers that say how things are. */
export function Numbers({ summary, stats, range }: { summary: Summary; stats: Stats | undefined; range: Range }) {
  const now = useNow();
  const oldest = millisOf(summary.oldestAcceptTime);
  const waiting = Number(summary.queuedCount) + Number(summary.parkedCount);
  const dead = stats?.dead.reduce((all, n) => all + n, 0) ?? 0;
  const median = lastOf(stats?.latency[0]?.data);
  const p99 = lastOf(stats?.latency[2]?.data);
  const [medianText, medianUnit] = median === undefined ? ['–', ''] : split(took(median));
  const [oldestText, oldestUnit] = oldest === undefined ? ['–', ''] : split(span(now - oldest));
  const accepted = stats?.accepted.reduce((all, n) => all + n, 0) ?? 0;
  const { label } = RANGES[range];
  return (
    <div className="kpis">
      <Figure name="Accepted" value={rate(summary.acceptedPerSecond)} unit="/s" under={`${count(accepted)} in ${label}`} spark={stats?.accepted ?? []} tone="accent" />
      <Figure name="Delivered" value={rate(summary.deliveredPerSecond)} unit="/s" under={stats ? `${percent(stats.succeeded, stats.attempts)} of attempts` : ' '} spark={stats?.delivered ?? []} tone="ok" />
      <Figure name="Answered in" value={medianText} unit={medianUnit} under={p99 === undefined ? 'no answer yet' : `median · p99 ${took(p99)}`} spark={(stats?.latency[0]?.data ?? []).map((n) => n ?? 0)} tone="accent" />
      <Figure name="Waiting" value={`${count(waiting)}${summary.behindCount > 0 ? '+' : ''}`} under={waiting === 0 ? 'nothing is held up' : `${count(summary.parkedCount)} for a retry`} spark={[]} tone="slow" />
      <Figure name="Oldest waiting" value={oldestText} unit={oldestUnit} under={oldest === undefined ? 'nothing waits in memory' : 'since it was accepted'} spark={[]} tone="slow" />
      <Figure name={`Given up, ${label}`} value={count(dead)} under={dead === 0 ? 'Nothing. Good.' : 'dead letters'} spark={stats?.dead ?? []} tone="bad" />
    </div>
  );
}
