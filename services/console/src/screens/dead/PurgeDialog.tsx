import { useMutation, useQuery } from '@connectrpc/connect-query';
import { useState } from 'react';
import { newRequestId } from '../../api/client';
import { partOf } from '../../api/names';
import { DeliveryService } from '../../gen/carillon/v1/delivery_service_pb';
import { count } from '../../ui/format';
import { Confirm } from '../../ui/Dialog';
import { OperationProgress } from '../../ui/OperationProgress';
import { Foreign, Kv } from '../../ui/parts';
import { ErrorBox, Loading } from '../../ui/status';
import { ChooseTenant, groups } from '../deliveries/ResendDialog';

/** Says how many would be forgotten, which has to be typed, then forgets them as an operation. */
export function PurgeDialog({ parent, filter, onClose, onDone }: { parent: string; filter: string; onClose: () => void; onDone: () => void }) {
  const [requestId] = useState(newRequestId);
  const [operation, setOperation] = useState<string>();
  const alone = partOf(parent, 'tenants') !== '-';
  const before = useQuery(DeliveryService.method.purgeDeliveries, { parent, filter, validateOnly: true }, { enabled: alone, staleTime: 0, gcTime: 0 });
  const purge = useMutation(DeliveryService.method.purgeDeliveries, { onSuccess: (answer) => { setOperation(answer.operation?.name); onDone(); } });
  if (!alone) return <ChooseTenant onClose={onClose} />;
  if (operation) return <OperationProgress title="Purging" name={operation} onClose={() => { onDone(); onClose(); }} />;
  const matched = before.data?.matchedCount ?? 0n;
  const words = count(matched);
  return (
    <Confirm title="Purge dead letters?" act={before.data ? `Purge ${before.data.estimated ? 'about ' : ''}${words}` : 'Purge'} danger busy={purge.isPending} disabled={matched === 0n} error={purge.error}
      typed={matched > 0n ? { label: `Type ${words} to purge them`, text: words } : undefined} onClose={onClose} onAct={() => purge.mutate({ parent, filter, requestId })}>
      {before.error ? <ErrorBox error={before.error} retry={() => void before.refetch()} /> : !before.data ? <Loading rows={3} /> : (
        <>
          <p className="mt0"><b className="num">{before.data.estimated ? 'about ' : ''}{words}</b> {matched === 1n ? 'dead letter matches' : 'dead letters match'} <code><Foreign text={filter} /></code>. Carillon forgets them: they cannot be requeued any more. Their events stay in the journal for as long as it keeps them.</p>
          {before.data.sample.length > 0 ? <Kv rows={groups(before.data.sample).map(([id, n]) => [id, <span key={id} className="muted num">{count(n)} of the first {before.data!.sample.length}</span>])} /> : null}
        </>
      )}
    </Confirm>
  );
}
