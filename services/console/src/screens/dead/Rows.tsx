import { createClient } from '@connectrpc/connect';
import { useTransport } from '@connectrpc/connect-query';
import { Button } from '@mantine/core';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { Link } from 'wouter';
import { useViewer } from '../../api/caller';
import { toDelivery } from '../../api/names';
import { DeliveryService } from '../../gen/carillon/v1/delivery_service_pb';
import { count } from '../../ui/format';
import { usePaged } from '../../ui/paged';
import { Foreign, OutcomeChip, Time } from '../../ui/parts';
import { Empty, ErrorBox, Loading, Needs, Refreshing } from '../../ui/status';
import { type Column, VirtualList } from '../../ui/VirtualList';
import { type Row as Basic, slim } from '../deliveries/query';

const PAGE = 500;

interface Row extends Basic {
  why: string;
}

const COLUMNS: Column[] = [
  { id: 'pick', head: <span className="vh">Select</span> }, { id: 'time', head: 'Last attempt' }, { id: 'type', head: 'Event type' }, { id: 'outcome', head: 'Last outcome' },
  { id: 'why', head: 'Why', secondary: true }, { id: 'n', head: 'Attempts', secondary: true, className: 'r' }, { id: 'dtime', head: 'Accepted', secondary: true },
];

/** The dead letters of one destination; those that are selected are requeued by `onRequeue`. */
export function Rows({ parent, filter, turn, empty, onRequeue }: { parent: string; filter: string; turn: number; empty: React.ReactNode; onRequeue: (rows: Basic[]) => void }) {
  const viewer = useViewer();
  const transport = useTransport();
  const client = useMemo(() => createClient(DeliveryService, transport), [transport]);
  const [picked, setPicked] = useState<ReadonlyMap<string, Row>>(new Map());
  const key = `${parent}|${filter}|${turn}`;
  const list = usePaged<Row>(key, async (pageToken, signal) => {
    const page = await client.listDeliveries({ parent, filter, pageSize: PAGE, pageToken }, { signal });
    return { rows: page.deliveries.map((delivery) => ({ ...slim(delivery), why: delivery.message })), next: page.nextPageToken };
  });
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
  const { rows } = list;
  const line = (row: Row) => [
    <input key="p" type="checkbox" aria-label={`Select ${row.type}`} checked={picked.has(row.name)} onChange={(event) => pick([row], event.currentTarget.checked)} />,
    <Time key="t" ms={row.last} form="millis" />, <Link key="y" className="mono" href={toDelivery(row.name)}><Foreign text={row.type} /></Link>,
    <OutcomeChip key="o" outcome={row.outcome} status={row.status} />, <Foreign key="w" text={row.why} className="muted" />, <span key="n" className="num">{count(row.attempts)}</span>, <Time key="a" ms={row.accepted} />,
  ];
  return (
    <>
      <Refreshing on={list.loading && rows.length > 0} />
      {list.error ? <ErrorBox error={list.error} retry={list.reload} staleSince={rows.length > 0 ? list.updatedAt : undefined} /> : null}
      {rows.length > 0 ? (
        <>
          <div className="row picked"><span className="muted num" role="status">{picked.size > 0 ? `${count(picked.size)} selected of ` : ''}{count(rows.length)}{list.complete ? '' : '+'} loaded</span><span className="grow" />
            {picked.size > 0 ? <Needs may={viewer.may('DeliveryService/ResendDelivery')}><Button size="compact-xs" variant="default" onClick={() => onRequeue([...picked.values()])}>Requeue {count(picked.size)}…</Button></Needs> : null}
          </div>
          <VirtualList label="Dead letters" columns={COLUMNS} rows={rows} keyOf={(row) => row.name} line={line} onNearEnd={list.more} onPickRange={pickRange} />
        </>
      ) : list.loading ? <Loading rows={12} /> : list.error ? null : !list.complete ? <Empty title="Nothing found so far" action={<Button variant="default" onClick={list.more}>Look further back</Button>}>The log was looked through up to a bound.</Empty> : empty}
    </>
  );
}
