import { useMutation, useQuery } from '@connectrpc/connect-query';
import { Button } from '@mantine/core';
import { useState } from 'react';
import { Link, useParams } from 'wouter';
import { useViewer } from '../../api/caller';
import { newRequestId } from '../../api/client';
import { lastPart, tenantOf } from '../../api/names';
import { type EventType as Message, EventType_State as State, EventType_Validation as Validation } from '../../gen/carillon/v1/event_type_pb';
import { EventTypeService, SuggestMembersResponse_Member_Kind as Kind } from '../../gen/carillon/v1/event_type_service_pb';
import { Origin_Kind } from '../../gen/carillon/v1/resource_pb';
import { SubscriptionService } from '../../gen/carillon/v1/subscription_service_pb';
import { Json } from '../../ui/Code';
import { Confirm } from '../../ui/Dialog';
import { filterWords } from '../../ui/filterWords';
import { Card, Chip, Copy, Foreign, Kv, Time } from '../../ui/parts';
import { Empty, Loading, Needs, PageLoading, Query, ReadOnly, useAnswered } from '../../ui/status';
import { schemaWords } from '../event-types/groups';
import { SchemaDialog } from '../event-types/SchemaDialog';
import { subscribes } from './subscribes';

const KINDS: Record<Kind, string> = { [Kind.KIND_UNSPECIFIED]: 'several', [Kind.TEXT]: 'text', [Kind.NUMBER]: 'number', [Kind.BOOLEAN]: 'yes or no', [Kind.OBJECT]: 'object', [Kind.LIST]: 'list' };
const VALIDATIONS: Record<Validation, string> = {
  [Validation.VALIDATION_UNSPECIFIED]: 'refused where there is a schema', [Validation.OFF]: 'not looked at', [Validation.WARN]: 'counted, and taken', [Validation.REFUSE]: 'refused',
};

const useMembers = (id: string, enabled: boolean) =>
  useQuery(EventTypeService.method.suggestMembers, { types: [id], pageSize: 500 }, { enabled, staleTime: 60_000 });

function Members({ id }: { id: string }) {
  const query = useMembers(id, true);
  return (
    <Card title="Members" pad={false}>
      <Query of={query} loading={<Loading rows={5} />}>
        {(data) => (data.members.length === 0 ? <Empty title="None are known">They come from the schema and the sample.</Empty> : (
          <div className="scroll-x" tabIndex={0} role="region" aria-label="Members of the payload">
            <table className="tbl">
              <thead><tr><th scope="col">Member</th><th scope="col">Is</th><th scope="col" className="sec">Sample</th></tr></thead>
              <tbody>{data.members.map((each) => (
                <tr key={each.names.join('\n')}><td><code><Foreign text={each.path} /></code>{each.description ? <span className="cell-2"><Foreign text={each.description} /></span> : null}</td>
                  <td>{each.values.length > 0 ? <Foreign text={each.values.slice(0, 6).join(', ')} className="mono" /> : KINDS[each.kind]}</td><td className="sec mono"><Foreign text={each.sample.slice(0, 80)} /></td></tr>
              ))}</tbody>
            </table>
          </div>
        ))}
      </Query>
    </Card>
  );
}

/** Subscriptions of whoever is looked at that have it, by its name, by its group or by all. */
function Subscribers({ id }: { id: string }) {
  const viewer = useViewer();
  const query = useQuery(SubscriptionService.method.listSubscriptions, { parent: viewer.parent, pageSize: 1000 });
  return (
    <Card title="Who subscribes" pad={false}>
      <Query of={query} loading={<Loading rows={3} />}>
        {(data) => {
          const mine = data.subscriptions.filter((each) => subscribes(each.types, id));
          return (
            <>
              {mine.length === 0 ? <Empty title="Nobody">Events of it are kept for a while, and sent nowhere.</Empty> : (
                <ul className="changes">{mine.slice(0, 50).map((each) => (
                  <li key={each.name} className="one"><div className="min0"><b><Foreign text={each.displayName || lastPart(each.name)} /></b> {viewer.tenant === undefined ? <Foreign text={tenantOf(each.name)} className="muted" /> : null}
                    <span className="cell-2"><Foreign text={`${each.destinations.map(lastPart).join(', ')} · ${filterWords(each.filter)}`} /></span></div></li>
                ))}</ul>
              )}
              {data.nextPageToken || mine.length > 50 ? <p className="pad muted mt0">There may be more: the first 1000 subscriptions were looked through, and 50 are shown.</p> : null}
            </>
          );
        }}
      </Query>
    </Card>
  );
}

