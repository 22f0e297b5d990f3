import { createClient } from '@connectrpc/connect';
import { useQuery, useTransport } from '@connectrpc/connect-query';
import { Button } from '@mantine/core';
import { keepPreviousData } from '@tanstack/react-query';
import { useMemo } from 'react';
import { Link, useLocation } from 'wouter';
import { useViewer } from '../../api/caller';
import { principalWords, tenantOf, toOperation } from '../../api/names';
import { type Operation, Operation_Kind as Kind, OperationService, Operation_State as State } from '../../gen/carillon/v1/operation_pb';
import { count, millisOf, percent } from '../../ui/format';
import { clearFilters, FilterBar, type FilterField, useAddress } from '../../ui/Filters';
import { KINDS, OPERATION_STATES, sends } from '../../ui/operations';
import { OperationChip, ProgressBar } from '../../ui/OperationParts';
import { usePaged } from '../../ui/paged';
import { Foreign, Time } from '../../ui/parts';
import { Empty, ErrorBox, Loading, Needs, NoRights, Refreshing } from '../../ui/status';
import { type Column, VirtualList } from '../../ui/VirtualList';
import './replays.css';

const PAGE = 200;
const BUSY_MS = 2_000;
const IDLE_MS = 10_000;

export interface Row {
  name: string;
  kind: Kind;
  state: State;
  tenant: string;
  target: string;
  who: string;
  created: number | undefined;
  done: boolean;
  progress: number;
  processed: bigint;
  delivered: bigint;
  dead: bigint;
}

export const slim = (operation: Operation): Row => ({
  name: operation.name, kind: operation.kind, state: operation.state, tenant: tenantOf(operation.name), target: operation.target, who: principalWords(operation.principal),
  created: millisOf(operation.createTime), done: operation.done, progress: operation.progress, processed: operation.processedCount, delivered: operation.deliveredCount, dead: operation.deadCount,
});

/** `tenants/acme/destinations/crm` without the tenant, which stands beside it. */
export const targetWords = (target: string): string => {
  const [, tenant = '', , destination] = target.split('/');
  return destination === undefined ? tenant : destination === '-' ? 'all destinations' : destination;
};

const choices = <T extends { label: string; filter: string }>(of: Record<number, T>) => Object.values(of).filter(({ filter }) => filter !== '').map(({ label, filter }) => ({ value: filter, label }));
const FIELDS: FilterField[] = [{ id: 'kind', label: 'Kind', choices: choices(KINDS) }, { id: 'state', label: 'State', choices: choices(OPERATION_STATES) }];

export function filterFor(params: URLSearchParams): string {
  return FIELDS.flatMap(({ id, choices: known }) => {
    const value = params.get(id);
    return value !== null && known.some((each) => each.value === value) ? [`${id} = ${value}`] : [];
  }).join(' AND ');
}

/** The newest anew and again, in place of what was known of them. */
export function merged(fresh: readonly Row[], before: readonly Row[]): Row[] {
  const names = new Set(fresh.map(({ name }) => name));
  return [...fresh, ...before.filter(({ name }) => !names.has(name))];
}

function List() {
  const viewer = useViewer();
  const [params, change] = useAddress();
  const transport = useTransport();
  const client = useMemo(() => createClient(OperationService, transport), [transport]);
  const filter = filterFor(params);
  const { parent } = viewer;
  const list = usePaged<Row>(`${parent}|${filter}`, async (pageToken, signal) => {
    const page = await client.listOperations({ parent, filter, pageSize: PAGE, pageToken }, { signal });
    return { rows: page.operations.map(slim), next: page.nextPageToken };
  });
  const newest = useQuery(OperationService.method.listOperations, { parent, filter, pageSize: PAGE }, {
    placeholderData: keepPreviousData, refetchInterval: (q) => (q.state.data?.operations.some(({ done }) => !done) ? BUSY_MS : IDLE_MS),
  });
  const rows = useMemo(() => (newest.data && !newest.isPlaceholderData ? merged(newest.data.operations.map(slim), list.rows) : list.rows), [newest.data, newest.isPlaceholderData, list.rows]);
  const allTenants = viewer.tenant === undefined;
  const columns: Column[] = [
    { id: 'started', head: 'Started' }, { id: 'what', head: 'What' }, ...(allTenants ? [{ id: 'tenant', head: 'Tenant', secondary: true }] : []), { id: 'who', head: 'By', secondary: true },
    { id: 'opstate', head: 'State' }, { id: 'progress', head: 'Progress', secondary: true },
    { id: 'sent', head: 'Handled', secondary: true, className: 'r' }, { id: 'arrived', head: 'Arrived', secondary: true, className: 'r' }, { id: 'failed', head: 'Failed again', secondary: true, className: 'r' },
  ];
  const line = (row: Row) => {
    const { label } = KINDS[row.kind] ?? KINDS[0];
    return [
      <Time key="t" ms={row.created} />, <Link key="w" className="strong" href={toOperation(row.name)}>{label}: <Foreign text={targetWords(row.target)} /></Link>,
      ...(allTenants ? [<Foreign key="n" text={row.tenant} />] : []), <Foreign key="b" text={row.who} className="muted" />, <OperationChip key="s" state={row.state} />,
      row.done ? <span key="p" className="muted">{row.state === State.SUCCEEDED ? '' : percent(row.progress, 1)}</span> : <span key="p" className="prog"><ProgressBar value={row.progress} label={`Progress of ${label} ${targetWords(row.target)}`} /><span className="num">{percent(row.progress, 1)}</span></span>,
      <span key="h" className="num">{count(row.processed)}</span>,
      <span key="a" className="num">{sends(row.kind) ? count(row.delivered) : '–'}</span>,
      <span key="f" className={`num${row.dead > 0n ? ' bad' : ''}`}>{sends(row.kind) ? count(row.dead) : '–'}</span>,
    ];
  };
  return (
    <>
      <FilterBar fields={FIELDS} aside={<span className="muted num" role="status">{count(rows.length)}{list.complete ? '' : '+'} loaded</span>} />
      <Refreshing on={list.loading && rows.length > 0} />
      {list.error ? <ErrorBox error={list.error} retry={list.reload} staleSince={rows.length > 0 ? list.updatedAt : undefined} /> : null}
      {rows.length > 0 ? <VirtualList label="Operations" columns={columns} rows={rows} keyOf={(row) => row.name} line={line} onNearEnd={list.more} />
        : list.loading ? <Loading rows={10} /> : list.error ? null : filter !== ''
          ? <Empty title="None match" action={<Button variant="default" onClick={() => change(clearFilters(FIELDS))}>Clear filters</Button>} />
          : <Empty title="Nothing was replayed yet">Replays, resends of many, and purges appear here while they run and for 7 days afterwards.</Empty>}
    </>
  );
}

/** Operations of all kinds, the newest first. */
export default function Replays() {
  const viewer = useViewer();
  const [, go] = useLocation();
  return (
    <div className="page full">
      <title>Replays · Carillon</title>
      <div className="head">
        <h1>Replays</h1>
        <span className="grow" />
        <Needs may={viewer.may('DeliveryService/ReplayEvents')}><Button onClick={() => go('/replays/new')}>Start a replay</Button></Needs>
      </div>
      {viewer.may('OperationService/ListOperations') ? <List /> : <NoRights role="reader" />}
    </div>
  );
}
