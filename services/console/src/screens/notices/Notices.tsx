import { createClient } from '@connectrpc/connect';
import { useTransport } from '@connectrpc/connect-query';
import { Button } from '@mantine/core';
import { useMemo } from 'react';
import { useViewer } from '../../api/caller';
import { tenantOf } from '../../api/names';
import { type Notice, NoticeService } from '../../gen/carillon/v1/notice_service_pb';
import { clearFilters, FilterBar, type FilterField, useAddress } from '../../ui/Filters';
import { count } from '../../ui/format';
import { usePaged } from '../../ui/paged';
import { Foreign, Time } from '../../ui/parts';
import { Empty, ErrorBox, Loading, Refreshing } from '../../ui/status';
import { type Column, VirtualList } from '../../ui/VirtualList';
import { NoticeLine } from './Feed';
import { filterOf } from './filter';
import { noticeWords } from './words';

const PAGE = 200;
const CHOICES = [
  { value: 'breaker', label: 'in trouble, recovered' }, { value: 'dead', label: 'given up' }, { value: 'state', label: 'disabled, paused, back again' },
];

export default function Notices() {
  const viewer = useViewer();
  const [params, change] = useAddress();
  const transport = useTransport();
  const client = useMemo(() => createClient(NoticeService, transport), [transport]);
  const all = viewer.tenant === undefined;
  const parent = all ? '' : viewer.parent;
  const filter = filterOf(params, all ? '' : parent);
  const list = usePaged<Notice>(`${parent}|${filter}`, async (pageToken, signal) => {
    const page = await client.listNotices({ parent, filter, pageSize: PAGE, pageToken }, { signal });
    return { rows: page.notices, next: page.nextPageToken };
  });
  const columns: Column[] = [
    { id: 'when', head: 'Last time' }, { id: 'what', head: 'What' }, ...(all ? [{ id: 'tenant', head: 'Tenant', secondary: true }] : []),
    { id: 'details', head: 'Details', secondary: true },
  ];
  const line = (notice: Notice) => {
    const { tone, more } = noticeWords(notice);
    const cells = [<Time key="t" at={notice.lastTime} />, <span key="w"><span className={`dot m-${tone}`} /> <NoticeLine notice={notice} /></span>, <Foreign key="n" text={tenantOf(notice.destination)} />,
      <Foreign key="m" text={more} className="muted" />];
    if (!all) cells.splice(2, 1);
    return cells;
  };
  const fields: FilterField[] = [{ id: 'kind', label: 'What', choices: all ? [...CHOICES, { value: 'server', label: 'the server' }] : CHOICES }];
  const destination = params.get('destination');
  if (destination) fields.push({ id: 'destination', label: 'Destination', choices: [{ value: destination, label: destination }] });
  return (
    <div className="page full">
      <title>What happened · Carillon</title>
      <div className="head"><div className="min0"><h1>What happened</h1><p className="sub">Destinations that got into trouble and recovered, deliveries that were given up. What happens again within an hour is one line.</p></div></div>
      <FilterBar fields={fields} search={all ? undefined : { id: 'q', label: 'Destination' }} aside={<span className="muted num" role="status">{count(list.rows.length)}{list.complete ? '' : '+'} loaded</span>} />
      <Refreshing on={list.loading && list.rows.length > 0} />
      {list.error ? <ErrorBox error={list.error} retry={list.reload} staleSince={list.rows.length > 0 ? list.updatedAt : undefined} /> : null}
      {list.rows.length > 0 ? <VirtualList label="What happened" columns={columns} rows={list.rows} keyOf={(row) => row.name} line={line} onNearEnd={list.more} />
        : list.loading ? <Loading rows={14} /> : list.error ? null : !list.complete ? <Empty title="Nothing found so far" action={<Button variant="default" onClick={list.more}>Look further back</Button>}>What happened was looked through up to a bound.</Empty>
          : filter !== '' ? <Empty title="Nothing matches" action={<Button variant="default" onClick={() => change(clearFilters(fields, 'q'))}>Clear filters</Button>}>Other things may have happened.</Empty>
            : <Empty title="Nothing happened. Good.">Here stands when a destination gets into trouble, when it recovers, and what was given up.</Empty>}
    </div>
  );
}
