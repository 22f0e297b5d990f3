import { useMutation, useQuery } from '@connectrpc/connect-query';
import { Button, CopyButton, Tooltip } from '@mantine/core';
import { IconCopy, IconRefresh } from '@tabler/icons-react';
import { useState } from 'react';
import { Link, useParams } from 'wouter';
import { useViewer } from '../../api/caller';
import { newRequestId } from '../../api/client';
import { destinationIdOf, destinationName, partOf, tenantOf, toDestination } from '../../api/names';
import { type Attempt, type Delivery as Message, Delivery_State as State } from '../../gen/carillon/v1/delivery_pb';
import { DeliveryService } from '../../gen/carillon/v1/delivery_service_pb';
import { Outcome } from '../../gen/carillon/v1/destination_pb';
import { EventService } from '../../gen/carillon/v1/event_service_pb';
import { Exchange, Waterfall, wordsOf } from '../../ui/AttemptView';
import { Json } from '../../ui/Code';
import { useAddress } from '../../ui/Filters';
import { Confirm } from '../../ui/Dialog';
import { OUTCOMES } from '../../ui/outcomes';
import { Card, Copy, DeliveryChip, Foreign, Kv, Since, Time } from '../../ui/parts';
import { Empty, Hint, Loading, Needs, PageLoading, Query } from '../../ui/status';
import { curlFor, textOf } from '../../ui/text';
import { hostOf } from '../destination/hint';
import { Attempts } from './Attempts';
import { Neighbors } from './Neighbors';

const SETTLED = [State.DELIVERED, State.DEAD];

function AttemptHint({ attempt, delivery }: { attempt: Attempt; delivery: Message }) {
  const { tone } = OUTCOMES[attempt.outcome];
  if (attempt.outcome === Outcome.SUCCESS) return null;
  const host = hostOf(attempt.request?.url ?? '') || destinationIdOf(delivery.name);
  const { title, advice, act } = wordsOf(attempt, host);
  const [, tenant = '', , id = ''] = delivery.name.split('/');
  return (
    <Hint tone={tone} title={<>Attempt {attempt.number}: <Foreign text={title} /></>}
      actions={
        <>
          {act === 'raise-timeout' || act === 'set-rate' || act === 'use-url' ? <Button component={Link} variant="default" href={toDestination(delivery.name, '?tab=policy')}>{act === 'raise-timeout' ? 'Raise the timeout…' : act === 'set-rate' ? 'Set a rate…' : 'Change the URL…'}</Button> : null}
          <Link href={`/deliveries?to-tenant=${encodeURIComponent(tenant)}&destination=${id}&outcome=${OUTCOMES[attempt.outcome].filter}`}>Others that failed like this</Link>
        </>
      }>
      {advice.length > 0 ? <ul>{advice.map((line) => <li key={line}>{line}</li>)}</ul> : null}
    </Hint>
  );
}

function EventTab({ delivery }: { delivery: Message }) {
  const viewer = useViewer();
  const enabled = viewer.may('EventService/GetEvent');
  const query = useQuery(EventService.method.getEvent, { name: delivery.event || `tenants/${tenantOf(delivery.name)}/events/${delivery.eventId}` }, { enabled, staleTime: Infinity });
  if (!enabled) return <p className="pad muted">You may not look at events.</p>;
  return (
    <Query of={query} loading={<Loading rows={6} />}>
      {(event) => (
        <>
          <div className="pad">
            <Kv rows={[
              ['Id', <span key="i" className="mono"><Foreign text={event.id} /> <Copy value={event.id} what="event id" /></span>], ['Type', <Foreign key="t" text={event.type} className="mono" />],
              ['Accepted', <Time key="a" at={delivery.acceptTime} form="full" />], ['Ordering key', event.orderingKey ? <Foreign key="k" text={event.orderingKey} className="mono" /> : '–'],
              ...(event.traceparent ? [['Trace', <Foreign key="p" text={event.traceparent} className="mono" />] as [string, React.ReactNode]] : []),
            ]} />
          </div>
          {event.payload.case === 'json' ? <Json text={event.payload.value} label="Payload" /> : null}
        </>
      )}
    </Query>
  );
}

function CurlButton({ attempt }: { attempt: Attempt | undefined }) {
  const { request } = attempt ?? {};
  if (!attempt) return null;
  if (!request) return <Tooltip label="What was sent is not kept for this attempt" withArrow><span className="needs" tabIndex={0} role="group" aria-label="What was sent is not kept for this attempt"><Button variant="default" disabled leftSection={<IconCopy size={14} aria-hidden />}>Copy as curl</Button></span></Tooltip>;
  const text = request.body.length > 0 ? textOf(request.body) : undefined;
  const command = curlFor({ url: request.url, headers: request.headers, body: text });
  return <CopyButton value={command} timeout={1500}>{({ copied, copy }) => <Button variant="default" leftSection={<IconCopy size={14} aria-hidden />} data-key="c" aria-keyshortcuts="c" onClick={copy}>{copied ? 'Copied' : 'Copy as curl'}</Button>}</CopyButton>;
}

