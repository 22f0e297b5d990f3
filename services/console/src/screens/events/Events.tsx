import { createClient } from '@connectrpc/connect';
import { useQuery, useTransport } from '@connectrpc/connect-query';
import { Button } from '@mantine/core';
import { useMemo, useRef } from 'react';
import { Link } from 'wouter';
import { useViewer } from '../../api/caller';
import { toEvent } from '../../api/names';
import { EventService } from '../../gen/carillon/v1/event_service_pb';
import { EventTypeService } from '../../gen/carillon/v1/event_type_service_pb';
import { bytes, count } from '../../ui/format';
import { clearFilters, FilterBar, linkedFields, useAddress } from '../../ui/Filters';
import { usePaged } from '../../ui/paged';
import { Foreign, Time } from '../../ui/parts';
import { Empty, ErrorBox, Loading, NoRights, Refreshing } from '../../ui/status';
import { type Column, VirtualList } from '../../ui/VirtualList';
import { fieldsFor, filterFor, LINKED, type Row, slim } from './query';
import './events.css';

const PAGE = 500;
const MINUTE = 60_000;

function columnsFor(allTenants: boolean): Column[] {
  return [
    { id: 'time', head: 'Accepted' }, { id: 'type', head: 'Event type' }, { id: 'id', head: 'Id' },
    ...(allTenants ? [{ id: 'tenant', head: 'Tenant', secondary: true }] : []),
    { id: 'key', head: 'Ordering key', secondary: true }, { id: 'size', head: 'Payload', secondary: true, className: 'r' },
  ];
}

function List() {
  const viewer = useViewer();
  const [params, change] = useAddress();
  const transport = useTransport();
  const client = useMemo(() => createClient(EventService, transport), [transport]);
  const opened = useRef(Math.ceil(Date.now() / MINUTE) * MINUTE);
  const filter = filterFor(params, opened.current);
  const { parent } = viewer;
  const list = usePaged<Row>(`${parent}|${filter}`, async (pageToken, signal) => {
    const page = await client.listEvents({ parent, filter, pageSize: PAGE, pageToken }, { signal });
    return { rows: page.events.map(slim), next: page.nextPageToken };
  });
  const types = useQuery(EventTypeService.method.listEventTypes, { pageSize: 100 }, { enabled: viewer.may('EventTypeService/ListEventTypes'), staleTime: 60_000 });
  const fields = [...fieldsFor((types.data?.eventTypes ?? []).map(({ name }) => name)), ...linkedFields(params, LINKED)];
  const allTenants = viewer.tenant === undefined;
  const line = (row: Row) => [
    <Time key="t" ms={row.accepted} form="millis" />,
    <Link key="y" className="mono" href={toEvent(row.name)}><Foreign text={row.type} /></Link>,
    <Foreign key="i" text={row.id} className="mono" />,
    ...(allTenants ? [<Foreign key="n" text={row.tenant} />] : []),
    row.key ? <Foreign key="k" text={row.key} className="mono" /> : <span key="k" className="muted">–</span>,
    <span key="s" className="num">{bytes(row.bytes)}</span>,
  ];
  const { rows } = list;
  const empty = () => {
    if (list.loading) return <Loading rows={14} />;
    if (list.error) return null;
    if (!list.complete) return <Empty title="Nothing found so far" action={<Button variant="default" onClick={list.more}>Look further back</Button>}>The journal was looked through up to a bound.</Empty>;
    if (filter === '') return <Empty title="No events yet">What is published appears here, for as long as the journal keeps it (<code>journal.retention_age</code>).</Empty>;
    return (
      <Empty title="No events match" action={
        <span className="row center">
          <Button variant="default" onClick={() => change(clearFilters(fields, 'q'))}>Clear filters</Button>
          {params.get('span') && params.get('span') !== '7d' ? <Button variant="default" onClick={() => change({ span: '7d' })}>Look at 7 days</Button> : null}
        </span>
      } />
    );
  };
  return (
    <>
      <FilterBar fields={fields} search={{ id: 'q', label: 'Id, type, key or trace' }} aside={<span className="muted num" role="status">{count(rows.length)}{list.complete ? '' : '+'} loaded</span>} />
      <Refreshing on={list.loading && rows.length > 0} />
      {list.error ? <ErrorBox error={list.error} retry={list.reload} staleSince={rows.length > 0 ? list.updatedAt : undefined} /> : null}
      {rows.length > 0 ? <VirtualList label="Events" columns={columnsFor(allTenants)} rows={rows} keyOf={(row) => row.name} line={line} onNearEnd={list.more} /> : empty()}
    </>
  );
}

/** What was published, the newest first. */
export default function Events() {
  const viewer = useViewer();
  return (
    <div className="page full">
      <title>Events · Carillon</title>
      <div className="head"><h1>Events</h1></div>
      {viewer.may('EventService/ListEvents') ? <List /> : <NoRights role="reader" />}
    </div>
  );
}
