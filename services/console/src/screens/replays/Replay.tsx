import { useMutation, useQuery } from '@connectrpc/connect-query';
import { Button } from '@mantine/core';
import { IconBan, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { Link, useLocation, useParams } from 'wouter';
import { useViewer } from '../../api/caller';
import { destinationIdOf, principalWords, tenantOf, toDestination } from '../../api/names';
import { type Operation, Operation_Kind as Kind, OperationService, Operation_State as State } from '../../gen/carillon/v1/operation_pb';
import { count, millisOf, percent, plural, span } from '../../ui/format';
import { Confirm } from '../../ui/Dialog';
import { KINDS, onTheWay, paceOf, type Sample, sends, withSample } from '../../ui/operations';
import { OperationChip, ProgressBar } from '../../ui/OperationParts';
import { Card, Copy, Foreign, Kv, Time } from '../../ui/parts';
import { RateField, readRate } from '../../ui/RateField';
import { Empty, ErrorBox, Hint, Needs, PageLoading, Query } from '../../ui/status';
import { likeThis, selectionOf } from './request';
import { targetWords } from './Replays';
import './replays.css';

const rateWords = (perSecond: number) => `${perSecond >= 100 ? count(Math.round(perSecond)) : count(Math.round(perSecond * 100) / 100)} a second`;

/** The samples of one operation, gathered while the page looks at it. */
function useSamples(operation: Operation, at: number): readonly Sample[] {
  const kept = useRef<{ name: string; samples: Sample[] }>({ name: '', samples: [] });
  if (kept.current.name !== operation.name || operation.paused) kept.current = { name: operation.name, samples: [] };
  if (!operation.paused) kept.current.samples = withSample(kept.current.samples, { at, processed: Number(operation.processedCount), progress: operation.progress });
  return kept.current.samples;
}

function RateDialog({ operation, onClose, onDone }: { operation: Operation; onClose: () => void; onDone: () => void }) {
  const [rate, setRate] = useState(operation.maxRate === undefined ? '' : String(operation.maxRate));
  const update = useMutation(OperationService.method.updateOperation, { onSuccess: () => { onDone(); onClose(); } });
  const perSecond = readRate(rate);
  return (
    <Confirm title="Change the rate" act="Change the rate" busy={update.isPending} disabled={Number.isNaN(perSecond)} error={update.error} onClose={onClose}
      onAct={() => update.mutate({ operation: { name: operation.name, etag: operation.etag, ...(perSecond === undefined ? {} : { maxRate: perSecond }) }, updateMask: { paths: ['max_rate'] } })}>
      <RateField value={rate} onChange={setRate} focus />
    </Confirm>
  );
}

function CancelDialog({ operation, onClose, onDone }: { operation: Operation; onClose: () => void; onDone: () => void }) {
  const cancel = useMutation(OperationService.method.cancelOperation, { onSuccess: () => { onDone(); onClose(); } });
  return (
    <Confirm title="Cancel the rest?" act="Cancel the rest" danger busy={cancel.isPending} error={cancel.error} onClose={onClose} onAct={() => cancel.mutate({ name: operation.name })}>
      <p className="mt0"><b className="num">{count(operation.processedCount)}</b> {operation.processedCount === 1n ? 'is' : 'are'} {sends(operation.kind) ? 'put to be sent' : 'removed'} already and {operation.processedCount === 1n ? 'stays' : 'stay'} so. What comes after is left as it is. It cannot be taken up again.</p>
    </Confirm>
  );
}

function Actions({ operation, onDone }: { operation: Operation; onDone: () => void }) {
  const viewer = useViewer();
  const [, go] = useLocation();
  const [open, setOpen] = useState<'rate' | 'cancel'>();
  const update = useMutation(OperationService.method.updateOperation, { onSuccess: onDone });
  const may = viewer.may('OperationService/UpdateOperation');
  const { name, etag, paused } = operation;
  const close = () => setOpen(undefined);
  return (
    <div className="acts">
      {operation.done ? null : (
        <>
          <Needs may={may}><Button variant="default" loading={update.isPending} leftSection={paused ? <IconPlayerPlay size={14} aria-hidden /> : <IconPlayerPause size={14} aria-hidden />} onClick={() => update.mutate({ operation: { name, etag, paused: !paused }, updateMask: { paths: ['paused'] } })}>{paused ? 'Go on' : 'Pause'}</Button></Needs>
          {sends(operation.kind) ? <Needs may={may}><Button variant="default" onClick={() => setOpen('rate')}>Change the rate…</Button></Needs> : null}
          <Needs may={viewer.may('OperationService/CancelOperation')}><Button variant="default" leftSection={<IconBan size={14} aria-hidden />} onClick={() => setOpen('cancel')}>Cancel the rest…</Button></Needs>
        </>
      )}
      {operation.kind === Kind.REPLAY ? <Needs may={viewer.may('DeliveryService/ReplayEvents')}><Button variant={operation.done ? 'filled' : 'default'} onClick={() => go(likeThis(operation))}>Start like this…</Button></Needs> : null}
      {open === 'rate' ? <RateDialog operation={operation} onClose={close} onDone={onDone} /> : null}
      {open === 'cancel' ? <CancelDialog operation={operation} onClose={close} onDone={onDone} /> : null}
      {update.error ? <Confirm title="It was not changed" act="Try again" busy={update.isPending} error={update.error} onClose={() => update.reset()} onAct={() => { update.reset(); onDone(); }}><p className="mt0">What it is now is fetched again.</p></Confirm> : null}
    </div>
  );
}

function Progress({ operation, at }: { operation: Operation; at: number }) {
  const samples = useSamples(operation, at);
  const { perSecond, leftMs } = paceOf(operation, samples);
  const { done, progress, kind } = operation;
  const numbers: [string, string, string, boolean?][] = [
    ['Looked at', count(operation.scannedCount), `${count(operation.matchedCount)} matched`],
    [sends(kind) ? 'Put to be sent' : 'Removed', count(operation.processedCount), perSecond === undefined ? ' ' : rateWords(perSecond)],
    ...(sends(kind) ? [
      ['Arrived', count(operation.deliveredCount), operation.processedCount > 0n ? `${percent(Number(operation.deliveredCount), Number(operation.processedCount))} of what was put` : ' '],
      ['Failed again', count(operation.deadCount), operation.deadCount > 0n ? 'dead letters again' : 'none', operation.deadCount > 0n],
      ['On the way', count(onTheWay(operation)), 'waiting, or between retries'],
    ] as [string, string, string, boolean?][] : []),
  ];
  return (
    <Card title="Progress" aside={<span className="muted num" role="status">{done ? '' : operation.paused ? 'It stands still until you let it go on' : leftMs === undefined ? 'Time left: not known yet' : `About ${span(Math.max(leftMs, 1000))} left`}</span>}>
      <div className="prog big"><ProgressBar value={done && operation.state === State.SUCCEEDED ? 1 : progress} label="Progress" /><b className="num">{percent(done && operation.state === State.SUCCEEDED ? 1 : progress, 1)}</b></div>
      <dl className="op-n">
        {numbers.map(([label, value, below, bad]) => <div key={label}><dt>{label}</dt><dd className={`num${bad ? ' bad' : ''}`}>{value}</dd><dd className="muted num">{below}</dd></div>)}
      </dl>
    </Card>
  );
}

/** What it was asked for. */
function askedRows({ kind, request }: Operation): [string, React.ReactNode][] {
  if (!request) return [];
  const filter: [string, React.ReactNode] = ['Filter', request.filter && request.filter !== '*' ? <Foreign key="f" text={request.filter} className="mono" /> : 'none: all'];
  if (kind !== Kind.REPLAY) return [filter];
  const time = (at: typeof request.startTime, otherwise: string) => (at ? <Time key="t" at={at} form="full" /> : otherwise);
  return [['Which', selectionOf(request).label], filter, ['Accepted from', time(request.startTime, 'the oldest that was kept')], ['Until, exclusive', time(request.endTime, 'its beginning')]];
}

function Page({ operation, at, refresh }: { operation: Operation; at: number; refresh: () => void }) {
  const viewer = useViewer();
  const { kind, target, state } = operation;
  const destination = destinationIdOf(target);
  const one = destination !== '' && destination !== '-';
  const [began, ended] = [millisOf(operation.createTime), millisOf(operation.endTime)];
  return (
    <>
      <nav className="crumbs" aria-label="Where you are"><Link href="/replays">Replays</Link><span aria-hidden>/</span><Foreign text={tenantOf(operation.name)} /></nav>
      <div className="head">
        <div className="min0">
          <div className="title"><h1>{KINDS[kind].label}: <Foreign text={targetWords(target)} /></h1><OperationChip state={state} /></div>
          <p className="sub">started by <Foreign text={principalWords(operation.principal)} /> at <Time at={operation.createTime} form="full" />{began !== undefined && ended !== undefined ? <>, ended after {ended - began < 1000 ? 'less than a second' : span(ended - began)}</> : null}</p>
        </div>
        <span className="grow" />
        <Actions operation={operation} onDone={refresh} />
      </div>
      {state === State.FAILED ? <Hint tone="bad" title="It failed"><p><Foreign text={operation.error?.message ?? ''} /></p></Hint> : null}
      {state === State.CANCELLED ? <Hint tone="own" title="It was cancelled"><p>What was done by then stays done. <Foreign text={operation.error?.message ?? ''} /></p></Hint> : null}
      {sends(kind) && operation.deadCount > 0n ? (
        <Hint tone="bad" title={`${plural(operation.deadCount, 'delivery was', 'deliveries were')} given up again`}
          actions={viewer.may('DeliveryService/ListDeliveries') ? <Link href={`/dead${one ? `?to-tenant=${encodeURIComponent(tenantOf(target))}&destination=${destination}` : ''}`}>See dead letters{one ? ` of ${destination}` : ''}</Link> : undefined}>
          <p>Mend the receiver first, then requeue them.</p>
        </Hint>
      ) : null}
      <Progress operation={operation} at={at} />
      <Card title="About it">
        <Kv rows={[
          ['Kind', KINDS[kind].label],
          ['Where', one ? <Link key="d" href={toDestination(target)}><Foreign text={target} className="mono" /></Link> : <Foreign key="d" text={target} className="mono" />],
          ...askedRows(operation),
          ...(sends(kind) ? [['Rate at most', operation.maxRate === undefined ? 'what the destination takes' : rateWords(operation.maxRate)] as [string, string]] : []),
          ['Last change', <Time key="u" at={operation.updateTime} form="full" />],
          ['Name', <span key="n" className="mono"><Foreign text={operation.name} /> <Copy value={operation.name} what="name" /></span>],
        ]} />
      </Card>
      {operation.done ? null : <p className="muted mt0">It goes on when you close this tab.</p>}
    </>
  );
}

/** One operation while it runs, and afterwards. */
export default function Replay() {
  const { tenant = '', id = '' } = useParams<{ tenant: string; id: string }>();
  const name = `tenants/${decodeURIComponent(tenant)}/operations/${id}`;
  const query = useQuery(OperationService.method.getOperation, { name }, {
    refetchInterval: (q) => {
      const it = q.state.data;
      if (!it) return q.state.error ? false : 1_000;
      return !it.done ? 1_000 : sends(it.kind) && onTheWay(it) > 0n ? 5_000 : 30_000;
    },
  });
  return (
    <div className="page">
      <title>{`${KINDS[query.data?.kind ?? Kind.KIND_UNSPECIFIED].label} · Carillon`}</title>
      {query.error && !query.data ? <h1>Operation</h1> : null}
      {query.data ? (
        <>
          {query.error ? <ErrorBox error={query.error} retry={() => void query.refetch()} staleSince={query.dataUpdatedAt} /> : null}
          <Page operation={query.data} at={query.dataUpdatedAt} refresh={() => void query.refetch()} />
        </>
      ) : <Query of={query} loading={<PageLoading />}>{() => null}</Query>}
      {query.error && !query.data ? <Empty title="It may be too old" action={<Link href="/replays">To the replays</Link>}>An operation is kept for 7 days after its end.</Empty> : null}
    </div>
  );
}
