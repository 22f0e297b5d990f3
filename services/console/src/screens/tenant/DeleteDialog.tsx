import { useMutation, useQuery } from '@connectrpc/connect-query';
import { Button } from '@mantine/core';
import { useState } from 'react';
import { newRequestId } from '../../api/client';
import { readError } from '../../api/errors';
import { lastPart } from '../../api/names';
import { OperationService, Operation_State as State } from '../../gen/carillon/v1/operation_pb';
import type { Tenant } from '../../gen/carillon/v1/tenant_pb';
import { TenantService } from '../../gen/carillon/v1/tenant_service_pb';
import { count, plural } from '../../ui/format';
import { Confirm, Dialog } from '../../ui/Dialog';
import { Foreign, Kv } from '../../ui/parts';
import { ErrorBox, Loading } from '../../ui/status';

const STATES: Partial<Record<State, string>> = { [State.SUCCEEDED]: 'deleted', [State.CANCELLED]: 'stopped: the tenant is disabled, with what it still has', [State.FAILED]: 'failed' };

/** How far a deletion has come; it goes on without anybody who looks. */
export function DeleteProgress({ name, id, onClose }: { name: string; id: string; onClose: () => void }) {
  const query = useQuery(OperationService.method.getOperation, { name }, { refetchInterval: (q) => (q.state.data?.done || q.state.error ? false : 1000), gcTime: 0 });
  const cancel = useMutation(OperationService.method.cancelOperation, { onSuccess: () => void query.refetch() });
  const it = query.data;
  const gone = query.error !== null && readError(query.error).reason === 'RESOURCE_NOT_FOUND';
  return (
    <Dialog title={`Deleting ${id}`} opened onClose={onClose}>
      <div className="stack">
        {gone ? <p className="mt0" role="status">It is deleted.</p> : query.error ? <ErrorBox error={query.error} retry={() => void query.refetch()} /> : !it ? <Loading rows={3} /> : (
          <>
            <progress className="bar-p" aria-label="Progress" value={it.done ? 1 : it.progress} max={1} />
            <Kv rows={[['State', <span key="s" role="status">{it.done ? STATES[it.state] ?? 'done' : 'running'}</span>], ['Removed', <span key="n" className="num">{count(it.processedCount)} of {count(it.matchedCount)}</span>]]} />
            {it.error ? <p className="mt0"><Foreign text={it.error.message} /></p> : null}
            {it.done ? null : <p className="mt0 muted">It goes on when you close this tab: <code><Foreign text={name} /></code></p>}
          </>
        )}
        {cancel.error ? <ErrorBox error={cancel.error} /> : null}
        <div className="dialog-f">
          {it && !it.done ? <Button variant="default" loading={cancel.isPending} onClick={() => cancel.mutate({ name })}>Stop</Button> : null}
          <Button onClick={onClose}>Close</Button>
        </div>
      </div>
    </Dialog>
  );
}

/** Says first what goes with the tenant. */
export function DeleteDialog({ tenant, onClose, onDone }: { tenant: Tenant; onClose: () => void; onDone: () => void }) {
  const { name, etag } = tenant;
  const [requestId] = useState(newRequestId);
  const [operation, setOperation] = useState<string>();
  const before = useQuery(TenantService.method.deleteTenant, { name, force: true, validateOnly: true }, { staleTime: 0, gcTime: 0 });
  const remove = useMutation(TenantService.method.deleteTenant, { onSuccess: (answer) => { if (answer.operation) setOperation(answer.operation.name); else onDone(); } });
  const id = lastPart(name);
  if (operation) return <DeleteProgress name={operation} id={id} onClose={onDone} />;
  const counts = before.data;
  const waits = counts?.abandonedDeliveryCount ?? 0n;
  return (
    <Confirm title={`Delete ${id}?`} act={`Delete ${id}`} danger busy={remove.isPending} disabled={!counts} error={remove.error} typed={{ label: `Type ${id} to delete it with all it has`, text: id }}
      onClose={onClose} onAct={() => remove.mutate({ name, etag, force: true, requestId })}>
      {before.error ? <ErrorBox error={before.error} retry={() => void before.refetch()} /> : !counts ? <Loading rows={4} /> : (
        <>
          <p className="mt0">
            {waits > 0n ? <><b>{plural(waits, 'delivery', 'deliveries')}{counts.uncounted ? ' and more' : ''}</b> would be given up.</>
              : counts.uncounted ? 'What waits there could not be counted; all of it would be given up.' : 'No delivery waits there.'}
            {' '}Its tokens and portal sessions are taken no more from then on. It cannot be undone.
          </p>
          <Kv rows={[
            ['Destinations', <span key="d" className="num">{count(counts.destinationCount)}</span>], ['Subscriptions', <span key="s" className="num">{count(counts.subscriptionCount)}</span>],
            ['Tokens', <span key="t" className="num">{count(counts.tokenCount)}</span>], ['Portal links', <span key="p" className="num">{count(counts.portalSessionCount)}</span>],
          ]} />
        </>
      )}
    </Confirm>
  );
}