function Resend({ delivery, onDone }: { delivery: Message; onDone: () => void }) {
  const viewer = useViewer();
  const [asking, setAsking] = useState(false);
  const [requestId, setRequestId] = useState(newRequestId);
  const resend = useMutation(DeliveryService.method.resendDelivery, { onSuccess: () => { setAsking(false); setRequestId(newRequestId()); onDone(); } });
  return (
    <>
      <Needs may={viewer.may('DeliveryService/ResendDelivery')}><Button leftSection={<IconRefresh size={14} aria-hidden />} data-key="r" aria-keyshortcuts="r" onClick={() => setAsking(true)}>Resend now</Button></Needs>
      {asking ? (
        <Confirm title="Resend this delivery?" act="Resend now" busy={resend.isPending} error={resend.error} onClose={() => setAsking(false)} onAct={() => resend.mutate({ name: delivery.name, requestId })}>
          <p className="mt0">{delivery.state === State.DELIVERED ? 'It has arrived once already: the receiver gets it again, with the same ' : 'It goes to its destination once more, with the same '}<code>webhook-id</code>.</p>
        </Confirm>
      ) : null}
    </>
  );
}

function Page({ delivery, refresh }: { delivery: Message; refresh: () => void }) {
  const [params, change] = useAddress();
  const { attempts } = delivery;
  const list = params.get('in');
  const asked = Number(params.get('attempt'));
  const attempt = attempts.find((each) => each.number === asked) ?? attempts[0];
  const id = destinationIdOf(delivery.name);
  return (
    <>
      <div className="crumbs">
        <nav aria-label="Where you are"><Link href={`/deliveries${list ? `?${list}` : ''}`}>Deliveries</Link><span aria-hidden>/</span><Foreign text={partOf(delivery.name, 'deliveries')} className="mono" /></nav>
        <span className="grow" /><Neighbors delivery={delivery} list={list} />
      </div>
      <div className="head">
        <div className="min0">
          <div className="title"><h1 className="mono-h"><Foreign text={delivery.eventType} /></h1><DeliveryChip state={delivery.state} /></div>
          <p className="sub">
            to <Link href={toDestination(delivery.name)} className="strong"><Foreign text={id} /></Link> (<Foreign text={tenantOf(delivery.name)} />) · accepted <Time at={delivery.acceptTime} form="full" />
            {delivery.nextAttemptTime && !SETTLED.includes(delivery.state) ? <> · next in <b><Since at={delivery.nextAttemptTime} /></b></> : null}
            {delivery.state === State.DEAD && delivery.message ? <> · <Foreign text={delivery.message} /></> : null}
          </p>
        </div>
        <span className="grow" />
        <div className="acts"><CurlButton attempt={attempt} /><Resend delivery={delivery} onDone={refresh} /></div>
      </div>
      {attempt ? <AttemptHint attempt={attempt} delivery={delivery} /> : null}
      <div className="split">
        <Card title="Attempts" pad={false} className="attempts"><Attempts delivery={delivery} chosen={attempt} onChoose={(number) => change({ attempt: String(number) })} /></Card>
        <div className="stack">
          {attempt ? (
            <>
              <Card title="Where the time went" aside={attempt.remoteAddress ? <Foreign text={attempt.remoteAddress} className="mono muted" /> : null}><Waterfall attempt={attempt} /></Card>
              <Exchange attempt={attempt}><EventTab delivery={delivery} /></Exchange>
            </>
          ) : <Card title="Event" pad={false}><EventTab delivery={delivery} /></Card>}
        </div>
      </div>
    </>
  );
}

export default function Delivery() {
  const { tenant = '', destination = '', id = '' } = useParams<{ tenant: string; destination: string; id: string }>();
  const name = `${destinationName(decodeURIComponent(tenant), destination)}/deliveries/${id}`;
  const query = useQuery(DeliveryService.method.getDelivery, { name }, { refetchInterval: (q) => (q.state.data && SETTLED.includes(q.state.data.state) ? 30_000 : 3_000) });
  return (
    <div className="page">
      <title>{`${query.data?.eventType ?? 'Delivery'} to ${destination} · Carillon`}</title>
      {query.error && !query.data ? <h1>Delivery to <Foreign text={destination} /></h1> : null}
      <Query of={query} loading={<PageLoading />}>{(delivery) => <Page delivery={delivery} refresh={() => void query.refetch()} />}</Query>
      {query.error && !query.data ? <Empty title="It may be too old" action={<Link href="/deliveries">To the log</Link>}>The log keeps deliveries for a while (<code>delivery_log.retention_age</code>).</Empty> : null}
    </div>
  );
}