function Archive({ type, onClose, onDone }: { type: Message; onClose: () => void; onDone: () => void }) {
  const [requestId] = useState(newRequestId);
  const archive = useMutation(EventTypeService.method.archiveEventType, { onSuccess: onDone });
  const unarchive = useMutation(EventTypeService.method.unarchiveEventType, { onSuccess: onDone });
  const back = type.state === State.ARCHIVED;
  const act = back ? unarchive : archive;
  const label = `${back ? 'Unarchive' : 'Archive'} ${lastPart(type.name)}`;
  return (
    <Confirm title={`${label}?`} act={label} danger={!back} busy={act.isPending} error={act.error} onClose={onClose} onAct={() => act.mutate({ name: type.name, etag: type.etag, requestId })}>
      <p className="mt0">{back ? 'It can be published and subscribed to again.' : 'Publishing it is refused from then on, and no further subscription can name it. What was published is delivered.'}</p>
    </Confirm>
  );
}

function Page({ type, id, refresh }: { type: Message; id: string; refresh: () => void }) {
  const viewer = useViewer();
  const [open, setOpen] = useState<'schema' | 'archive'>();
  const archived = type.state === State.ARCHIVED;
  const may = (method: string) => viewer.may(`EventTypeService/${method}`);
  const fixed = type.origin?.kind === Origin_Kind.API ? undefined : type.origin;
  const schema = type.schema.case === 'jsonSchema' ? type.schema.value.schema : '';
  const link = /^https?:\/\//.test(type.documentationUrl) ? type.documentationUrl : '';
  return (
    <>
      <nav className="crumbs" aria-label="Where you are"><Link href="/event-types">Event types</Link><span aria-hidden>/</span><Foreign text={id.split('.')[0] ?? ''} /></nav>
      <div className="head">
        <div className="min0"><div className="title"><h1 className="mono-h"><Foreign text={id} /></h1>{archived ? <Chip tone="own">archived</Chip> : <Chip tone="ok">active</Chip>}</div>
          {type.description || type.displayName ? <p className="sub"><Foreign text={type.description || type.displayName} /></p> : null}<ReadOnly origin={type.origin} /></div>
        <span className="grow" />
        <div className="acts">
          {type.schema.case === 'protobuf' ? null : <Needs may={may('UpdateEventType')} role="operator" origin={fixed}><Button variant="default" onClick={() => setOpen('schema')}>Change schema…</Button></Needs>}
          <Needs may={may('ArchiveEventType')} role="operator" origin={fixed}><Button variant="default" onClick={() => setOpen('archive')}>{archived ? 'Unarchive…' : 'Archive…'}</Button></Needs>
        </div>
      </div>
      <div className="cols-2-1 wide-r">
        <div className="stack">
          {schema ? <Card title="Schema" pad={false} aside={<Copy value={schema} what="schema" />}><Json text={schema} label={`Schema of ${id}`} /></Card> : null}
          <Card title="Sample" pad={false} aside={type.sample ? <Copy value={type.sample} what="sample" /> : null}>{type.sample ? <Json text={type.sample} label={`Sample of ${id}`} /> : <p className="pad muted mt0">It has no sample.</p>}</Card>
          {may('SuggestMembers') ? <Members id={id} /> : null}
        </div>
        <div className="stack">
          <Card title="What it is">
            <Kv rows={[
              ['Payload', type.schema.case === 'protobuf' ? <code key="p"><Foreign text={type.schema.value.message} /></code> : schemaWords(type)], ['What does not fit', VALIDATIONS[type.validation]], ['Schema version', String(type.schemaVersion)],
              ['Tags', <Foreign key="t" text={type.tags.join(', ') || '–'} />], ['Changed', <Time key="c" at={type.updateTime} form="full" />],
              ...(link ? [['Read on', <span key="d"><Foreign text={link} /> <Copy value={link} what="address" /></span>] as [string, React.ReactNode]] : []),
            ]} />
          </Card>
          {viewer.may('SubscriptionService/ListSubscriptions') ? <Subscribers id={id} /> : null}
        </div>
      </div>
      {open === 'schema' ? <SchemaDialog type={type} onClose={() => setOpen(undefined)} onDone={() => { setOpen(undefined); refresh(); }} /> : null}
      {open === 'archive' ? <Archive type={type} onClose={() => setOpen(undefined)} onDone={() => { setOpen(undefined); refresh(); }} /> : null}
    </>
  );
}

export default function EventType() {
  const params = useParams<{ id: string }>();
  const id = decodeURIComponent(params.id);
  const viewer = useViewer();
  const query = useQuery(EventTypeService.method.getEventType, { name: `eventTypes/${id}` });
  const ready = useAnswered(query, useMembers(id, viewer.may('EventTypeService/SuggestMembers')));
  return (
    <div className="page">
      <title>{`${id} · Carillon`}</title>
      {query.error && !query.data ? <h1><Foreign text={id} /></h1> : null}
      <Query of={query} ready={ready} loading={<PageLoading />}>{(type) => <Page type={type} id={id} refresh={() => void query.refetch()} />}</Query>
    </div>
  );
}
