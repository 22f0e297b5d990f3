import { createClient } from '@connectrpc/connect';
import { useTransport } from '@connectrpc/connect-query';
import { Button, SegmentedControl } from '@mantine/core';
import { IconLock } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { Link } from 'wouter';
import { useViewer } from '../../api/caller';
import { lastPart, quoted, tenantOf, toSubscription } from '../../api/names';
import type { Subscription } from '../../gen/carillon/v1/destination_pb';
import { Origin_Kind } from '../../gen/carillon/v1/resource_pb';
import { SubscriptionService } from '../../gen/carillon/v1/subscription_service_pb';
import { clearFilters, FilterBar, type FilterField, useAddress } from '../../ui/Filters';
import { filterWords } from '../../ui/filterWords';
import { count } from '../../ui/format';
import { NewWebhook } from '../../ui/NewWebhook';
import { usePaged } from '../../ui/paged';
import { Chip, Foreign } from '../../ui/parts';
import { Empty, ErrorBox, Loading, NoRights, Refreshing } from '../../ui/status';
import { type Column, VirtualList } from '../../ui/VirtualList';
import { Matrix } from './Matrix';
import './subscriptions.css';

const PAGE = 500;
const SHOWN = 300;

interface Row {
  name: string;
  tenant: string;
  label: string;
  types: string;
  to: string;
  where: string;
  disabled: boolean;
  fixed: boolean;
}

/** Few of many, since a row has no room for more. */
const few = (names: readonly string[]): string => names.slice(0, 4).map(lastPart).join(', ') + (names.length > 4 ? ` and ${count(names.length - 4)} more` : '');

export const slim = (each: Subscription): Row => ({
  name: each.name, tenant: tenantOf(each.name), label: each.displayName || lastPart(each.name), types: few(each.types), to: few(each.destinations),
  where: each.filter ? filterWords(each.filter).slice(0, SHOWN) : '', disabled: each.disabled, fixed: each.origin !== undefined && each.origin.kind !== Origin_Kind.API,
});

const FIELDS: FilterField[] = [{ id: 'state', label: 'State', choices: [{ value: 'on', label: 'In force' }, { value: 'off', label: 'Disabled' }] }];

export function filterFor(params: URLSearchParams): string {
  const q = params.get('q')?.trim();
  const state = params.get('state');
  return [
    ...(q ? [`(name:${quoted(q)} OR display_name:${quoted(q)} OR types:${quoted(q)} OR destinations:${quoted(q)})`] : []),
    ...(state === 'on' ? ['disabled = false'] : state === 'off' ? ['disabled = true'] : []),
  ].join(' AND ');
}

function List() {
  const viewer = useViewer();
  const [params, change] = useAddress();
  const transport = useTransport();
  const client = useMemo(() => createClient(SubscriptionService, transport), [transport]);
  const [total, setTotal] = useState<number>();
  const filter = filterFor(params);
  const { parent } = viewer;
  const list = usePaged<Row>(`${parent}|${filter}`, async (pageToken, signal) => {
    const page = await client.listSubscriptions({ parent, filter, pageSize: PAGE, pageToken }, { signal });
    setTotal(page.totalSize);
    return { rows: page.subscriptions.map(slim), next: page.nextPageToken };
  });
  const allTenants = viewer.tenant === undefined;
  const columns: Column[] = [
    { id: 'name', head: 'Subscription' }, ...(allTenants ? [{ id: 'tenant', head: 'Tenant', secondary: true }] : []), { id: 'type', head: 'Event types' },
    { id: 'to', head: 'Destinations' }, { id: 'why', head: 'Only where', secondary: true }, { id: 'sstate', head: 'State', secondary: true },
  ];
  const line = (row: Row) => [
    <Link key="n" className="strong" href={toSubscription(row.name)} title={lastPart(row.name)}><Foreign text={row.label} /></Link>, ...(allTenants ? [<Foreign key="t" text={row.tenant} />] : []),
    <Foreign key="y" text={row.types} className="mono" />, <Foreign key="d" text={row.to} />, row.where ? <Foreign key="w" text={row.where} className="muted" /> : <span key="w" className="muted">every event</span>,
    <span key="s" className="row">{row.disabled ? <Chip tone="own">Disabled</Chip> : <Chip tone="ok">In force</Chip>}{row.fixed ? <IconLock size={13} aria-label="Read-only: it comes from the configuration file" role="img" /> : null}</span>,
  ];
  const { rows } = list;
  return (
    <>
      <FilterBar fields={FIELDS} search={{ id: 'q', label: 'Name, type or destination' }} aside={<span className="muted num" role="status">{total === undefined ? ' ' : `${count(total)} in all`}</span>} />
      <Refreshing on={list.loading && rows.length > 0} />
      {list.error ? <ErrorBox error={list.error} retry={list.reload} staleSince={rows.length > 0 ? list.updatedAt : undefined} /> : null}
      {rows.length > 0 ? <VirtualList label="Subscriptions" columns={columns} rows={rows} keyOf={(row) => row.name} line={line} onNearEnd={list.more} total={total} />
        : list.loading ? <Loading rows={12} /> : list.error ? null : filter !== ''
          ? <Empty title="No subscriptions match" action={<Button variant="default" onClick={() => change(clearFilters(FIELDS, 'q'))}>Clear filters</Button>}>None is called so or leads there.</Empty>
          : <Empty title="Nobody listens yet" action={<NewWebhook />}>Events are kept for a while; then what was missed can be replayed.</Empty>}
    </>
  );
}

/** Who gets what: a list, or a table where both are few. */
export default function Subscriptions() {
  const viewer = useViewer();
  const [params, change] = useAddress();
  const table = params.get('view') === 'table';
  return (
    <div className={`page${table ? '' : ' full'}`}>
      <title>Subscriptions · Carillon</title>
      <div className="head"><h1>Subscriptions</h1><span className="grow" /><SegmentedControl aria-label="How they are shown" value={table ? 'table' : 'list'} data={[{ value: 'list', label: 'List' }, { value: 'table', label: 'Who gets what' }]} onChange={(value) => change({ view: value === 'table' ? 'table' : undefined })} /></div>
      {!viewer.may('SubscriptionService/ListSubscriptions') ? <NoRights role="reader" /> : table ? <Matrix parent={viewer.parent} /> : <List />}
    </div>
  );
}
