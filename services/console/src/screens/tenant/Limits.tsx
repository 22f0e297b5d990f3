import { useMutation } from '@connectrpc/connect-query';
import { Button } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useViewer } from '../../api/caller';
import { newRequestId } from '../../api/client';
import { fieldError, otherErrors, readError } from '../../api/errors';
import { Origin_Kind } from '../../gen/carillon/v1/resource_pb';
import type { Tenant } from '../../gen/carillon/v1/tenant_pb';
import { TenantService } from '../../gen/carillon/v1/tenant_service_pb';
import { ApiField } from '../../ui/ApiField';
import { useFieldDocs } from '../../ui/fields';
import { plural } from '../../ui/format';
import { Card, Foreign } from '../../ui/parts';
import { ErrorBox } from '../../ui/status';
import { textIn } from '../destination/policyForm';
import { editTenant, FIELDS, GROUPS, jsonOf } from './limits';

/** The bounds of one tenant. What is left empty is as `limits.tenant_defaults` says. */
export function Limits({ tenant, onChanged }: { tenant: Tenant; onChanged: () => void }) {
  const viewer = useViewer();
  const docs = useFieldDocs('Tenant');
  // What the form was begun from: a refresh does not change it under whoever types.
  const [base, setBase] = useState(tenant);
  const [texts, setTexts] = useState<Record<string, string>>({});
  const [requestId, setRequestId] = useState(newRequestId);
  const update = useMutation(TenantService.method.updateTenant);
  const edited = useMemo(() => editTenant(base, texts), [base, texts]);
  const json = useMemo(() => jsonOf(base), [base]);
  const error = update.error ? readError(update.error) : undefined;
  const may = viewer.may('TenantService/UpdateTenant') && tenant.origin?.kind !== Origin_Kind.FILE;
  const changed = edited.changes.length > 0 || Object.keys(edited.errors).length > 0;
  const someoneElse = changed && tenant.etag !== base.etag;
  const begin = (from: Tenant) => { setBase(from); setTexts({}); setRequestId(newRequestId()); update.reset(); };
  const save = async () => {
    try {
      begin(await update.mutateAsync({ tenant: { ...edited.tenant, etag: base.etag }, updateMask: { paths: edited.mask }, allowMissing: base.uid === '', requestId }));
      onChanged();
    } catch {
      setRequestId(newRequestId());  // shown below
    }
  };
  const others = otherErrors(error, FIELDS.map(({ path }) => path), 'tenant');
  return (
    <form className="stack" onSubmit={(event) => { event.preventDefault(); void save(); }}>
      {GROUPS.map(({ title, fields }) => (
        <Card key={title} title={title}>
          <div className="fields">
            {fields.map((field) => (
              <ApiField key={field.path} label={field.label} kind={field.kind} docs={docs(field.path)} disabled={!may} value={texts[field.path] ?? textIn(json, field)}
                error={edited.errors[field.path] ?? fieldError(error, field.path, 'tenant')} onChange={(text) => setTexts((old) => ({ ...old, [field.path]: text }))} />
            ))}
          </div>
        </Card>
      ))}
      {error && (others.length > 0 || error.fields.length === 0) ? <ErrorBox error={update.error} /> : null}
      {changed ? (
        <div className="stack">
          <ul className="diff" aria-label="What will change">{edited.changes.map(({ field, before, after }) => <li key={field.path}><code>{field.path}</code> <del><Foreign text={before || 'default'} /></del> <span aria-hidden>→</span> <ins><Foreign text={after || 'default'} /></ins></li>)}</ul>
          <div className="save-bar" role="status">
            {someoneElse ? <><span>Somebody changed it while you typed.</span><Button variant="default" onClick={() => { setBase(tenant); update.reset(); }}>Put my changes on top</Button></> : <span>{plural(edited.changes.length, 'change')}</span>}
            <span className="grow" />
            <Button variant="default" onClick={() => begin(tenant)}>Discard</Button>
            <Button type="submit" loading={update.isPending} disabled={edited.changes.length === 0 || someoneElse || Object.keys(edited.errors).length > 0}>Save {plural(edited.changes.length, 'change')}</Button>
          </div>
        </div>
      ) : null}
    </form>
  );
}
