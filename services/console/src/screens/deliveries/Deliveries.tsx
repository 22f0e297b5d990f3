import { createClient } from '@connectrpc/connect';
import { useTransport } from '@connectrpc/connect-query';
import { Button, Switch } from '@mantine/core';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Link } from 'wouter';
import { useViewer } from '../../api/caller';
import { toDelivery } from '../../api/names';
import { DeliveryService } from '../../gen/carillon/v1/delivery_service_pb';
import { Outcome } from '../../gen/carillon/v1/destination_pb';
import { count, took } from '../../ui/format';
import { clearFilters, FilterBar, linkedFields, useAddress } from '../../ui/Filters';
import { usePaged } from '../../ui/paged';
import { DeliveryChip, Foreign, OutcomeChip, Time } from '../../ui/parts';
import { Empty, ErrorBox, Loading, Needs, Refreshing } from '../../ui/status';
import { type Column, VirtualList } from '../../ui/VirtualList';
import { FIELDS, filterFor, LINKED, parentFor, type Row, slim } from './query';
import { ResendDialog } from './ResendDialog';
import { useLive } from './live';

const PAGE = 500;
const MINUTE = 60_000;

const COLUMNS: Column[] = [
  { id: 'pick', head: <span className="vh">Select</span> }, { id: 'time', head: 'Last attempt' }, { id: 'type', head: 'Event type' },
  { id: 'to', head: 'Destination', secondary: true }, { id: 'state', head: 'Delivery' }, { id: 'outcome', head: 'Last outcome', secondary: true },
  { id: 'n', head: 'Attempts', secondary: true, className: 'r' },
  { id: 'took', head: <span title="From its acceptance until it arrived or was given up">Took</span>, secondary: true, className: 'r' },
];

const LINKED_WORDS = { from: 'From', to: 'Until', destination: 'Destination', 'to-tenant': 'Tenant', type: 'Event type', filter: 'Filter' };

export default function Deliveries() {
  const viewer = useViewer();
  const [params, change] = useAddress();
  const client = createClient(DeliveryService, useTransport());
  const [picked, setPicked] = useState<ReadonlyMap<string, Row>>(new Map());
  const [asking, setAsking] = useState<'picked' | 'all'>();
  const [atTop, setAtTop] = useState(true);
  const opened = useRef(Math.ceil(Date.now() / MINUTE) * MINUTE);
  const filter = filterFor(params, opened.current);
  const parent = parentFor(params, viewer.parent);
  const key = `${parent}|${filter}`;
  const clientRef = useRef(client);
  clientRef.current = client;
  const list = usePaged<Row>(key, async (pageToken, signal) => {
    const page = await clientRef.current.listDeliveries({ parent, filter, pageSize: PAGE, pageToken }, { signal });
    return { rows: page.deliveries.map(slim), next: page.nextPageToken };
  });
  const live = params.get('live') === '1';
  const fresh = useLive(live, key, useCallback(async () => {
    const page = await clientRef.current.listDeliveries({ parent, filter, pageSize: 50 });
    return page.deliveries.map(slim);
  }, [parent, filter]));
  const shownFresh = useRef<Row[]>([]);
  if (atTop || fresh.length === 0) shownFresh.current = fresh;
  const rows = useMemo(() => {
    if (shownFresh.current.length === 0) return list.rows;
    const names = new Set(shownFresh.current.map((row) => row.name));
    return [...shownFresh.current, ...list.rows.filter((row) => !names.has(row.name))];
  }, [list.rows, shownFresh.current]);
  const unseen = atTop ? 0 : fresh.filter((row) => !shownFresh.current.some((shown) => shown.name === row.name && shown.last === row.last)).length;
  useEffect(() => setPicked(new Map()), [key]);
  const pick = useCallback((these: readonly Row[], on: boolean) => setPicked((old) => {
    const next = new Map(old);
    for (const row of these) {
      if (on) next.set(row.name, row);
      else next.delete(row.name);
    }
    return next;
  }), []);
  const pickRange = useCallback((these: readonly Row[]) => pick(these, true), [pick]);
  const allTenants = viewer.tenant === undefined;
  const search = `?in=${encodeURIComponent(params.toString())}`;
  const line = useCallback((row: Row) => [
    <input key="p" type="checkbox" aria-label={`Select ${row.type} to ${row.destination}`} checked={picked.has(row.name)} onChange={(event) => pick([row], event.currentTarget.checked)} />,
    <Time key="t" ms={row.last ?? row.accepted} form="millis" />,
    <Link key="y" className="mono" href={toDelivery(row.name, search)}><Foreign text={row.type} /></Link>,
    <span key="d"><Foreign text={row.destination} />{allTenants ? <> <Foreign text={row.tenant} className="muted" /></> : null}</span>,
    <DeliveryChip key="s" state={row.state} />,
    row.outcome === Outcome.SUCCESS ? <span key="o" className="muted num">{row.status || 'Delivered'}</span> : <OutcomeChip key="o" outcome={row.outcome} status={row.status} />,
    <span key="n" className="num">{count(row.attempts)}</span>, <span key="k" className="num muted">{row.took === undefined ? '–' : took(row.took)}</span>,
  ], [picked, pick, allTenants, search]);
  const may = viewer.may('DeliveryService/ResendDeliveries');
  const fields = [...FIELDS, ...linkedFields(params, LINKED_WORDS)];
  const filtered = filter !== '' || params.get('destination') !== null;
  return (
    <div className="page full">
      <title>Deliveries · Carillon</title>
      <div className="head">
        <h1>Deliveries</h1><span className="grow" />
        <Switch label="Live" data-key="t" aria-keyshortcuts="t" checked={live} onChange={(event) => change({ live: event.currentTarget.checked ? '1' : undefined })} />
        {picked.size > 0
          ? <Needs may={viewer.may('DeliveryService/ResendDelivery')}><Button onClick={() => setAsking('picked')}>Resend {count(picked.size)}…</Button></Needs>
          : <Needs may={may}><Button variant="default" disabled={rows.length === 0} onClick={() => setAsking('all')}>Resend all that match…</Button></Needs>}
      </div>
      <FilterBar fields={fields} search={{ id: 'q', label: 'Event id or type' }}
        aside={<span className="muted num" role="status">{unseen > 0 ? `${count(unseen)} new · ` : ''}{count(rows.length)}{list.complete ? '' : '+'} loaded</span>} />
      <Refreshing on={list.loading && rows.length > 0} />
      {list.error ? <ErrorBox error={list.error} retry={list.reload} staleSince={rows.length > 0 ? list.updatedAt : undefined} /> : null}
      {rows.length > 0 ? <VirtualList label="Deliveries" columns={COLUMNS} rows={rows} keyOf={(row) => row.name} line={line} onNearEnd={list.more} onPickRange={pickRange} atTop={setAtTop} />
        : list.loading ? <Loading rows={14} /> : list.error ? null : !list.complete ? <Empty title="Nothing found so far" action={<Button variant="default" onClick={list.more}>Look further back</Button>}>The log was looked through up to a bound.</Empty>
          : filtered ? <Empty title="No deliveries match" action={<Button variant="default" onClick={() => change(clearFilters(FIELDS, ...LINKED))}>Clear filters</Button>}>{params.get('span') ? 'A wider range of time may have some.' : ''}</Empty>
            : <Empty title="No deliveries yet">What is sent, and what came of it, appears here.</Empty>}
      {asking ? <ResendDialog what={asking} picked={[...picked.values()]} parent={parent} filter={filter} onClose={() => setAsking(undefined)} onDone={() => { setPicked(new Map()); list.reload(); }} /> : null}
    </div>
  );
}
