import { useQuery } from '@connectrpc/connect-query';
import { useLocation, Link } from 'wouter';
import { useViewer } from '../../api/caller';
import { lastPart, toDelivery } from '../../api/names';
import { useStats } from '../../api/stats';
import { DeliveryService } from '../../gen/carillon/v1/delivery_service_pb';
import type { Destination } from '../../gen/carillon/v1/destination_pb';
import { count, durationMs, percent, took } from '../../ui/format';
import { Card, Chip, Foreign, Kv, OutcomeChip, Since, Time } from '../../ui/parts';
import { RangePicker, useRange } from '../../ui/RangePicker';
import { Empty, Loading, PageLoading, Query, useAnswered } from '../../ui/status';
import { TRIGGERS } from '../../ui/states';
import { TimeChart } from '../../ui/TimeChart';
import { policyRows } from './policyWords';
import { KeyList } from './KeyList';
import { useAddress } from '../../ui/Filters';

const logOf = (name: string) => {
  const [, tenant = '', , id = ''] = name.split('/');
  return `/deliveries?to-tenant=${encodeURIComponent(tenant)}&destination=${id}`;
};

function Now({ destination, delivered, attempts, dead }: { destination: Destination; delivered: number; attempts: number; dead: number }) {
  const { status } = destination;
  return (
    <Card title="Now" aside={<Link href={`/notices?destination=${encodeURIComponent(destination.name)}`}>What happened</Link>}>
      <Kv rows={[
        ['Waiting', <b key="w" className="num">{status ? count(status.queuedCount + status.parkedCount) : '–'}{status?.behind ? '+' : ''}</b>],
        ['Oldest waiting', status?.oldestAcceptTime ? <Since key="o" at={status.oldestAcceptTime} /> : 'nothing'],
        ['In flight', status ? <span className="num">{status.inFlightCount} of {status.effectiveConcurrency}</span> : '–'],
        ['Last success', <Time key="s" at={status?.lastSuccessTime} />],
        ['Delivered, 24 h', <span key="d" className="num">{count(delivered)} ({percent(delivered, attempts)})</span>],
        ['Given up, 24 h', <span key="g" className="num">{count(dead)}</span>],
      ]} />
    </Card>
  );
}

const useRecent = (name: string, enabled: boolean) =>
  useQuery(DeliveryService.method.listAttempts, { parent: `${name}/deliveries/-`, pageSize: 8 }, { enabled, refetchInterval: 5_000 });

function RecentAttempts({ name, of: query }: { name: string; of: ReturnType<typeof useRecent> }) {
  return (
    <Card title="Recent attempts" pad={false} aside={<Link href={logOf(name)}>All deliveries of {lastPart(name)}</Link>}>
      <Query of={query}>
        {(data) => (data.attempts.length === 0 ? <Empty title="No attempts yet">Send a test to see whether it answers.</Empty> : (
          <div className="scroll-x" tabIndex={0} role="region" aria-label="Recent attempts">
            <table className="tbl rows">
              <thead><tr><th scope="col">Time</th><th scope="col">Event type</th><th scope="col">Outcome</th><th scope="col" className="r">Took</th><th scope="col" className="r">No.</th></tr></thead>
              <tbody>
                {data.attempts.map((each) => {
                  const ms = durationMs(each.phases?.total);
                  return (
                    <tr key={each.name}>
                      <td><Link href={toDelivery(each.name, `?attempt=${each.number}`)}><Time at={each.startTime} /></Link></td>
                      <td className="mono"><Foreign text={each.eventType} />{TRIGGERS[each.trigger] ? <Chip tone="own">{TRIGGERS[each.trigger]}</Chip> : null}</td>
                      <td><OutcomeChip outcome={each.outcome} status={each.response?.status ?? 0} /></td>
                      <td className="r num">{ms === undefined ? '–' : took(ms)}</td><td className="r num">{each.number}</td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          </div>
        ))}
      </Query>
    </Card>
  );
}

/** How it fares: attempts over time, how long answers take, what is known now. */
export function Health({ destination }: { destination: Destination }) {
  const viewer = useViewer();
  const range = useRange();
  const [, go] = useLocation();
  const [, change] = useAddress();
  const { name } = destination;
  const stats = useStats(name, range);
  const day = useStats(name, '24h');
  const toLog = (from: number, to: number) =>
    go(`${logOf(name)}&from=${encodeURIComponent(new Date(from).toISOString())}&to=${encodeURIComponent(new Date(to).toISOString())}`);
  const mayAttempts = viewer.may('DeliveryService/ListAttempts');
  const recent = useRecent(name, mayAttempts);
  if (!useAnswered(stats, day, recent)) return <PageLoading />;
  return (
    <div className="cols-2-1">
      <div className="stack">
        <Card title="Attempts by what became of them" aside={<RangePicker of={['1h', '24h', '7d', '90d']} />}>
          <Query of={stats} loading={<Loading rows={5} />}>{(data) => <TimeChart label="Attempts by what became of them" kind="bars" height={168} unit="count" times={data.times} series={data.classes} onRange={toLog} />}</Query>
        </Card>
        <Card title="Time to answer">
          <Query of={stats} loading={<Loading rows={4} />}>{(data) => <TimeChart label="Time to answer" kind="lines" height={120} unit="ms" times={data.times} series={data.latency} />}</Query>
        </Card>
        {mayAttempts ? <RecentAttempts name={name} of={recent} /> : null}
      </div>
      <div className="stack">
        <Now destination={destination} delivered={day.data?.succeeded ?? 0} attempts={day.data?.attempts ?? 0} dead={day.data?.dead.reduce((all, n) => all + n, 0) ?? 0} />
        <Card title="Policy" aside={<button type="button" className="link" onClick={() => change({ tab: 'policy' })}>Edit</button>}><Kv rows={policyRows(destination)} /></Card>
        <Card title="Keys" aside={<button type="button" className="link" onClick={() => change({ tab: 'keys' })}>Rotate…</button>}><KeyList keys={destination.keys} /></Card>
      </div>
    </div>
  );
}
