import { createClient } from '@connectrpc/connect';
import { useTransport } from '@connectrpc/connect-query';
import { Button } from '@mantine/core';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { useEffect, useMemo, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { useViewer } from '../../api/caller';
import { EventTypeService } from '../../gen/carillon/v1/event_type_service_pb';
import { count } from '../../ui/format';
import { clearFilters, FilterBar, type FilterField, useAddress } from '../../ui/Filters';
import { useFound } from '../../ui/found';
import { usePaged } from '../../ui/paged';
import { Chip, Foreign } from '../../ui/parts';
import { Empty, ErrorBox, Loading, Needs, NoRights, Refreshing } from '../../ui/status';
import { type Column, VirtualList } from '../../ui/VirtualList';
import { grouped, type Row, slim, type TypeRow } from './groups';
import { ImportDialog } from './ImportDialog';
import { SchemaDialog } from './SchemaDialog';

const PAGE = 1000;
const wordsOf = (row: TypeRow) => `${row.id} ${row.display} ${row.description} ${row.tags}`;
const FIELDS: FilterField[] = [
  { id: 'state', label: 'State', choices: [{ value: 'ACTIVE', label: 'active' }, { value: 'ARCHIVED', label: 'archived' }] },
  { id: 'origin', label: 'Defined by', choices: [{ value: 'API', label: 'the API' }, { value: 'FILE', label: 'the configuration file' }, { value: 'BUILT_IN', label: 'Carillon' }] },
];

function filterFor(params: URLSearchParams): string {
  const parts: string[] = [];
  const [state, origin] = [params.get('state'), params.get('origin')];
  if (state && /^[A-Z_]+$/.test(state)) parts.push(`state = ${state}`);
  if (origin && /^[A-Z_]+$/.test(origin)) parts.push(`origin.kind = ${origin}`);
  return parts.join(' AND ');
}

const COLUMNS: Column[] = [
  { id: 'name', head: 'Event type' }, { id: 'reason', head: 'Description', secondary: true }, { id: 'schema', head: 'Payload', secondary: true }, { id: 'from', head: 'Defined by', secondary: true }, { id: 'chip', head: 'State' },
];

export const toEventType = (id: string) => `/event-types/${encodeURIComponent(id)}`;

export default function EventTypes() {
  const viewer = useViewer();
  return (
    <div className="page full">
      <title>Event types · Carillon</title>
      {viewer.may('EventTypeService/ListEventTypes') ? <List /> : <><h1>Event types</h1><NoRights role="reader" /></>}
    </div>
  );
}

function List() {
  const viewer = useViewer();
  const [, go] = useLocation();
  const [params, change] = useAddress();
  const transport = useTransport();
  const client = useMemo(() => createClient(EventTypeService, transport), [transport]);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [open, setOpen] = useState<'new' | 'import'>();
  const filter = filterFor(params);
  const text = params.get('q') ?? '';
  const list = usePaged<TypeRow>(filter, async (pageToken, signal) => {
    const page = await client.listEventTypes({ filter, pageSize: PAGE, pageToken }, { signal });
    return { rows: page.eventTypes.map(slim), next: page.nextPageToken };
  });
  // Groups are of all that there are.
  const { loading, complete, error, more } = list;
  useEffect(() => {
    if (!loading && !complete && !error) more();
  }, [loading, complete, error, more]);
  const found = useFound(list, text, wordsOf);
  const rows = useMemo(() => grouped(found, closed), [found, closed]);
  const toggle = (id: string) => setClosed((old) => {
    const next = new Set(old);
    if (!next.delete(id)) next.add(id);
    return next;
  });
  const line = (row: Row) => (row.kind === 'group'
    ? [
      <button key="g" type="button" className="group-b" aria-expanded={!closed.has(row.id)} onClick={() => toggle(row.id)}>{closed.has(row.id) ? <IconChevronRight size={14} aria-hidden /> : <IconChevronDown size={14} aria-hidden />}<Foreign text={row.id} /> <span className="count">{count(row.count)}</span></button>,
      null, null, null, null,
    ]
    : [
      <Link key="n" href={toEventType(row.id)} className="mono in-group"><Foreign text={row.id} /></Link>, <Foreign key="d" text={row.description || row.display} className="muted" />, <span key="s">{row.schema}</span>,
      <span key="f" className="muted">{row.from}</span>, row.archived ? <Chip key="c" tone="own">archived</Chip> : <Chip key="c" tone="ok">active</Chip>,
    ]);
  const may = (method: string) => viewer.may(`EventTypeService/${method}`);
  const create = <Needs may={may('CreateEventType')} role="operator"><Button variant="default" onClick={() => setOpen('new')}>New event type…</Button></Needs>;
  return (
    <>
      <div className="head"><h1>Event types</h1><span className="grow" /><Needs may={may('ImportEventTypes')} role="operator"><Button variant="default" onClick={() => setOpen('import')}>Import…</Button></Needs>{create}</div>
      <FilterBar fields={FIELDS} search={{ id: 'q', label: 'Name, description or tag' }} aside={<span className="muted num" role="status">{complete ? `${count(found.length)} in all` : ' '}</span>} />
      <Refreshing on={loading && list.rows.length > 0} />
      {error ? <ErrorBox error={error} retry={list.reload} staleSince={list.rows.length > 0 ? list.updatedAt : undefined} /> : null}
      {rows.length > 0 ? <VirtualList label="Event types" columns={COLUMNS} rows={rows} keyOf={(row) => `${row.kind}:${row.id}`} line={line} />
        : loading ? <Loading rows={12} /> : error ? null : filter || text
          ? <Empty title="No event types match" action={<Button variant="default" onClick={() => change(clearFilters(FIELDS, 'q'))}>Clear filters</Button>} />
          : <Empty title="There is no event type yet" action={create}>What publishers send has a type of this catalog.</Empty>}
      {open === 'new' ? <SchemaDialog onClose={() => setOpen(undefined)} onDone={(id) => go(toEventType(id))} /> : null}
      {open === 'import' ? <ImportDialog onClose={() => setOpen(undefined)} onDone={() => { setOpen(undefined); list.reload(); }} /> : null}
    </>
  );
}
