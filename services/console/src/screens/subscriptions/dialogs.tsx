import { useMutation, useQuery } from '@connectrpc/connect-query';
import { useState } from 'react';
import { useViewer } from '../../api/caller';
import { newRequestId } from '../../api/client';
import { lastPart, tenantOf } from '../../api/names';
import type { Subscription } from '../../gen/carillon/v1/destination_pb';
import { SubscriptionService } from '../../gen/carillon/v1/subscription_service_pb';
import { count } from '../../ui/format';
import { Confirm } from '../../ui/Dialog';
import { Foreign } from '../../ui/parts';
import { Loading } from '../../ui/status';

/** How many of the newest events would not have been sent any more. */
function Loses({ subscription }: { subscription: Subscription }) {
  const viewer = useViewer();
  const { types, destinations, filter, name } = subscription;
  const enabled = viewer.may('SubscriptionService/PreviewSubscription');
  const query = useQuery(SubscriptionService.method.previewSubscription, { parent: `tenants/${tenantOf(name)}`, maxResults: 1, subscription: { types, destinations, ...(filter ? { filter } : {}) } }, { enabled, retry: false, staleTime: 0, gcTime: 0 });
  if (!enabled || query.error) return null;
  if (!query.data) return <Loading rows={1} />;
  return <p className="mt0"><b className="num">{count(query.data.matchedCount)}</b> of the last {count(query.data.scannedCount)} events of the tenant match it.</p>;
}

const to = ({ destinations }: Subscription) => destinations.slice(0, 5).map(lastPart).join(', ') + (destinations.length > 5 ? ` and ${count(destinations.length - 5)} more` : '');

export function DeleteDialog({ subscription, onClose, onDone }: { subscription: Subscription; onClose: () => void; onDone: () => void }) {
  const [requestId] = useState(newRequestId);
  const remove = useMutation(SubscriptionService.method.deleteSubscription, { onSuccess: onDone });
  const id = lastPart(subscription.name);
  return (
    <Confirm title={`Delete ${id}?`} act={`Delete ${id}`} danger busy={remove.isPending} error={remove.error} onClose={onClose} onAct={() => remove.mutate({ name: subscription.name, etag: subscription.etag, requestId })}>
      <Loses subscription={subscription} />
      <p className="mt0">From now on none goes by it to <Foreign text={to(subscription)} />. What waits there already is still sent. The destinations stay.</p>
    </Confirm>
  );
}

export function DisableDialog({ subscription, onClose, onDone }: { subscription: Subscription; onClose: () => void; onDone: () => void }) {
  const { name, etag, disabled } = subscription;
  const [requestId] = useState(newRequestId);
  const update = useMutation(SubscriptionService.method.updateSubscription, { onSuccess: onDone });
  const label = disabled ? 'Enable' : 'Disable';
  const id = lastPart(name);
  return (
    <Confirm title={`${label} ${id}?`} act={`${label} ${id}`} busy={update.isPending} error={update.error} onClose={onClose} onAct={() => update.mutate({ subscription: { name, etag, disabled: !disabled }, updateMask: { paths: ['disabled'] }, requestId })}>
      <Loses subscription={subscription} />
      <p className="mt0">{disabled ? 'From the next event on they go by it again; what came meanwhile can be replayed.' : 'It matches nothing until it is enabled. What waits already is still sent.'}</p>
    </Confirm>
  );
}
