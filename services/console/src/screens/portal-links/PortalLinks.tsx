import { createClient } from '@connectrpc/connect';
import { useMutation, useTransport } from '@connectrpc/connect-query';
import { Button } from '@mantine/core';
import { useMemo, useState } from 'react';
import { roleWords, useViewer } from '../../api/caller';
import { newRequestId } from '../../api/client';
import { lastPart, tenantOf } from '../../api/names';
import { type PortalSession, PortalService } from '../../gen/carillon/v1/portal_service_pb';
import { count, millisOf } from '../../ui/format';
import { Confirm } from '../../ui/Dialog';
import { clearFilters, FilterBar, type FilterField, useAddress } from '../../ui/Filters';
import { useFound } from '../../ui/found';
import { useNow } from '../../ui/now';
import { usePaged } from '../../ui/paged';
import { Chip, Foreign, Time } from '../../ui/parts';
import { Empty, ErrorBox, Loading, Needs, NoRights, Refreshing } from '../../ui/status';
import { type Column, VirtualList } from '../../ui/VirtualList';
import { NewLink, NewPortalLink } from './NewPortalLink';
import { linkState, type Times } from './state';

const PAGE = 500;
const wordsOf = (row: Row) => `${row.subject} ${row.tenant} ${row.name}`;

interface Row extends Times {
  name: string;
  subject: string;
  tenant: string;
  role: string;
  etag: string;
}

const slim = (session: PortalSession): Row => ({
  name: session.name, subject: session.subject, tenant: tenantOf(session.name), role: roleWords(session.role), made: millisOf(session.createTime), opened: millisOf(session.openTime),
  end: millisOf(session.expireTime), etag: session.etag,
});

const FIELDS: FilterField[] = [
  { id: 'opened', label: 'Opened', choices: [{ value: 'yes', label: 'yes' }, { value: 'no', label: 'not' }] },
  { id: 'role', label: 'Role', choices: [{ value: 'ROLE_TENANT_ADMIN', label: 'tenant administrator' }, { value: 'ROLE_READER', label: 'reader' }] },
];

export function filterFor(params: URLSearchParams): string {
  const parts: string[] = [];
  const opened = params.get('opened');
  if (opened === 'yes') parts.push('open_time:*');
  else if (opened === 'no') parts.push('NOT open_time:*');
  const role = params.get('role');
  if (role && /^ROLE_[A-Z_]+$/.test(role)) parts.push(`role = ${role}`);
  return parts.join(' AND ');
}

export function LinkChip({ of }: { of: Times }) {
  const { tone, label } = linkState(of, useNow());
  return <Chip tone={tone}>{label}</Chip>;
}

function EndNow({ row, onClose, onDone }: { row: Row; onClose: () => void; onDone: () => void }) {
  const [requestId] = useState(newRequestId);
  const remove = useMutation(PortalService.method.deletePortalSession, { onSuccess: onDone });
  return (
    <Confirm title="End it now?" act="End it now" danger busy={remove.isPending} error={remove.error} onClose={onClose} onAct={() => remove.mutate({ name: row.name, etag: row.etag, requestId })}>
      <p className="mt0">{row.opened ? <>The next click of <b><Foreign text={row.subject || 'its user'} /></b> is refused.</> : 'Its link cannot be opened any more.'} What they did stays done.</p>
    </Confirm>
  );
}

export default function PortalLinks() {
  const viewer = useViewer();
  return viewer.may('PortalService/ListPortalSessions') ? <List /> : <div className="page"><h1>Portal links</h1><NoRights role="tenant administrator" /></div>;
}

function List() {
  const viewer = useViewer();
  const [params, change] = useAddress();
  const transport = useTransport();
  const client = useMemo(() => createClient(PortalService, transport), [transport]);
  const [total, setTotal] = useState<number>();
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<PortalSession>();
  const [ending, setEnding] = useState<Row>();
  const filter = filterFor(params);
  const { parent } = viewer;
  const list = usePaged<Row>(`${parent}|${filter}`, async (pageToken, signal) => {
    const page = await client.listPortalSessions({ parent, filter, orderBy: 'create_time desc', pageSize: PAGE, pageToken }, { signal });
    setTotal(page.totalSize);
    return { rows: page.portalSessions.map(slim), next: page.nextPageToken };
  });
  const text = params.get('q') ?? '';
  const rows = useFound(list, text, wordsOf);
  const may = (method: string) => viewer.may(`PortalService/${method}`);
  const all = viewer.tenant === undefined;
  const columns: Column[] = [
    { id: 'name', head: 'For' }, ...(all ? [{ id: 'tenant', head: 'Tenant', secondary: true }] : []), { id: 'role', head: 'Role', secondary: true }, { id: 'opened', head: 'State' },
    { id: 'success', head: 'Made', secondary: true }, { id: 'used', head: 'Opened', secondary: true }, { id: 'end', head: 'Ends', secondary: true }, { id: 'as', head: <span className="vh">End it</span> },
  ];
  const line = (row: Row) => {
    const cells = [
      <span key="n" className="strong">{row.subject ? <Foreign text={row.subject} /> : <span className="muted mono">{lastPart(row.name).slice(0, 8)}</span>}</span>, <Foreign key="t" text={row.tenant} />, <span key="r">{row.role}</span>,
      <LinkChip key="s" of={row} />, <Time key="m" ms={row.made} />, <Time key="o" ms={row.opened} />, <Time key="e" ms={row.end} />,
      <Needs key="a" may={may('DeletePortalSession')}><Button size="compact-xs" variant="default" aria-label={`End ${row.subject || lastPart(row.name)} now`} onClick={() => setEnding(row)}>End…</Button></Needs>,
    ];
    if (!all) cells.splice(1, 1);
    return cells;
  };
  const create = <Needs may={may('CreatePortalSession')}><Button variant="default" onClick={() => setMaking(true)}>New portal link…</Button></Needs>;
  return (
    <div className="page full">
      <title>Portal links · Carillon</title>
      <div className="head"><h1>Portal links</h1><span className="grow" />{create}</div>
      <FilterBar fields={FIELDS} search={{ id: 'q', label: 'For whom, or tenant' }} aside={<span className="muted num" role="status">{total === undefined ? ' ' : `${count(total)} in all`}</span>} />
      <Refreshing on={list.loading && list.rows.length > 0} />
      {list.error ? <ErrorBox error={list.error} retry={list.reload} staleSince={list.rows.length > 0 ? list.updatedAt : undefined} /> : null}
      {rows.length > 0 ? <VirtualList label="Portal links" columns={columns} rows={rows} keyOf={(row) => row.name} line={line} onNearEnd={list.more} total={text ? undefined : total} />
        : list.loading ? <Loading rows={12} /> : list.error ? null : filter || text
          ? <Empty title="No portal links match" action={<Button variant="default" onClick={() => change(clearFilters(FIELDS, 'q'))}>Clear filters</Button>} />
          : <Empty title="There is no portal link" action={create}>A link lets one of a tenant’s users look at its webhooks for a while, without an account.</Empty>}
      {making ? <NewPortalLink onClose={() => setMaking(false)} onDone={(session) => { setMaking(false); setMade(session); list.reload(); }} /> : null}
      {made ? <NewLink made={made} onClose={() => setMade(undefined)} /> : null}
      {ending ? <EndNow row={ending} onClose={() => setEnding(undefined)} onDone={() => { setEnding(undefined); list.reload(); }} /> : null}
    </div>
  );
}
