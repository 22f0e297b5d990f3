import { IconChevronRight } from '@tabler/icons-react';
import { Link } from 'wouter';
import { lastPart, tenantOf, toDestination } from '../../api/names';
import type { Destination } from '../../gen/carillon/v1/destination_pb';
import type { ListDestinationsResponse } from '../../gen/carillon/v1/destination_service_pb';
import type { Summary } from '../../gen/carillon/v1/stats_service_pb';
import { count } from '../../ui/format';
import { Card, Foreign, Since, StateChip, Time } from '../../ui/parts';
import { type DestinationState, sinceOf, stateOf, whyOf } from '../../ui/states';
import { Empty, type Loaded, Loading, Query } from '../../ui/status';

function Troubled({ destination }: { destination: Destination }) {
  const { status, name } = destination;
  const since = sinceOf(destination);
  return (
    <tr>
      <td><Link href={toDestination(name)} className="strong"><Foreign text={lastPart(name)} /></Link><span className="cell-2"><Foreign text={tenantOf(name)} /></span></td>
      <td><StateChip state={stateOf(destination)} /></td>
      <td className="sec"><Foreign text={whyOf(destination)} /></td>
      <td className="sec nowrap"><Time ms={since} />{since === undefined ? null : <span className="cell-2"><Since ms={since} /></span>}</td>
      <td className="r num">{status ? count(status.queuedCount + status.parkedCount) : '–'}{status?.behind ? '+' : ''}</td>
      <td className="r num sec">{status?.oldestAcceptTime ? <Since at={status.oldestAcceptTime} /> : '–'}</td>
      <td className="r"><Link className="go" href={toDestination(name)} aria-label={`Open ${lastPart(name)}`}><IconChevronRight size={16} aria-hidden /></Link></td>
    </tr>
  );
}

/** The worst first: where most waits. */
export function NeedsAttention({ of }: { of: Loaded<ListDestinationsResponse> }) {
  const total = of.data?.totalSize ?? 0;
  return (
    <Card title="Needs attention" pad={false} aside={total > 0 ? <Link href="/destinations?state=trouble">{total === 1 ? 'Show it' : `All ${count(total)} in trouble`}</Link> : null}>
      <Query of={of} loading={<Loading rows={3} height={44} />}>
        {(data) => (data.destinations.length === 0 ? <Empty title="Nothing. Good.">Every destination takes what it is sent.</Empty> : (
          <div className="scroll-x" tabIndex={0} role="region" aria-label="Destinations in trouble">
            <table className="tbl rows">
              <thead><tr><th scope="col">Destination</th><th scope="col">State</th><th scope="col" className="sec">What happens</th><th scope="col" className="sec">Since</th><th scope="col" className="r">Waiting</th><th scope="col" className="r sec">Oldest</th><th scope="col"><span className="vh">Open</span></th></tr></thead>
              <tbody>{data.destinations.map((each) => <Troubled key={each.name} destination={each} />)}</tbody>
            </table>
          </div>
        ))}
      </Query>
    </Card>
  );
}

/** How many destinations are in which state; each leads to them. */
export function ByState({ summary }: { summary: Summary | undefined }) {
  if (!summary) return <Card title="Destinations"><Loading rows={6} height={30} /></Card>;
  const all = summary.destinationCount;
  const failing = summary.failingCount - summary.unreachableCount - summary.timingOutCount;
  const healthy = all - summary.failingCount - summary.disabledCount - summary.pausedCount - summary.unknownCount;
  const rows: [string, number, string, DestinationState | ''][] = [
    ['Healthy or quiet', healthy, 'm-ok', ''], ['Failing', failing, 'm-bad', 'failing'], ['Timing out', summary.timingOutCount, 'm-slow', 'timing-out'],
    ['Unreachable', summary.unreachableCount, 'm-net', 'unreachable'], ['Paused', summary.pausedCount, 'm-info', 'paused'],
    ['Disabled', summary.disabledCount, 'm-own', 'disabled'],
  ];
  return (
    <Card title="Destinations" aside={<span className="muted num">{count(all)}</span>}>
      <ul className="states">
        {rows.map(([label, n, mark, state]) => {
          const share = all > 0 ? n / all : 0;
          return (
            <li key={label}>
              <Link href={state ? `/destinations?state=${state}` : '/destinations'}><span className={`sq ${mark}`} />{label}<span className="grow" /><b className="num">{count(n)}</b></Link>
              <svg width="100%" height="4" aria-hidden><rect className="track" width="100%" height="4" rx="2" /><rect className={mark} width={`${n > 0 ? Math.max(share * 100, 1) : 0}%`} height="4" rx="2" /></svg>
            </li>
          );
        })}
      </ul>
    </Card>
  );
}
