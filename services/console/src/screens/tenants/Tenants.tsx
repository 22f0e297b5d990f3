import { createClient } from '@connectrpc/connect';
import { useTransport } from '@connectrpc/connect-query';
import { Button, Select } from '@mantine/core';
import { IconEye } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { chooseTenant, useViewer } from '../../api/caller';
import { lastPart, prefixed } from '../../api/names';
import { Origin_Kind } from '../../gen/carillon/v1/resource_pb';
import type { Tenant } from '../../gen/carillon/v1/tenant_pb';
import { TenantService } from '../../gen/carillon/v1/tenant_service_pb';
import { count, millisOf } from '../../ui/format';
import { clearFilters, FilterBar, type FilterField, useAddress } from '../../ui/Filters';
import { usePaged } from '../../ui/paged';
import { Foreign, Time } from '../../ui/parts';
import { Empty, ErrorBox, Loading, Needs, NoRights, Refreshing } from '../../ui/status';
import { type Column, VirtualList } from '../../ui/VirtualList';
import { NewTenant } from './NewTenant';
import { TenantChip, toTenant } from './state';

const PAGE = 500;

interface Row {
  id: string;
  display: string;
  disabled: boolean;
  why: string;
  destinations: number;
  subscriptions: number;
  made: number | undefined;
  from: string;
}

const slim = (tenant: Tenant): Row => ({
  id: lastPart(tenant.name), display: tenant.displayName, disabled: tenant.disabled, why: tenant.disableReason, destinations: tenant.destinationCount,
  subscriptions: tenant.subscriptionCount, made: millisOf(tenant.createTime),
  from: tenant.origin?.kind === Origin_Kind.FILE ? 'file' : tenant.uid ? 'API' : 'its resources',
});

const FIELDS: FilterField[] = [{ id: 'origin', label: 'Defined by', choices: [{ value: 'API', label: 'the API' }, { value: 'FILE', label: 'the configuration file' }] }];
const SORTS = [{ value: 'name', label: 'Id' }, { value: 'display_name', label: 'Name' }, { value: 'create_time desc', label: 'Newest' }, { value: 'update_time desc', label: 'Changed last' }];

export function filterFor(params: URLSearchParams): string {
  const parts: string[] = [];
  const q = params.get('q')?.trim();
  // Beginnings: that is what the API's filters find.
  if (q) parts.push(`(name = ${prefixed(`tenants/${q}`)} OR display_name = ${prefixed(q)})`);
  const origin = params.get('origin');
  if (origin && /^[A-Z_]+$/.test(origin)) parts.push(`origin.kind = ${origin}`);
  return parts.join(' AND ');
}

const COLUMNS: Column[] = [
  { id: 'name', head: 'Tenant' }, { id: 'display', head: 'Name', secondary: true }, { id: 'chip', head: 'State' }, { id: 'reason', head: 'Why', secondary: true },
  { id: 'num', head: 'Destinations', className: 'r' }, { id: 'num2', head: 'Subscriptions', className: 'r', secondary: true }, { id: 'from', head: 'Defined by', secondary: true },
  { id: 'date', head: 'Made', secondary: true }, { id: 'as', head: <span className="vh">Look as it</span> },
];

export default function Tenants() {
  const viewer = useViewer();
  return viewer.may('TenantService/ListTenants') ? <List /> : <div className="page"><h1>Tenants</h1><NoRights role="operator" /></div>;
}

function List() {
  const viewer = useViewer();
  const [params, change] = useAddress();
  const [, go] = useLocation();
  const transport = useTransport();
  const client = useMemo(() => createClient(TenantService, transport), [transport]);
  const [total, setTotal] = useState<number>();
  const [making, setMaking] = useState(false);
  const filter = filterFor(params);
  const sort = SORTS.find(({ value }) => value === params.get('sort'))?.value ?? 'name';
  const list = usePaged<Row>(`${filter}|${sort}`, async (pageToken, signal) => {
    const page = await client.listTenants({ filter, orderBy: sort, pageSize: PAGE, pageToken }, { signal });
    setTotal(page.totalSize);
    return { rows: page.tenants.map(slim), next: page.nextPageToken };
  });
  const lookAs = (id: string) => { chooseTenant(id); go('/'); };
  const line = (row: Row) => [
    <Link key="n" href={toTenant(row.id)} className="strong"><Foreign text={row.id} /></Link>, <Foreign key="d" text={row.display} />, <TenantChip key="s" disabled={row.disabled} />,
    <Foreign key="w" text={row.disabled ? row.why : ''} className="muted" />, <span key="c" className="num">{count(row.destinations)}</span>, <span key="u" className="num">{count(row.subscriptions)}</span>,
    <span key="f" className="muted">{row.from}</span>, <Time key="m" ms={row.made} form="date" />,
    <Button key="a" size="compact-xs" variant="subtle" leftSection={<IconEye size={13} aria-hidden />} aria-label={`Look as ${row.id}`} onClick={() => lookAs(row.id)}>Look as</Button>,
  ];
  const create = <Needs may={viewer.may('TenantService/CreateTenant')} role="operator"><Button variant="default" onClick={() => setMaking(true)}>New tenant…</Button></Needs>;
  return (
    <div className="page full">
      <title>Tenants · Carillon</title>
      <div className="head"><h1>Tenants</h1><span className="grow" /><Select aria-label="Order" data={SORTS} value={sort} allowDeselect={false} w={140} onChange={(value) => change({ sort: value === 'name' ? undefined : value ?? undefined })} />{create}</div>
      <FilterBar fields={FIELDS} search={{ id: 'q', label: 'Begins with' }} aside={<span className="muted num" role="status">{total === undefined ? ' ' : `${count(total)} in all`}</span>} />
      <Refreshing on={list.loading && list.rows.length > 0} />
      {list.error ? <ErrorBox error={list.error} retry={list.reload} staleSince={list.rows.length > 0 ? list.updatedAt : undefined} /> : null}
      {list.rows.length > 0 ? <VirtualList label="Tenants" columns={COLUMNS} rows={list.rows} keyOf={(row) => row.id} line={line} onNearEnd={list.more} total={total} />
        : list.loading ? <Loading rows={12} /> : list.error ? null : filter
          ? <Empty title="No tenants match" action={<Button variant="default" onClick={() => change(clearFilters(FIELDS, 'q'))}>Clear filters</Button>} />
          : <Empty title="There is no tenant yet" action={create}>A tenant owns destinations. It is there as soon as it has one, or when you make it.</Empty>}
      {making ? <NewTenant onClose={() => setMaking(false)} onDone={(id) => go(toTenant(id))} /> : null}
    </div>
  );
}
