import { useMutation } from '@connectrpc/connect-query';
import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useViewer } from '../../api/caller';
import { newRequestId } from '../../api/client';
import { fieldError, otherErrors, readError } from '../../api/errors';
import { tenantOf } from '../../api/names';
import { Role } from '../../gen/carillon/v1/options_pb';
import { type PortalSession, PortalService, PortalTheme_Scheme as Scheme } from '../../gen/carillon/v1/portal_service_pb';
import { Confirm, Dialog } from '../../ui/Dialog';
import { readDuration } from '../../ui/format';
import { Foreign, Kv, Time } from '../../ui/parts';
import { SecretOnce, Stored } from '../../ui/Secret';
import { TenantField } from '../../ui/TenantField';

const ROLES = [{ value: 'admin', label: 'Manage its webhooks (tenant administrator)' }, { value: 'reader', label: 'Only look (reader)' }];
const LASTS = [{ value: '1h', label: '1 h' }, { value: '15m', label: '15 min' }, { value: '8h', label: '8 h' }, { value: '24h', label: '24 h' }];
const SCHEMES = [{ value: '', label: 'as its user’s system asks' }, { value: String(Scheme.LIGHT), label: 'light' }, { value: String(Scheme.DARK), label: 'dark' }];

/** The link, this once. */
export function NewLink({ made, onClose }: { made: PortalSession; onClose: () => void }) {
  const [stored, setStored] = useState(false);
  return (
    <Dialog title="The link" opened onClose={() => { if (stored) onClose(); }} size={560}>
      <div className="stack">
        <p className="mt0">Send it to its user now: it opens once, within 10 minutes, and is never shown again.</p>
        <SecretOnce secret={made.url} label="link" />
        <Kv rows={[
          ['Tenant', <Foreign key="t" text={tenantOf(made.name)} />], ...(made.subject ? [['For', <Foreign key="s" text={made.subject} />] as [string, React.ReactNode]] : []),
          ['Ends', <Time key="e" at={made.expireTime} form="full" />],
        ]} />
        <Stored checked={stored} onChange={setStored} />
        <div className="dialog-f"><Button disabled={!stored} onClick={onClose}>Done</Button></div>
      </div>
    </Dialog>
  );
}

export function NewPortalLink({ onClose, onDone }: { onClose: () => void; onDone: (made: PortalSession) => void }) {
  const viewer = useViewer();
  const choose = viewer.caller.allTenants || viewer.tenants.length > 1;
  const [tenant, setTenant] = useState(viewer.tenant ?? '');
  const [role, setRole] = useState('admin');
  const [subject, setSubject] = useState('');
  const [lasts, setLasts] = useState('1h');
  const [scheme, setScheme] = useState('');
  const [accent, setAccent] = useState('');
  const [requestId, setRequestId] = useState(newRequestId);
  const create = useMutation(PortalService.method.createPortalSession, { onSuccess: onDone, onError: () => setRequestId(newRequestId()) });
  const error = create.error ? readError(create.error) : undefined;
  const of = (path: string, root = 'portalSession') => fieldError(error, path, root);
  const rest = error && (error.fields.length === 0 || otherErrors(error, ['parent', 'portalSession.subject', 'portalSession.ttl', 'portalSession.theme.accent'], '').length > 0);
  const order = ['label', 'input', 'description', 'error'] as ('label' | 'input' | 'description' | 'error')[];
  const wrong = accent !== '' && !/^#[0-9a-fA-F]{6}$/.test(accent);
  const submit = () => create.mutate({
    parent: `tenants/${tenant}`, requestId,
    portalSession: {
      role: role === 'admin' ? Role.TENANT_ADMIN : Role.READER, subject: subject.trim(), ttl: readDuration(lasts)!,
      ...(scheme || accent ? { theme: { scheme: Number(scheme || '0') as Scheme, accent } } : {}),
    },
  });
  return (
    <Confirm title="New portal link" act="Make the link" busy={create.isPending} disabled={!tenant || wrong} error={rest ? create.error : undefined} onClose={onClose} onAct={submit}>
      <p className="mt0">For one user of one tenant, without an account here. They see this console, with nothing of others. Your backend makes such links by <code>CreatePortalSession</code>.</p>
      {choose ? <TenantField value={tenant} onChange={setTenant} error={of('parent', '')} /> : <p className="mt0">Tenant: <b><Foreign text={tenant} /></b></p>}
      <TextInput label="For whom" placeholder="user-17" description="The audit log has it with all they do" inputWrapperOrder={order} value={subject} error={of('subject')} maxLength={256} autoComplete="off" onChange={(event) => setSubject(event.currentTarget.value)} data-autofocus />
      <div className="fields">
        <NativeSelect label="They may" data={ROLES} value={role} onChange={(event) => setRole(event.currentTarget.value)} />
        <NativeSelect label="It lasts" data={LASTS} value={lasts} error={of('ttl')} onChange={(event) => setLasts(event.currentTarget.value)} />
        <NativeSelect label="Looks" data={SCHEMES} value={scheme} onChange={(event) => setScheme(event.currentTarget.value)} />
        <TextInput label="Accent" placeholder="#2458c5" value={accent} error={wrong ? 'must be #rrggbb' : of('theme.accent')} maxLength={7} spellCheck={false} autoComplete="off" onChange={(event) => setAccent(event.currentTarget.value.trim())}
          leftSection={<input type="color" className="swatch" aria-label="Choose the accent" value={wrong || !accent ? '#2458c5' : accent} onChange={(event) => setAccent(event.currentTarget.value)} />} />
      </div>
    </Confirm>
  );
}
