import { useMutation } from '@connectrpc/connect-query';
import { Button } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useViewer } from '../../api/caller';
import { newRequestId } from '../../api/client';
import { fieldError, otherErrors, readError } from '../../api/errors';
import { lastPart } from '../../api/names';
import type { Destination } from '../../gen/carillon/v1/destination_pb';
import { DestinationService } from '../../gen/carillon/v1/destination_service_pb';
import { Origin_Kind } from '../../gen/carillon/v1/resource_pb';
import { ApiField } from '../../ui/ApiField';
import { Json } from '../../ui/Code';
import { useDescription, useFieldDocs } from '../../ui/fields';
import { plural } from '../../ui/format';
import { Card, Copy, Foreign } from '../../ui/parts';
import { ErrorBox, PageLoading, ReadOnly, useAnswered } from '../../ui/status';
import { toYaml } from '../../ui/yaml';
import { edit, FIELDS, fileOf, GROUPS, textIn, jsonOf } from './policyForm';

/** How the destination wants to be called: a form beside what the configuration file would say. */
export function Policy({ destination, onChanged }: { destination: Destination; onChanged: () => void }) {
  const viewer = useViewer();
  const docs = useFieldDocs('Destination');
  const ready = useAnswered(useDescription('Destination'));
  // What the form was begun from: a refresh does not change it under whoever types.
  const [base, setBase] = useState(destination);
  const [texts, setTexts] = useState<Record<string, string>>({});
  const [requestId, setRequestId] = useState(newRequestId);
  const update = useMutation(DestinationService.method.updateDestination);
  const edited = useMemo(() => edit(base, texts), [base, texts]);
  const json = useMemo(() => jsonOf(base), [base]);
  const error = update.error ? readError(update.error) : undefined;
  const file = base.origin !== undefined && base.origin.kind !== Origin_Kind.API;
  const may = viewer.may('DestinationService/UpdateDestination') && !file;
  const changed = edited.changes.length > 0;
  const someoneElse = destination.etag !== base.etag;
  const begin = (from: Destination) => { setBase(from); setTexts({}); setRequestId(newRequestId()); update.reset(); };
  const save = async () => {
    try {
      const saved = await update.mutateAsync({ destination: { ...edited.destination, etag: base.etag }, updateMask: { paths: edited.mask }, requestId });
      begin(saved);
      onChanged();
    } catch {
      setRequestId(newRequestId());  // shown below
    }
  };
  if (!ready) return <PageLoading />;
  const yaml = toYaml(fileOf(edited.json) as Parameters<typeof toYaml>[0]).trim();
  const others = otherErrors(error, FIELDS.map(({ path }) => path), 'destination');
  return (
    <div className="cols-2-1 wide-r">
      <form className="stack" onSubmit={(event) => { event.preventDefault(); void save(); }}>
        <ReadOnly origin={base.origin} />
        {!file && !may ? <p className="read-only">To change it needs the role tenant administrator.</p> : null}
        {GROUPS.map(({ title, fields }) => (
          <Card key={title} title={title}>
            <div className="fields">
              {fields.map((field) => (
                <ApiField key={field.path} label={field.label} kind={field.kind} choices={field.choices} docs={docs(field.path)} disabled={!may}
                  value={texts[field.path] ?? textIn(json, field)} error={edited.errors[field.path] ?? fieldError(error, field.path, 'destination')}
                  onChange={(text) => setTexts((old) => ({ ...old, [field.path]: text }))} />
              ))}
            </div>
          </Card>
        ))}
        {error && (others.length > 0 || error.fields.length === 0) ? <ErrorBox error={update.error} /> : null}
        {changed || someoneElse ? (
          <div className="save-bar" role="status">
            {someoneElse ? <><span>Somebody changed it while you typed.</span><Button variant="default" onClick={() => { setBase(destination); update.reset(); }}>Put my changes on top</Button></> : <span>{plural(edited.changes.length, 'change')}</span>}
            <span className="grow" />
            <Button variant="default" onClick={() => begin(destination)}>Discard</Button>
            <Button type="submit" loading={update.isPending} disabled={!changed || someoneElse || Object.keys(edited.errors).length > 0}>Save {plural(edited.changes.length, 'change')}</Button>
          </div>
        ) : null}
      </form>
      <div className="stack sticky">
        {changed ? (
          <Card title="What will change">
            <ul className="diff">{edited.changes.map(({ field, before, after }) => <li key={field.path}><code>{field.path}</code> <del><Foreign text={before || 'default'} /></del> <span aria-hidden>→</span> <ins><Foreign text={after || 'default'} /></ins></li>)}</ul>
          </Card>
        ) : null}
        <Card title="As YAML" pad={false} aside={<Copy value={yaml} what="YAML" />}><Json text={yaml} label={`${lastPart(base.name)} as YAML`} /></Card>
      </div>
    </div>
  );
}
