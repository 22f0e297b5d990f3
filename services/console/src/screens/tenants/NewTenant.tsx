import { useMutation } from '@connectrpc/connect-query';
import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { newRequestId } from '../../api/client';
import { fieldError, readError } from '../../api/errors';
import { lastPart } from '../../api/names';
import { TenantService } from '../../gen/carillon/v1/tenant_service_pb';
import { Confirm } from '../../ui/Dialog';

/** Makes a tenant with the limits that all have. */
export function NewTenant({ onClose, onDone }: { onClose: () => void; onDone: (id: string) => void }) {
  const [id, setId] = useState('');
  const [displayName, setDisplayName] = useState('');
  const [requestId, setRequestId] = useState(newRequestId);
  const create = useMutation(TenantService.method.createTenant, { onSuccess: ({ name }) => onDone(lastPart(name)), onError: () => setRequestId(newRequestId()) });
  const error = create.error ? readError(create.error) : undefined;
  const ofId = fieldError(error, 'tenantId', '');
  const ofName = fieldError(error, 'displayName', 'tenant');
  return (
    <Confirm title="New tenant" act="Make the tenant" busy={create.isPending} disabled={!id.trim()} error={ofId || ofName ? undefined : create.error} onClose={onClose}
      onAct={() => create.mutate({ tenantId: id.trim(), tenant: { displayName: displayName.trim() }, requestId })}>
      <p className="mt0">It gets the limits that all tenants have; they can be changed afterwards. A tenant is also there as soon as it has a destination.</p>
      <TextInput label="Id" description="At most 128 characters of A-Z, a-z, 0-9, _ . -; it stays as it is" inputWrapperOrder={['label', 'input', 'description', 'error']} value={id} error={ofId}
        maxLength={128} autoComplete="off" spellCheck={false} data-autofocus onChange={(event) => setId(event.currentTarget.value)} />
      <TextInput label="Name for people" value={displayName} error={ofName} maxLength={128} autoComplete="off" onChange={(event) => setDisplayName(event.currentTarget.value)} />
    </Confirm>
  );
}
