import { useMutation } from '@connectrpc/connect-query';
import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useViewer } from '../../api/caller';
import { newRequestId } from '../../api/client';
import { fieldError, otherErrors, readError } from '../../api/errors';
import { type Token, TokenService } from '../../gen/carillon/v1/access_service_pb';
import { Role } from '../../gen/carillon/v1/options_pb';
import { Confirm, Dialog } from '../../ui/Dialog';
import { type End, ENDS, endSeconds } from '../../ui/ends';
import { Foreign, Kv, Time } from '../../ui/parts';
import { SecretOnce, Stored } from '../../ui/Secret';
import { lastPart } from '../../api/names';
import { roleFor, ROLES, tokenFrom } from './form';

/** The token itself, this once. */
export function NewSecret({ made, onClose }: { made: Token; onClose: () => void }) {
  const [stored, setStored] = useState(false);
  return (
    <Dialog title={`Token ${lastPart(made.name)}`} opened onClose={() => { if (stored) onClose(); }} size={560}>
      <div className="stack">
        <p className="mt0">Copy it now. Only its hash is stored, and it is never shown again; you can always make another one.</p>
        <SecretOnce secret={made.token} label="token" />
        <Kv rows={[['Sent as', <code key="h">authorization: Bearer …</code>], ['Ends', <Time key="e" at={made.expireTime} form="full" />]]} />
        <Stored checked={stored} onChange={setStored} />
        <div className="dialog-f"><Button disabled={!stored} onClick={onClose}>Done</Button></div>
      </div>
    </Dialog>
  );
}

const below = { inputWrapperOrder: ['label', 'input', 'description', 'error'] as ('label' | 'input' | 'description' | 'error')[], autoComplete: 'off', spellCheck: false };

export function NewToken({ onClose, onDone }: { onClose: () => void; onDone: (made: Token) => void }) {
  const viewer = useViewer();
  const all = viewer.caller.allTenants;
  const roles = ROLES.filter(({ role }) => role !== Role.OPERATOR || viewer.caller.role === Role.OPERATOR);
  const [role, setRole] = useState(roles.find((each) => each.role === Role.PUBLISHER)!.value);
  const [id, setId] = useState('');
  const [displayName, setDisplayName] = useState('');
  const [tenants, setTenants] = useState(viewer.tenant ?? '');
  const [types, setTypes] = useState('');
  const [end, setEnd] = useState<End>('90d');
  const [date, setDate] = useState('');
  const [requestId, setRequestId] = useState(newRequestId);
  const create = useMutation(TokenService.method.createToken, { onSuccess: onDone, onError: () => setRequestId(newRequestId()) });
  const error = create.error ? readError(create.error) : undefined;
  const [says, what] = [ROLES.find((each) => each.value === role)!.says, roleFor(role)];
  const seconds = endSeconds(end, date, Date.now());
  const of = (path: string, root = 'token') => fieldError(error, path, root);
  const rest = error && (error.fields.length === 0 || otherErrors(error, ['tokenId', 'token.displayName', 'token.tenants', 'token.eventTypes', 'token.expireTime'], '').length > 0);
  const submit = () => create.mutate({
    ...tokenFrom({ id, displayName, role: what, tenants, types, seconds: end === '90d' ? undefined : seconds, own: all ? undefined : viewer.tenant }), requestId,
  });
  return (
    <Confirm title="New token" act="Make the token" busy={create.isPending} disabled={seconds === undefined} error={rest ? create.error : undefined} onClose={onClose} onAct={submit}>
      <NativeSelect label="What it may do" data={roles.map(({ value, label }) => ({ value, label }))} value={role} description={says} inputWrapperOrder={below.inputWrapperOrder} onChange={(event) => setRole(event.currentTarget.value)} data-autofocus />
      <TextInput {...below} label="Id" placeholder="made by the server" description="1 to 63 characters of a-z, 0-9 and -" value={id} error={of('tokenId', '')} maxLength={63} onChange={(event) => setId(event.currentTarget.value)} />
      <TextInput {...below} label="Name for people" value={displayName} error={of('displayName')} maxLength={128} onChange={(event) => setDisplayName(event.currentTarget.value)} />
      {what === Role.OPERATOR ? null : all ? <TextInput {...below} label="Tenants" placeholder="all of them" description="Their ids, with a comma between" value={tenants} error={of('tenants') ?? of('parent', '')} onChange={(event) => setTenants(event.currentTarget.value)} />
        : <p className="mt0">For the tenant <b><Foreign text={viewer.tenant ?? ''} /></b> alone.</p>}
      {what === Role.PUBLISHER ? <TextInput {...below} label="Event types" placeholder="all of them" description="What it may publish: order.paid, order.*, with a comma between" value={types} error={of('eventTypes')} onChange={(event) => setTypes(event.currentTarget.value)} /> : null}
      <NativeSelect label="It ends" data={ENDS} value={end} error={of('expireTime')} onChange={(event) => setEnd(event.currentTarget.value as End)} />
      {end === 'on' ? <TextInput label="Last day" type="date" value={date} error={date && seconds === undefined ? 'must lie ahead' : undefined} onChange={(event) => setDate(event.currentTarget.value)} /> : null}
    </Confirm>
  );
}
