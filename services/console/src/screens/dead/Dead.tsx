import { Button } from '@mantine/core';
import { useRef, useState } from 'react';
import { Link } from 'wouter';
import { useViewer } from '../../api/caller';
import { destinationIdOf } from '../../api/names';
import { count } from '../../ui/format';
import { clearFilters, FilterBar, linkedFields, useAddress } from '../../ui/Filters';
import { Foreign } from '../../ui/parts';
import { Empty, ErrorBox, Loading, Needs, NoRights, Refreshing } from '../../ui/status';
import { FIELDS, filterFor, LINKED, parentFor, type Row } from '../deliveries/query';
import { ResendDialog } from '../deliveries/ResendDialog';
import { Groups, type Target } from './Groups';
import { useGroups } from './groups';
import { PurgeDialog } from './PurgeDialog';
import { Rows } from './Rows';
import './dead.css';

const MINUTE = 60_000;
const MENU = FIELDS.filter(({ id }) => id !== 'state');
const CHIPS = { from: 'From', to: 'Until', destination: 'Destination', 'to-tenant': 'Tenant', type: 'Event type', filter: 'Filter' };

/** What the address asks of the log, of what is dead. */
export function deadFilter(params: URLSearchParams, now: number): string {
  const asked = new URLSearchParams(params);
  asked.set('state', 'DEAD');
  return filterFor(asked, now);
}

type Asking = { act: 'requeue' | 'purge'; target: Target } | { act: 'picked'; rows: Row[] };

function Empties({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  return filtered ? <Empty title="No dead letters match" action={<Button variant="default" onClick={onClear}>Clear filters</Button>}>None of what was given up is like that.</Empty>
    : <Empty title="Nothing was given up. Good.">What uses up its retries, or is given up at once, waits here to be requeued.</Empty>;
}

function All({ parent, filter, turn, ask, empty }: { parent: string; filter: string; turn: number; ask: (asking: Asking) => void; empty: React.ReactNode }) {
  const [params] = useAddress();
  const list = useGroups(parent, filter, turn);
  const { groups } = list;
  return (
    <>
      <Refreshing on={list.loading && groups.length > 0} />
      {list.error ? <ErrorBox error={list.error} retry={list.reload} /> : null}
      {groups.length > 0 ? (
        <>
          <div className="row picked">
            <span className="muted num" role="status">{count(list.counted)}{list.complete ? '' : '+'} in {count(groups.length)} {groups.length === 1 ? 'group' : 'groups'}{list.loading ? ', counting…' : ''}</span>
            {!list.complete && !list.loading ? <Button size="compact-xs" variant="default" onClick={list.more}>Count on</Button> : null}
          </div>
          <Groups groups={groups} params={params} filter={filter} onRequeue={(target) => ask({ act: 'requeue', target })} onPurge={(target) => ask({ act: 'purge', target })} />
        </>
      ) : list.loading ? <Loading rows={10} /> : list.error ? null : !list.complete ? <Empty title="Nothing found so far" action={<Button variant="default" onClick={list.more}>Look further back</Button>}>The log was looked through up to a bound.</Empty> : empty}
    </>
  );
}

/** What was given up: by destination and outcome, then each. */
export default function Dead() {
  const viewer = useViewer();
  const [params, change] = useAddress();
  const [asking, setAsking] = useState<Asking>();
  const [turn, setTurn] = useState(0);
  const opened = useRef(Math.ceil(Date.now() / MINUTE) * MINUTE);
  const filter = deadFilter(params, opened.current);
  const parent = parentFor(params, viewer.parent);
  const destination = destinationIdOf(parent);
  const one = destination !== '' && destination !== '-';
  const close = () => setAsking(undefined);
  const again = () => setTurn((n) => n + 1);
  const filtered = filter !== 'state = DEAD' || one;
  const empty = <Empties filtered={filtered} onClear={() => change(clearFilters(MENU, ...LINKED))} />;
  const may = viewer.may('DeliveryService/ListDeliveries');
  return (
    <div className="page full dead">
      <title>Dead letters · Carillon</title>
      {one ? <nav className="crumbs" aria-label="Where you are"><Link href="/dead">Dead letters</Link><span aria-hidden>/</span><Foreign text={destination} /></nav> : null}
      <div className="head">
        <h1>{one ? <>Dead letters of <Foreign text={destination} /></> : 'Dead letters'}</h1><span className="grow" />
        <div className="acts">
          <Needs may={viewer.may('DeliveryService/PurgeDeliveries')}><Button variant="default" onClick={() => setAsking({ act: 'purge', target: { parent, filter } })}>Purge all that match…</Button></Needs>
          <Needs may={viewer.may('DeliveryService/ResendDeliveries')}><Button onClick={() => setAsking({ act: 'requeue', target: { parent, filter } })}>Requeue all that match…</Button></Needs>
        </div>
      </div>
      {may ? (
        <>
          <FilterBar fields={[...MENU, ...linkedFields(params, CHIPS)]} search={{ id: 'q', label: 'Event id or type' }} />
          {one ? <Rows parent={parent} filter={filter} turn={turn} empty={empty} onRequeue={(rows) => setAsking({ act: 'picked', rows })} /> : <All parent={parent} filter={filter} turn={turn} ask={setAsking} empty={empty} />}
        </>
      ) : <NoRights role="reader" />}
      {asking?.act === 'picked' ? <ResendDialog what="picked" picked={asking.rows} parent={parent} filter={filter} verb="Requeue" onClose={close} onDone={again} /> : null}
      {asking?.act === 'requeue' ? <ResendDialog what="all" picked={[]} parent={asking.target.parent} filter={asking.target.filter} verb="Requeue" onClose={() => { close(); again(); }} onDone={again} /> : null}
      {asking?.act === 'purge' ? <PurgeDialog parent={asking.target.parent} filter={asking.target.filter} onClose={close} onDone={again} /> : null}
    </div>
  );
}
