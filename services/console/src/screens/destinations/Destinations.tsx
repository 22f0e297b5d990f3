import { createClient } from '@connectrpc/connect';
import { useTransport } from '@connectrpc/connect-query';
import { Button, Select } from '@mantine/core';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { Link } from 'wouter';
import { useViewer } from '../../api/caller';
import { lastPart, tenantOf, toDestination } from '../../api/names';
import { Outcome, type Destination } from '../../gen/carillon/v1/destination_pb';
import { DestinationService } from '../../gen/carillon/v1/destination_service_pb';
import { count, millisOf } from '../../ui/format';
import { clearFilters, FilterBar, type FilterField, useAddress } from '../../ui/Filters';
import { OUTCOMES } from '../../ui/outcomes';
import { NewWebhook } from '../../ui/NewWebhook';
import { usePaged } from '../../ui/paged';
import { Bars, Foreign, StateChip, Time } from '../../ui/parts';
import { Empty, ErrorBox, Loading, Refreshing } from '../../ui/status';
import { DESTINATION_STATES, type DestinationState, STATE_FILTERS, stateOf, TROUBLE_FILTER, whyOf } from '../../ui/states';
import { type Column, VirtualList } from '../../ui/VirtualList';
import { type Sparks, useSpark, useSparks } from './sparks';
import { StateActions } from './StateActions';

const PAGE = 500;

export interface Row {
  name: string;
  id: string;
  tenant: string;
  display: string;
  url: string;
  state: DestinationState;
  why: string;
  waiting: number | undefined;
  behind: boolean;
  lastSuccess: number | undefined;
}

export function slim(destination: Destination): Row {
  const { name, status, url, displayName } = destination;
  return {
    name, url, id: lastPart(name), tenant: tenantOf(name), display: displayName, state: stateOf(destination), why: whyOf(destination),
    waiting: status ? Number(status.queuedCount + status.parkedCount) : undefined, behind: status?.behind ?? false,
    lastSuccess: millisOf(status?.lastSuccessTime),
  };
}

const FIELDS: FilterField[] = [
  {
    id: 'state', label: 'State',
    choices: [{ value: 'trouble', label: 'In trouble' }, ...(Object.keys(STATE_FILTERS) as DestinationState[]).map((value) => ({ value, label: DESTINATION_STATES[value].label }))],
  },
  {
    id: 'outcome', label: 'Last attempt',
    choices: (Object.keys(OUTCOMES).map(Number) as Outcome[]).filter((each) => each !== Outcome.UNSPECIFIED)
      .map((each) => ({ value: OUTCOMES[each].filter, label: OUTCOMES[each].label })),
  },
];

const SORTS = [
  { value: 'name', label: 'Name' }, { value: 'status.queued_count desc', label: 'Most waiting' },
  { value: 'status.failing_since', label: 'Failing longest' }, { value: 'create_time desc', label: 'Newest' },
];

/** Whether a row is called so, or leads there. The API's filters know beginnings only, so this is looked at here. */
export const matches = (row: Row, q: string): boolean =>
  `${row.id}\n${row.tenant}\n${row.display}\n${row.url}`.toLowerCase().includes(q.toLowerCase());

/** The filter of the API for what the address says. */
export function filterFor(params: URLSearchParams): string {
  const parts: string[] = [];
  const state = params.get('state');
  if (state === 'trouble') parts.push(`(${TROUBLE_FILTER})`);
  else if (state && STATE_FILTERS[state as DestinationState]) parts.push(`(${STATE_FILTERS[state as DestinationState]})`);
  const outcome = params.get('outcome');
  if (outcome && /^OUTCOME_[0-9A-Z_]+$/.test(outcome)) parts.push(`status.last_outcome = ${outcome}`);
  return parts.join(' AND ');
}

const columnsFor = (allTenants: boolean): Column[] => [
  { id: 'pick', head: <span className="vh">Select</span> }, { id: 'name', head: 'Name' }, ...(allTenants ? [{ id: 'tenant', head: 'Tenant', secondary: true }] : []),
  { id: 'url', head: 'URL', secondary: true }, { id: 'state', head: 'State' }, { id: 'why', head: 'Why', secondary: true },
  { id: 'spark', head: 'Attempts, 24 h', secondary: true }, { id: 'waiting', head: 'Waiting', className: 'r' }, { id: 'success', head: 'Last success', secondary: true },
];

