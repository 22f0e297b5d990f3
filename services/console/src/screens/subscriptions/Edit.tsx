import { useMutation, useQuery } from '@connectrpc/connect-query';
import { ActionIcon, Button, SegmentedControl, TextInput } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { Link, useLocation, useParams } from 'wouter';
import { useViewer } from '../../api/caller';
import { newRequestId, queries } from '../../api/client';
import { fieldError, readError } from '../../api/errors';
import { lastPart, tenantOf, toDestination } from '../../api/names';
import type { Subscription } from '../../gen/carillon/v1/destination_pb';
import { EventType_State } from '../../gen/carillon/v1/event_type_pb';
import { EventTypeService } from '../../gen/carillon/v1/event_type_service_pb';
import { Origin_Kind } from '../../gen/carillon/v1/resource_pb';
import { SubscriptionService } from '../../gen/carillon/v1/subscription_service_pb';
import { DestinationSelect } from '../../ui/DestinationSelect';
import { filterWords } from '../../ui/filterWords';
import { Card, Chip, Foreign } from '../../ui/parts';
import { ErrorBox, Loading, Needs, PageLoading, Query, ReadOnly, useAnswered } from '../../ui/status';
import { type Draft, missing } from '../wizard/draft';
import { Catalog, Conditions } from '../wizard/EventsStep';
import { Beside } from '../wizard/Preview';
import { DeleteDialog, DisableDialog } from './dialogs';
import { changesOf, type Form, formOf, isPattern } from './form';
import './subscriptions.css';

type Change = (changes: Partial<Form>) => void;

/** What stands beside the catalog: patterns, and types that it does not have any more. */
function Patterns({ draft, known, onChange }: { draft: Draft; known: ReadonlySet<string>; onChange: (types: string[]) => void }) {
  const [text, setText] = useState('');
  const others = draft.types.filter((type) => !known.has(type));
  const fits = isPattern(text) && !draft.types.includes(text);
  return (
    <div className="pad-b stack">
      {others.length > 0 ? <div className="row wrap">{others.map((type) => <span key={type} className="fchip"><Foreign text={type} className="mono" /><ActionIcon size={24} variant="subtle" color="gray" aria-label={`Remove ${type}`} onClick={() => onChange(draft.types.filter((each) => each !== type))}><IconX size={13} aria-hidden /></ActionIcon></span>)}</div> : null}
      <form className="row" onSubmit={(event) => { event.preventDefault(); if (fits) { onChange([...draft.types, text]); setText(''); } }}>
        <TextInput className="grow" aria-label="A pattern of types" placeholder="A pattern: order.* or *" value={text} error={text && !isPattern(text) ? 'a type, a type with .* behind it, or *' : undefined} onChange={(event) => setText(event.currentTarget.value.trim())} />
        <Button type="submit" variant="default" disabled={!fits}>Add</Button>
      </form>
    </div>
  );
}

const useTypes = () => useQuery(EventTypeService.method.listEventTypes, { pageSize: 1000 }, { staleTime: 30_000 });

function Types({ draft, change }: { draft: Draft; change: (types: string[]) => void }) {
  const query = useTypes();
  return (
    <Card title="Which events?" aside={<span className="muted num" role="status">{draft.types.length} chosen</span>} pad={false}>
      <Query of={query} loading={<Loading rows={8} />}>
        {(data) => {
          const types = data.eventTypes.filter(({ state }) => state !== EventType_State.ARCHIVED);
          return <><Patterns draft={draft} known={new Set(types.map(({ name }) => lastPart(name)))} onChange={change} /><Catalog types={types} draft={draft} change={(changes) => { if (changes.types) change(changes.types); }} /></>;
        }}
      </Query>
    </Card>
  );
}

function Where({ form, change }: { form: Form; change: Change }) {
  const { draft, kept } = form;
  const set = (changes: Partial<Draft>) => change({ draft: { ...draft, ...changes } });
  return (
    <Card title="Only some of them?" aside={<SegmentedControl aria-label="All, or only some" value={draft.filtered ? 'some' : 'all'} data={[{ value: 'all', label: 'All' }, { value: 'some', label: 'Only those where…' }]} onChange={(value) => set({ filtered: value === 'some' })} />}>
      {!draft.filtered ? <p className="m0 muted">Every event of these types.</p> : kept ? (
        <div className="stack"><p className="m0"><Foreign text={filterWords(kept)} className="mono" /></p><p className="m0 muted">Rows cannot say this condition. It stays as it is, until you begin another.</p><div><Button variant="default" onClick={() => change({ kept: undefined })}>Begin another</Button></div></div>
      ) : <Conditions draft={draft} change={set} />}
    </Card>
  );
}

function Destinations({ tenant, destinations, onChange, error }: { tenant: string; destinations: string[]; onChange: (names: string[]) => void; error: string | undefined }) {
  return (
    <Card title="Where to?">
      <div className="stack">
        {destinations.length > 0 ? <ul className="to-list" aria-label="Destinations">{destinations.map((name) => <li key={name}><Link href={toDestination(name)} className="grow"><Foreign text={lastPart(name)} /></Link><ActionIcon size={24} variant="subtle" color="gray" aria-label={`Remove ${lastPart(name)}`} onClick={() => onChange(destinations.filter((each) => each !== name))}><IconX size={14} aria-hidden /></ActionIcon></li>)}</ul> : null}
        <DestinationSelect parent={`tenants/${tenant}`} label="Add a destination" value="" clears without={destinations} onChange={(name) => { if (name) onChange([...destinations, name]); }} />
        {error ? <p className="m0 url-check bad" role="alert">{error}</p> : null}
      </div>
    </Card>
  );
}

