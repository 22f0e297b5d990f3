import { createClient } from '@connectrpc/connect';
import { useMutation, useTransport } from '@connectrpc/connect-query';
import { Button } from '@mantine/core';
import { useMemo, useState } from 'react';
import { roleWords, useViewer } from '../../api/caller';
import { newRequestId } from '../../api/client';
import { lastPart, tenantOf } from '../../api/names';
import { type Token, TokenService } from '../../gen/carillon/v1/access_service_pb';
import { count, millisOf } from '../../ui/format';
import { Confirm } from '../../ui/Dialog';
import { type EndState, endState } from '../../ui/ends';
import { clearFilters, FilterBar, type FilterField, useAddress } from '../../ui/Filters';
import { useFound } from '../../ui/found';
import { useNow } from '../../ui/now';
import type { Tone } from '../../ui/outcomes';
import { usePaged } from '../../ui/paged';
import { Chip, Foreign, Kv, Time } from '../../ui/parts';
import { Empty, ErrorBox, Loading, Needs, NoRights, Refreshing } from '../../ui/status';
import { type Column, VirtualList } from '../../ui/VirtualList';
import { NewSecret, NewToken } from './NewToken';

const PAGE = 500;
const SHOWN = 3;
const wordsOf = (row: Row) => `${row.id} ${row.display} ${row.tenants} ${row.types}`;

interface Row {
  name: string;
  id: string;
  display: string;
  role: string;
  tenants: string;
  types: string;
  end: number | undefined;
  used: number | undefined;
  made: number | undefined;
  etag: string;
}

const some = (all: string[]) => (all.length > SHOWN ? `${all.slice(0, SHOWN).join(', ')} and ${count(all.length - SHOWN)} more` : all.join(', '));

function slim(token: Token): Row {
  const own = tenantOf(token.name);
  return {
    name: token.name, id: lastPart(token.name), display: token.displayName, role: roleWords(token.role), tenants: own || some(token.tenants) || 'all', types: some(token.eventTypes),
    end: millisOf(token.expireTime), used: millisOf(token.lastUseTime), made: millisOf(token.createTime), etag: token.etag,
  };
}

const FIELDS: FilterField[] = [{
  id: 'role', label: 'Role',
  choices: [{ value: 'ROLE_OPERATOR', label: 'operator' }, { value: 'ROLE_TENANT_ADMIN', label: 'tenant administrator' }, { value: 'ROLE_READER', label: 'reader' }, { value: 'ROLE_PUBLISHER', label: 'publisher' }],
}];

export function filterFor(params: URLSearchParams): string {
  const parts: string[] = [];
  const role = params.get('role');
  if (role && /^ROLE_[A-Z_]+$/.test(role)) parts.push(`role = ${role}`);
  return parts.join(' AND ');
}

const END_CHIPS: Record<EndState, [Tone, string]> = { never: ['own', 'never ends'], good: ['ok', 'good'], soon: ['slow', 'ends soon'], over: ['own', 'ended'] };

export function EndChip({ ms }: { ms: number | undefined }) {
  const [tone, label] = END_CHIPS[endState(ms, useNow())];
  return <Chip tone={tone}>{label}</Chip>;
}

const COLUMNS: Column[] = [
  { id: 'name', head: 'Token' }, { id: 'display', head: 'Name', secondary: true }, { id: 'role', head: 'Role' }, { id: 'tenant', head: 'Tenants', secondary: true },
  { id: 'types', head: 'Event types', secondary: true }, { id: 'used', head: 'Last used', secondary: true }, { id: 'end', head: 'Ends', secondary: true }, { id: 'chip', head: <span className="vh">State</span> }, { id: 'as', head: <span className="vh">Revoke</span> },
];

function Revoke({ row, onClose, onDone }: { row: Row; onClose: () => void; onDone: () => void }) {
  const [requestId] = useState(newRequestId);
  const remove = useMutation(TokenService.method.deleteToken, { onSuccess: onDone });
  return (
    <Confirm title={`Revoke ${row.id}?`} act={`Revoke ${row.id}`} danger busy={remove.isPending} error={remove.error} onClose={onClose} onAct={() => remove.mutate({ name: row.name, etag: row.etag, requestId })}>
      <p className="mt0">The next call with it is refused. Whoever uses it has to get another one.</p>
      <Kv rows={[['Role', row.role], ['Tenants', <Foreign key="t" text={row.tenants} />], ['Last used', row.used ? <Time key="u" ms={row.used} form="full" /> : 'not since the server started']]} />
    </Confirm>
  );
}

