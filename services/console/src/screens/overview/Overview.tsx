import { useQuery } from '@connectrpc/connect-query';
import { keepPreviousData } from '@tanstack/react-query';
import { lazy } from 'react';
import { useLocation } from 'wouter';
import { useViewer } from '../../api/caller';
import { useStats } from '../../api/stats';
import { DestinationService } from '../../gen/carillon/v1/destination_service_pb';
import { NoticeService } from '../../gen/carillon/v1/notice_service_pb';
import { type Summary, StatsService } from '../../gen/carillon/v1/stats_service_pb';
import { count, plural } from '../../ui/format';
import { Card } from '../../ui/parts';
import { RangePicker, useRange } from '../../ui/RangePicker';
import { Loading, PageLoading, Query, useAnswered } from '../../ui/status';
import { TROUBLE_FILTER } from '../../ui/states';
import { TimeChart } from '../../ui/TimeChart';
import { Happened } from '../notices/Feed';
import { ByState, NeedsAttention } from './lists';
import { Numbers } from './Numbers';

const FirstSteps = lazy(() => import('./FirstSteps').then(({ FirstSteps: it }) => ({ default: it })));

const EVERY = 5_000;

/** How things stand, in a sentence. */
export function sentence(summary: Summary, troubled: number): React.ReactNode {
  const all = summary.destinationCount;
  if (troubled === 0) return `Delivering normally to ${plural(all, 'destination')}.`;
  if (troubled === all) return <><b>{all === 1 ? 'The only destination is' : `All ${count(all)} destinations are`}</b> in trouble.</>;
  return <><b>{count(troubled)} of {count(all)}</b> destinations {troubled === 1 ? 'is' : 'are'} in trouble, the others are not held up.</>;
}

export default function Overview() {
  const viewer = useViewer();
  const range = useRange();
  const [, go] = useLocation();
  const { parent } = viewer;
  const summary = useQuery(StatsService.method.getSummary, { name: parent }, { refetchInterval: EVERY, placeholderData: keepPreviousData });
  const stats = useStats(parent, range);
  const trouble = useQuery(DestinationService.method.listDestinations,
    { parent, filter: TROUBLE_FILTER, orderBy: 'status.queued_count desc', pageSize: 5 }, { refetchInterval: EVERY, placeholderData: keepPreviousData });
  const toLog = (from: number, to: number) =>
    go(`/deliveries?from=${encodeURIComponent(new Date(from).toISOString())}&to=${encodeURIComponent(new Date(to).toISOString())}`);
  const notices = useQuery(NoticeService.method.listNotices, { parent: viewer.tenant === undefined ? '' : parent, pageSize: 5 }, { refetchInterval: EVERY, placeholderData: keepPreviousData });
  const ready = useAnswered(summary, stats, trouble);
  if (summary.data?.destinationCount === 0) return <FirstSteps />;
  return (
    <div className="page">
      <title>Overview · Carillon</title>
      <div className="head">
        <div className="min0">
          <h1>Overview</h1>
          <p className="sub">{ready && summary.data && trouble.data ? sentence(summary.data, trouble.data.totalSize) : ' '}</p>
        </div>
        <span className="grow" />
        {ready ? <RangePicker of={['1h', '24h', '7d']} /> : null}
      </div>
      {ready ? (
        <>
          <Query of={summary}>{(data) => <Numbers summary={data} stats={stats.data} range={range} />}</Query>
          <NeedsAttention of={trouble} />
          <div className="cols-2-1">
            <Card title="Attempts by what became of them">
              <Query of={stats} loading={<Loading rows={6} />}>
                {(data) => <TimeChart label="Attempts by what became of them" kind="bars" height={216} unit="count" times={data.times} series={data.classes} onRange={toLog} />}
              </Query>
            </Card>
            <ByState summary={summary.data} />
          </div>
          <div className="cols-2-1">
            <Card title="Time to answer">
              <Query of={stats} loading={<Loading rows={5} />}>
                {(data) => <TimeChart label="Time to answer" kind="lines" height={168} unit="ms" times={data.times} series={data.latency} />}
              </Query>
            </Card>
            <Happened of={notices} />
          </div>
        </>
      ) : <PageLoading />}
    </div>
  );
}
