import { createClient } from '@connectrpc/connect';
import { useTransport } from '@connectrpc/connect-query';
import { Checkbox, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { newRequestId } from '../../api/client';
import { type ApiError, fieldError, readError } from '../../api/errors';
import { lastPart } from '../../api/names';
import type { EventType } from '../../gen/carillon/v1/event_type_pb';
import { EventTypeService } from '../../gen/carillon/v1/event_type_service_pb';
import { layJson } from '../../ui/text';
import { Confirm } from '../../ui/Dialog';
import { Foreign } from '../../ui/parts';

const order = ['label', 'input', 'description', 'error'] as ('label' | 'input' | 'description' | 'error')[];

/** What breaks with the schema that there is, one by one. */
export function Breaking({ error }: { error: ApiError | undefined }) {
  if (error?.reason !== 'INCOMPATIBLE_SCHEMA') return null;
  return (
    <div role="alert">
      <p className="mt0"><b>The schema breaks with the one there is.</b> Events that publishers send today, or receivers that rely on it, may not fit.</p>
      <ul className="diff">{error.fields.slice(0, 20).map((each) => <li key={each.path + each.message}><code><Foreign text={each.path} /></code> <Foreign text={each.message} /></li>)}</ul>
    </div>
  );
}

/** Makes an event type with a JSON Schema, or changes the schema of one. The server checks it first. */
export function SchemaDialog({ type, onClose, onDone }: { type?: EventType; onClose: () => void; onDone: (id: string) => void }) {
  const client = createClient(EventTypeService, useTransport());
  const [id, setId] = useState(type ? lastPart(type.name) : '');
  const [description, setDescription] = useState(type?.description ?? '');
  const [schema, setSchema] = useState(type?.schema.case === 'jsonSchema' ? layJson(type.schema.value.schema) : '');
  const [force, setForce] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const [checked, setChecked] = useState<string>();
  const error = failure ? readError(failure) : undefined;
  const breaks = error?.reason === 'INCOMPATIBLE_SCHEMA';
  const state = JSON.stringify([id, description, schema, force]);
  const good = checked === state;
  const run = async (validateOnly: boolean) => {
    const eventType = { description, schema: schema.trim() ? { case: 'jsonSchema' as const, value: { schema } } : { case: undefined } };
    const common = { requestId: newRequestId(), validateOnly };
    if (!type) return client.createEventType({ eventTypeId: id.trim(), eventType, ...common });
    return client.updateEventType({ eventType: { ...eventType, name: type.name, etag: type.etag }, updateMask: { paths: ['description', 'json_schema'] }, force, ...common });
  };
  const act = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      if (!good) {
        await run(true);
        setChecked(state);
      } else onDone(lastPart((await run(false)).name));
    } catch (problem) {
      setFailure(problem);
    } finally {
      setBusy(false);
    }
  };
  const of = (path: string, root = 'eventType') => fieldError(error, path, root);
  const shown = of('eventTypeId', '') ?? of('description') ?? of('jsonSchema');
  return (
    <Confirm title={type ? `Schema of ${lastPart(type.name)}` : 'New event type'} act={good ? (type ? 'Save' : 'Make it') : 'Check'} busy={busy} disabled={!id.trim()} error={shown || breaks ? undefined : failure} onClose={onClose} onAct={() => void act()}>
      {type ? null : <TextInput label="Name" placeholder="order.paid" description="Dots make groups; it stays as it is" inputWrapperOrder={order} value={id} error={of('eventTypeId', '')} maxLength={128} spellCheck={false} autoComplete="off" data-autofocus onChange={(event) => setId(event.currentTarget.value)} />}
      <TextInput label="Description" value={description} error={of('description')} maxLength={1024} autoComplete="off" onChange={(event) => setDescription(event.currentTarget.value)} />
      <Textarea label="JSON Schema" description="2020-12. Without one any JSON is taken" inputWrapperOrder={order} rows={12} classNames={{ input: 'mono' }} value={schema} error={of('jsonSchema')} spellCheck={false} onChange={(event) => setSchema(event.currentTarget.value)} />
      {breaks ? <><Breaking error={error} /><Checkbox label="Take it nevertheless" checked={force} onChange={(event) => setForce(event.currentTarget.checked)} /></> : null}
      {good ? <p className="mt0" role="status">The server takes it. Nothing is saved yet.</p> : null}
    </Confirm>
  );
}
