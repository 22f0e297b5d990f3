import { useMutation, useQuery } from '@connectrpc/connect-query';
import { useState } from 'react';
import { newRequestId } from '../../api/client';
import { lastPart } from '../../api/names';
import { DestinationService } from '../../gen/carillon/v1/destination_service_pb';
import type { Destination } from '../../gen/carillon/v1/destination_pb';
import { count, plural } from '../../ui/format';
import { Confirm } from '../../ui/Dialog';
import { ErrorBox, Loading } from '../../ui/status';

/** Says first what would be given up. */
export function DeleteDialog({ destination, onClose, onDone }: { destination: Destination; onClose: () => void; onDone: () => void }) {
  const { name, etag } = destination;
  const [requestId] = useState(newRequestId);
  const before = useQuery(DestinationService.method.deleteDestination, { name, force: true, validateOnly: true }, { staleTime: 0, gcTime: 0 });
  const remove = useMutation(DestinationService.method.deleteDestination, { onSuccess: onDone });
  const id = lastPart(name);
  const counts = before.data;
  return (
    <Confirm title={`Delete ${id}?`} act={`Delete ${id}`} danger busy={remove.isPending} disabled={!counts} error={remove.error}
      typed={counts && counts.abandonedDeliveryCount > 0n ? { label: `Type ${count(counts.abandonedDeliveryCount)} to give them up`, text: count(counts.abandonedDeliveryCount) } : undefined}
      onClose={onClose} onAct={() => remove.mutate({ name, etag, force: true, requestId })}>
      {before.error ? <ErrorBox error={before.error} retry={() => void before.refetch()} /> : !counts ? <Loading rows={2} /> : (
        <>
          <p className="mt0">
            {counts.abandonedDeliveryCount > 0n
              ? <><b>{plural(counts.abandonedDeliveryCount, 'delivery', 'deliveries')}{counts.uncounted ? ' and more' : ''}</b> would be given up, {count(counts.untriedDeliveryCount)} of them never tried.</>
              : counts.uncounted ? 'What waits there could not be counted; all of it would be given up.' : 'No delivery waits there.'}
          </p>
          {counts.deletedSubscriptions.length > 0 ? <p className="mt0">Deleted with it: {counts.deletedSubscriptions.map(lastPart).join(', ')}.</p> : null}
          {counts.changedSubscriptions.length > 0 ? <p className="mt0">Taken out of: {counts.changedSubscriptions.map(lastPart).join(', ')}.</p> : null}
        </>
      )}
    </Confirm>
  );
}