function Actions({ subscription, onChanged }: { subscription: Subscription; onChanged: () => void }) {
  const viewer = useViewer();
  const [, go] = useLocation();
  const [open, setOpen] = useState<'delete' | 'disable'>();
  const close = () => setOpen(undefined);
  return (
    <div className="acts">
      <Needs may={viewer.may('SubscriptionService/UpdateSubscription')} origin={subscription.origin}><Button variant="default" onClick={() => setOpen('disable')}>{subscription.disabled ? 'Enable…' : 'Disable…'}</Button></Needs>
      <Needs may={viewer.may('SubscriptionService/DeleteSubscription')} origin={subscription.origin}><Button variant="default" onClick={() => setOpen('delete')}>Delete…</Button></Needs>
      {open === 'delete' ? <DeleteDialog subscription={subscription} onClose={close} onDone={() => go('/subscriptions')} /> : null}
      {open === 'disable' ? <DisableDialog subscription={subscription} onClose={close} onDone={() => { close(); onChanged(); }} /> : null}
    </div>
  );
}

function Page({ subscription, refresh }: { subscription: Subscription; refresh: () => void }) {
  const viewer = useViewer();
  const [form, setForm] = useState<Form>();
  const [requestId, setRequestId] = useState(newRequestId);
  const change: Change = (changes) => setForm((old) => ({ ...(old ?? formOf(subscription)), ...changes }));
  const update = useMutation(SubscriptionService.method.updateSubscription, {
    onSuccess: () => { setForm(undefined); void queries.invalidateQueries(); refresh(); },
    onSettled: () => setRequestId(newRequestId()),
  });
  const now = form ?? formOf(subscription);
  const { draft, destinations } = now;
  const { paths, subscription: next } = changesOf(subscription, now);
  const error = update.error ? readError(update.error) : undefined;
  const field = (path: string) => fieldError(error, path, 'subscription');
  const lacks = (now.kept && draft.filtered ? missing({ ...draft, filtered: false }, 'events') : missing(draft, 'events')) ?? (destinations.length === 0 ? 'Choose at least one destination.' : undefined);
  const set = (changes: Partial<Draft>) => change({ draft: { ...draft, ...changes } });
  const exact = draft.types.filter((type) => !type.includes('*'));
  const fixed = subscription.origin !== undefined && subscription.origin.kind !== Origin_Kind.API;
  return (
    <>
      <nav className="crumbs" aria-label="Where you are"><Link href="/subscriptions">Subscriptions</Link><span aria-hidden>/</span><Foreign text={tenantOf(subscription.name)} /></nav>
      <div className="head">
        <div className="min0">
          <div className="title"><h1><Foreign text={subscription.displayName || lastPart(subscription.name)} /></h1>{subscription.disabled ? <Chip tone="own">Disabled</Chip> : <Chip tone="ok">In force</Chip>}</div>
          <p className="sub"><Foreign text={subscription.name} className="mono" /></p>
          <ReadOnly origin={subscription.origin} />
          {fixed || viewer.may('SubscriptionService/UpdateSubscription') ? null : <p className="read-only">To change it needs the role tenant administrator.</p>}
        </div>
        <span className="grow" />
        <Actions subscription={subscription} onChanged={refresh} />
      </div>
      <div className="wz">
        <div className="stack min0">
          <Types draft={draft} change={(types) => set({ types })} />
          <Where form={now} change={change} />
          <Destinations tenant={tenantOf(subscription.name)} destinations={destinations} onChange={(names) => change({ destinations: names })} error={field('destinations')} />
          <Card title="For people">
            <div className="stack">
              <TextInput label="Name" placeholder={lastPart(subscription.name)} value={draft.displayName} maxLength={128} error={field('display_name')} onChange={(event) => set({ displayName: event.currentTarget.value })} />
              <TextInput label="Description" placeholder="optional" value={draft.description} maxLength={1024} error={field('description')} onChange={(event) => set({ description: event.currentTarget.value })} />
            </div>
          </Card>
        </div>
        <Beside draft={draft} kept={draft.filtered ? now.kept : undefined} type={exact.at(-1)} />
      </div>
      {update.error ? <><ErrorBox error={update.error} />{error?.reason === 'ETAG_MISMATCH' ? <div><Button variant="default" onClick={() => { update.reset(); refresh(); }}>Save over what is there now</Button></div> : null}</> : null}
      {paths.length > 0 ? (
        <div className="save-bar" role="region" aria-label="Changes">
          <span role="status">{fixed ? 'It cannot be changed here.' : lacks ?? `Changed: ${paths.map((path) => path.replace('_', ' ')).join(', ')}`}</span><span className="grow" />
          <Button variant="default" onClick={() => { setForm(undefined); update.reset(); }}>Discard</Button>
          <Needs may={viewer.may('SubscriptionService/UpdateSubscription')} origin={subscription.origin}><Button loading={update.isPending} disabled={lacks !== undefined} onClick={() => update.mutate({ subscription: next, updateMask: { paths }, requestId })}>Save</Button></Needs>
        </div>
      ) : null}
    </>
  );
}

/** Changes a subscription, with what would have been sent beside it. */
export default function Edit() {
  const { tenant = '', id = '' } = useParams<{ tenant: string; id: string }>();
  const name = `tenants/${decodeURIComponent(tenant)}/subscriptions/${id}`;
  const query = useQuery(SubscriptionService.method.getSubscription, { name });
  const ready = useAnswered(query, useTypes());
  return (
    <div className="page">
      <title>{`${id} · Carillon`}</title>
      {query.error && !query.data ? <h1><Foreign text={id} /></h1> : null}
      <Query of={query} ready={ready} loading={<PageLoading />}>{(subscription) => <Page subscription={subscription} refresh={() => void query.refetch()} />}</Query>
    </div>
  );
}