export default function Destinations() {
  const viewer = useViewer();
  const [params, change] = useAddress();
  const transport = useTransport();
  const client = useMemo(() => createClient(DestinationService, transport), [transport]);
  const [total, setTotal] = useState<number>();
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const filter = filterFor(params);
  const sort = SORTS.find(({ value }) => value === params.get('sort'))?.value ?? 'name';
  const { parent } = viewer;
  const list = usePaged<Row>(`${parent}|${filter}|${sort}`, async (pageToken, signal) => {
    const page = await client.listDestinations({ parent, filter, orderBy: sort, pageSize: PAGE, pageToken }, { signal });
    setTotal(page.totalSize);
    return { rows: page.destinations.map(slim), next: page.nextPageToken };
  });
  const q = params.get('q')?.trim() ?? '';
  const rows = useMemo(() => (q ? list.rows.filter((row) => matches(row, q)) : list.rows), [list.rows, q]);
  // What is searched for may be on any page.
  useEffect(() => {
    if (q && !list.complete) list.more();
  }, [q, list]);
  const sparks = useSparks();
  const pick = useCallback((these: readonly Row[], on: boolean) => setPicked((old) => {
    const next = new Set(old);
    for (const { name } of these) {
      if (on) next.add(name);
      else next.delete(name);
    }
    return next;
  }), []);
  const pickRange = useCallback((these: readonly Row[]) => pick(these, true), [pick]);
  const allTenants = viewer.tenant === undefined;
  const columns = useMemo(() => columnsFor(allTenants), [allTenants]);
  const line = useCallback((row: Row) => [
    <input key="p" type="checkbox" aria-label={`Select ${row.id}`} checked={picked.has(row.name)} onChange={(event) => pick([row], event.currentTarget.checked)} />,
    <Link key="n" href={toDestination(row.name)} className="strong" title={row.display || row.id}><Foreign text={row.display || row.id} /></Link>,
    ...(allTenants ? [<Foreign key="t" text={row.tenant} />] : []), <Foreign key="u" text={row.url} className="mono" />, <StateChip key="s" state={row.state} />,
    <Foreign key="w" text={row.why} className="muted" />, <SparkCell key="b" sparks={sparks} name={row.name} />,
    <span key="c" className="num">{row.waiting === undefined ? '–' : count(row.waiting)}{row.behind ? '+' : ''}</span>, <Time key="l" ms={row.lastSuccess} />,
  ], [picked, pick, allTenants, sparks]);
  const filtered = filter !== '' || q !== '';
  const searching = q !== '' && !list.complete && !list.error;
  return (
    <div className="page full">
      <title>Destinations · Carillon</title>
      <div className="head"><h1>Destinations</h1><span className="grow" /><Select aria-label="Order" data={SORTS} value={sort} allowDeselect={false} w={150} onChange={(value) => change({ sort: value === 'name' ? undefined : value ?? undefined })} /></div>
      <FilterBar fields={FIELDS} search={{ id: 'q', label: 'Name or URL' }}
        aside={picked.size > 0
          ? <StateActions names={[...picked]} onDone={() => { setPicked(new Set()); list.reload(); }} />
          : <span className="muted num" role="status">{total === undefined ? ' ' : q ? `${count(rows.length)} of ${count(total)}` : `${count(total)} in all`}</span>} />
      <Refreshing on={list.loading && list.rows.length > 0} />
      {list.error ? <ErrorBox error={list.error} retry={list.reload} staleSince={list.rows.length > 0 ? list.updatedAt : undefined} /> : null}
      {rows.length > 0 ? <VirtualList label="Destinations" columns={columns} rows={rows} keyOf={(row) => row.name} line={line} onNearEnd={list.more} onPickRange={pickRange} total={q ? undefined : total} />
        : list.loading || searching ? <Loading rows={12} /> : list.error ? null : filtered
          ? <Empty title="No destinations match" action={<Button variant="default" onClick={() => change(clearFilters(FIELDS, 'q'))}>Clear filters</Button>} />
          : <Empty title="There is no destination yet" action={<NewWebhook />}>A destination is a URL that wants to hear of events.</Empty>}
    </div>
  );
}

function SparkCell({ sparks, name }: { sparks: Sparks; name: string }) {
  const of = useSpark(sparks, name);
  if (!of) return <span className="hbars" />;
  const sum = (data: number[]) => data.reduce((all, n) => all + n, 0);
  return <Bars ok={of.ok} bad={of.bad} label={`${lastPart(name)}: ${count(sum(of.ok))} delivered, ${count(sum(of.bad))} failed in 24 h`} />;
}
