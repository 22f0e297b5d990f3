import { createClient } from '@connectrpc/connect';
import { useTransport } from '@connectrpc/connect-query';
import { Button } from '@mantine/core';
import { useMemo, useState } from 'react';
import { Link } from 'wouter';
import { useViewer } from '../../api/caller';
import { AuditService } from '../../gen/carillon/v1/audit_service_pb';
import { clearFilters, FilterBar, useAddress } from '../../ui/Filters';
import { count } from '../../ui/format';
import { usePaged } from '../../ui/paged';
import { Chip, Foreign, Time } from '../../ui/parts';
import { Empty, ErrorBox, Loading, NoRights, Refreshing } from '../../ui/status';
import { type Column, VirtualList } from '../../ui/VirtualList';
import { Entry } from './Entry';
import { FIELDS, filterFor, LINKED, linkedFields, type Row, slim } from './query';

const PAGE = 500;

export default function Audit() {
  const viewer = useViewer();
  return viewer.may('AuditService/ListAuditEntries') ? <List /> : <div className="page"><h1>Audit</h1><NoRights role="tenant administrator" /></div>;
}

function List() {
  const viewer = useViewer();
  const [params, change] = useAddress();
  const transport = useTransport();
  const client = useMemo(() => createClient(AuditService, transport), [transport]);
  // Until when a span reaches stays while nothing else is asked.
  const [now] = useState(Date.now);
  const filter = filterFor(params, now);
  const within = params.get('in');
  const parent = within && viewer.tenant === undefined ? `tenants/${within}` : viewer.tenant === undefined ? '' : viewer.parent;
  const list = usePaged<Row>(`${parent}|${filter}`, async (pageToken, signal) => {
    const page = await client.listAuditEntries({ parent, filter, pageSize: PAGE, pageToken }, { signal });
    return { rows: page.auditEntries.map(slim), next: page.nextPageToken };
  });
  const all = parent === '';
  const columns: Column[] = [
    { id: 'when', head: 'When' }, { id: 'what', head: 'What' }, { id: 'who', head: 'Who', secondary: true }, { id: 'role', head: 'Role', secondary: true },
    ...(all ? [{ id: 'tenant', head: 'Tenant', secondary: true }] : []), { id: 'addr', head: 'From', secondary: true }, { id: 'result', head: 'Result' },
  ];
  const here = (entry: string) => {
    const next = new URLSearchParams(params);
    next.set('entry', entry);
    return `/audit?${next}`;
  };
  const line = (row: Row) => {
    const cells = [
      <Time key="t" ms={row.at} />, <Link key="w" href={here(row.name)} className="strong"><Foreign text={row.words} /></Link>, <Foreign key="o" text={row.who} />, <span key="r" className="muted">{row.role}</span>,
      <Foreign key="n" text={row.tenant} />, <Foreign key="f" text={row.from} className="mono muted" />, row.refused ? <Chip key="c" tone="bad"><Foreign text={row.refused} /></Chip> : <span key="c" className="muted">done</span>,
    ];
    if (!all) cells.splice(4, 1);
    return cells;
  };
  const entry = params.get('entry');
  const fields = [...FIELDS, ...linkedFields(params)];
  const wider = params.get('span') !== null || params.get('from') !== null;
  return (
    <div className="page full">
      <title>Audit · Carillon</title>
      <div className="head"><div className="min0"><h1>Audit</h1><p className="sub">Who changed what by the API, and what was refused. Nobody changes this log.</p></div></div>
      <FilterBar fields={fields} search={{ id: 'q', label: 'Who, resource, reason or address' }} aside={<span className="muted num" role="status">{count(list.rows.length)}{list.complete ? '' : '+'} loaded</span>} />
      <Refreshing on={list.loading && list.rows.length > 0} />
      {list.error ? <ErrorBox error={list.error} retry={list.reload} staleSince={list.rows.length > 0 ? list.updatedAt : undefined} /> : null}
      {list.rows.length > 0 ? <VirtualList label="Audit entries" columns={columns} rows={list.rows} keyOf={(row) => row.name} line={line} onNearEnd={list.more} />
        : list.loading ? <Loading rows={14} /> : list.error ? null : !list.complete ? <Empty title="Nothing found so far" action={<Button variant="default" onClick={list.more}>Look further back</Button>}>The log was looked through up to a bound.</Empty>
          : filter !== '' || within ? <Empty title="No entries match" action={<Button variant="default" onClick={() => change(clearFilters(FIELDS, ...LINKED))}>Clear filters</Button>}>{wider ? 'A wider range of time may have some.' : ''}</Empty>
            : <Empty title="Nothing was changed yet">What is made, changed and deleted by the API appears here. What the configuration file says does not.</Empty>}
      {entry ? <Entry name={entry} onClose={() => change({ entry: undefined })} /> : null}
    </div>
  );
}