export default function Tokens() {
  const viewer = useViewer();
  return viewer.may('TokenService/ListTokens') ? <List /> : <div className="page"><h1>Tokens</h1><NoRights role="tenant administrator" /></div>;
}

function List() {
  const viewer = useViewer();
  const [params, change] = useAddress();
  const transport = useTransport();
  const client = useMemo(() => createClient(TokenService, transport), [transport]);
  const [total, setTotal] = useState<number>();
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<Token>();
  const [revoking, setRevoking] = useState<Row>();
  const filter = filterFor(params);
  // Those of no tenant come first, where all are looked at.
  const parents = viewer.tenant === undefined ? ['', 'tenants/-'] : [viewer.parent];
  const list = usePaged<Row>(`${parents.join('|')}|${filter}`, async (place, signal) => {
    const [, at = '0', pageToken = ''] = /^(\d):(.*)$/s.exec(place) ?? [];
    let which = Number(at);
    let page = await client.listTokens({ parent: parents[which]!, filter, pageSize: PAGE, pageToken }, { signal });
    let all = pageToken ? undefined : page.totalSize;
    if (page.tokens.length === 0 && !page.nextPageToken && which + 1 < parents.length) {
      which += 1;
      page = await client.listTokens({ parent: parents[which]!, filter, pageSize: PAGE }, { signal });
      all = (all ?? 0) + page.totalSize;
    }
    if (all !== undefined) setTotal((before) => (at === '0' ? all : (before ?? 0) + all));
    return { rows: page.tokens.map(slim), next: page.nextPageToken ? `${which}:${page.nextPageToken}` : which + 1 < parents.length ? `${which + 1}:` : '' };
  });
  const text = params.get('q') ?? '';
  const rows = useFound(list, text, wordsOf);
  const may = (method: string) => viewer.may(`TokenService/${method}`);
  const line = (row: Row) => [
    <span key="n" className="strong"><Foreign text={row.id} /></span>, <Foreign key="d" text={row.display} />, <span key="r">{row.role}</span>, <Foreign key="t" text={row.tenants} />,
    row.types ? <Foreign key="y" text={row.types} className="mono" /> : <span key="y" className="muted">all</span>, <Time key="u" ms={row.used} />,
    <span key="e">{endState(row.end, 0) === 'never' ? <span className="muted">never</span> : <Time ms={row.end} form="date" />}</span>, <EndChip key="c" ms={row.end} />,
    <Needs key="a" may={may('DeleteToken')}><Button size="compact-xs" variant="default" aria-label={`Revoke ${row.id}`} onClick={() => setRevoking(row)}>Revoke…</Button></Needs>,
  ];
  const create = <Needs may={may('CreateToken')}><Button variant="default" onClick={() => setMaking(true)}>New token…</Button></Needs>;
  return (
    <div className="page full">
      <title>Tokens · Carillon</title>
      <div className="head"><div className="min0"><h1>Tokens</h1><p className="sub">Those that the API has made. Tokens of the configuration file (<code>access.tokens</code>) are not among them.</p></div><span className="grow" />{create}</div>
      <FilterBar fields={FIELDS} search={{ id: 'q', label: 'Id, name or tenant' }} aside={<span className="muted num" role="status">{total === undefined ? ' ' : `${count(total)} in all`}</span>} />
      <Refreshing on={list.loading && list.rows.length > 0} />
      {list.error ? <ErrorBox error={list.error} retry={list.reload} staleSince={list.rows.length > 0 ? list.updatedAt : undefined} /> : null}
      {rows.length > 0 ? <VirtualList label="Tokens" columns={COLUMNS} rows={rows} keyOf={(row) => row.name} line={line} onNearEnd={list.more} total={text ? undefined : total} />
        : list.loading ? <Loading rows={12} /> : list.error ? null : filter || text
          ? <Empty title="No tokens match" action={<Button variant="default" onClick={() => change(clearFilters(FIELDS, 'q'))}>Clear filters</Button>} />
          : <Empty title="There is no token yet" action={create}>A token lets a program publish events or call the API. Give each program its own, with an end.</Empty>}
      {making ? <NewToken onClose={() => setMaking(false)} onDone={(token) => { setMaking(false); setMade(token); list.reload(); }} /> : null}
      {made ? <NewSecret made={made} onClose={() => setMade(undefined)} /> : null}
      {revoking ? <Revoke row={revoking} onClose={() => setRevoking(undefined)} onDone={() => { setRevoking(undefined); list.reload(); }} /> : null}
    </div>
  );
}
