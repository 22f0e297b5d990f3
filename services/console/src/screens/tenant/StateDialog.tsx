import { useMutation } from '@connectrpc/connect-query';
import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { newRequestId } from '../../api/client';
import { lastPart } from '../../api/names';
import type { Tenant } from '../../gen/carillon/v1/tenant_pb';
import { TenantService } from '../../gen/carillon/v1/tenant_service_pb';
import { plural } from '../../ui/format';
import { Confirm } from '../../ui/Dialog';

/** Disables a tenant or enables it again, and asks why. */
export function StateDialog({ tenant, onClose, onDone }: { tenant: Tenant; onClose: () => void; onDone: () => void }) {
  const [reason, setReason] = useState('');
  const [requestId, setRequestId] = useState(newRequestId);
  const then = { onSuccess: onDone, onError: () => setRequestId(newRequestId()) };
  const enable = useMutation(TenantService.method.enableTenant, then);
  const disable = useMutation(TenantService.method.disableTenant, then);
  const act = tenant.disabled ? enable : disable;
  const { name, destinationCount } = tenant;
  const verb = tenant.disabled ? 'Enable' : 'Disable';
  const what = `${verb} ${lastPart(name)}`;
  return (
    <Confirm title={`${what}?`} act={what} danger={!tenant.disabled} busy={act.isPending} error={act.error} onClose={onClose} onAct={() => act.mutate({ name, reason: reason.trim(), requestId })}>
      <p className="mt0">
        {tenant.disabled ? 'Events in its name are taken again, and what waits is sent.'
          : <>Events in its name are refused (<code>TENANT_DISABLED</code>), and nothing is sent to its <b className="num">{plural(destinationCount, 'destination')}</b>. What waits is kept, within its bounds, and goes when it is enabled.</>}
      </p>
      <TextInput label="Why" description={tenant.disabled ? 'For people: it is kept in the audit log' : 'For people: it is shown with the tenant and its destinations'} value={reason} maxLength={1024}
        autoComplete="off" data-autofocus onChange={(event) => setReason(event.currentTarget.value)} />
    </Confirm>
  );
}
