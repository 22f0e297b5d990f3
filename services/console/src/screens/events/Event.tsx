import { useQuery } from '@connectrpc/connect-query';
import { Button, CopyButton, SegmentedControl } from '@mantine/core';
import { IconCopy, IconRefresh } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { Link, useParams } from 'wouter';
import { useViewer } from '../../api/caller';
import { tenantOf } from '../../api/names';
import type { Event as Message } from '../../gen/carillon/v1/event_pb';
import { EventService } from '../../gen/carillon/v1/event_service_pb';
import { Json } from '../../ui/Code';
import { bytes, count } from '../../ui/format';
import { useAddress } from '../../ui/Filters';
import { JsonTree } from '../../ui/JsonTree';
import { Card, Copy, Foreign, Kv, Time } from '../../ui/parts';
import { Empty, Needs, PageLoading, Query, useAnswered } from '../../ui/status';
import { publishCurl } from './curl';
import { ReplayDialog } from './ReplayDialog';
import { Routes, useRoutes } from './Routes';

const VIEWS = [{ value: 'tree', label: 'Tree' }, { value: 'laid', label: 'Lines' }, { value: 'raw', label: 'Raw' }];

function Payload({ event }: { event: Message }) {
  const [params, change] = useAddress();
  const view = VIEWS.find(({ value }) => value === params.get('view'))?.value ?? 'tree';
  if (event.payload.case !== 'json') return <Card title="Payload"><p className="mt0 muted">It has none.</p></Card>;
  const text = event.payload.value;
  return (
    <Card title="Payload" pad={false} aside={
      <>
        <SegmentedControl aria-label="How the payload is shown" data={VIEWS} value={view} onChange={(value) => change({ view: value === 'tree' ? undefined : value })} />
        <Copy value={text} what="payload" />
      </>
    }>
      {view === 'tree' ? <JsonTree text={text} label="Payload as a tree" /> : <Json text={text} label="Payload" raw={view === 'raw'} />}
    </Card>
  );
}

function Facts({ event }: { event: Message }) {
  const attributes = Object.entries(event.attributes);
  const rows: [string, ReactNode][] = [
    ['Id', <span key="i" className="mono"><Foreign text={event.id} /> <Copy value={event.id} what="event id" /></span>],
    ['Accepted', <Time key="a" at={event.acceptTime} form="full" />],
    ...(event.occurTime ? [['Happened', <Time key="o" at={event.occurTime} form="full" />] as [string, ReactNode]] : []),
    ['Place in the journal', <span key="p" className="num">{count(event.position)}</span>],
    ['Payload', <span key="s" className="num">{bytes(event.payloadBytes)}</span>],
    ['Ordering key', event.orderingKey ? <Link key="k" href={`/events?key=${encodeURIComponent(event.orderingKey)}`}><Foreign text={event.orderingKey} className="mono" /></Link> : '–'],
    ['Trace id', event.traceId ? <span key="t" className="mono"><Link href={`/events?trace=${event.traceId}`}><Foreign text={event.traceId} /></Link> <Copy value={event.traceId} what="trace id" /></span> : '–'],
    ...(event.traceparent ? [['traceparent', <Foreign key="tp" text={event.traceparent} className="mono" />] as [string, ReactNode]] : []),
  ];
  return (
    <>
      <Card title="About it"><Kv rows={rows} /></Card>
      {attributes.length > 0 ? <Card title="Attributes"><dl className="kv">{attributes.map(([name, value]) => <div key={name}><dt><Foreign text={name} className="mono" /></dt><dd><Foreign text={value} className="mono" /></dd></div>)}</dl></Card> : null}
    </>
  );
}

function Page({ event }: { event: Message }) {
  const viewer = useViewer();
  const [asking, setAsking] = useState(false);
  const tenant = tenantOf(event.name);
  return (
    <>
      <nav className="crumbs" aria-label="Where you are"><Link href="/events">Events</Link><span aria-hidden>/</span><Foreign text={tenant} /></nav>
      <div className="head">
        <div className="min0">
          <h1 className="mono-h"><Foreign text={event.type} /></h1>
          <p className="sub"><Foreign text={event.id} className="mono" /> · accepted <Time at={event.acceptTime} form="full" /></p>
        </div>
        <span className="grow" />
        <div className="acts">
          <CopyButton value={publishCurl(event, tenant, window.location.origin)} timeout={1500}>{({ copied, copy }) => <Button variant="default" leftSection={<IconCopy size={14} aria-hidden />} onClick={copy}>{copied ? 'Copied' : 'Copy as curl'}</Button>}</CopyButton>
          <Needs may={viewer.may('DeliveryService/ReplayEvents')}><Button leftSection={<IconRefresh size={14} aria-hidden />} onClick={() => setAsking(true)}>Replay to…</Button></Needs>
        </div>
      </div>
      <Routes event={event} />
      <div className="cols-2-1"><Payload event={event} /><div className="stack"><Facts event={event} /></div></div>
      {asking ? <ReplayDialog event={event} onClose={() => setAsking(false)} /> : null}
    </>
  );
}

/** One event: what was published, and where it goes and why. */
export default function Event() {
  const { tenant = '', id = '' } = useParams<{ tenant: string; id: string }>();
  const name = `tenants/${decodeURIComponent(tenant)}/events/${decodeURIComponent(id)}`;
  const query = useQuery(EventService.method.getEvent, { name }, { staleTime: Infinity });
  const routes = useRoutes(name);
  const ready = useAnswered(query, routes.query, routes.subscriptions, routes.deliveries);
  return (
    <div className="page">
      <title>{`${query.data?.type ?? 'Event'} · Carillon`}</title>
      {query.error && !query.data ? <h1>Event <Foreign text={decodeURIComponent(id)} /></h1> : null}
      <Query of={query} ready={ready} loading={<PageLoading />}>{(event) => <Page event={event} />}</Query>
      {query.error && !query.data ? <Empty title="It may be too old" action={<Link href="/events">To the events</Link>}>The journal keeps events for a while (<code>journal.retention_age</code>).</Empty> : null}
    </div>
  );
}
