import { useMutation, useQuery } from '@connectrpc/connect-query';
import { Button } from '@mantine/core';
import { Link } from 'wouter';
import { toOperation } from '../api/names';
import { OperationService } from '../gen/carillon/v1/operation_pb';
import { Dialog } from './Dialog';
import { count } from './format';
import { OPERATION_STATES, sends } from './operations';
import { ProgressBar } from './OperationParts';
import { Kv } from './parts';
import { ErrorBox, Loading } from './status';

/** An operation that was just begun. It goes on when the dialog is closed. */
export function OperationProgress({ title, name, onClose }: { title: string; name: string; onClose: () => void }) {
  const query = useQuery(OperationService.method.getOperation, { name }, { refetchInterval: (q) => (q.state.data?.done ? false : 1000) });
  const cancel = useMutation(OperationService.method.cancelOperation, { onSuccess: () => void query.refetch() });
  const it = query.data;
  return (
    <Dialog title={title} opened onClose={onClose}>
      <div className="stack">
        {query.error ? <ErrorBox error={query.error} retry={() => void query.refetch()} /> : null}
        {!it ? <Loading rows={3} /> : (
          <>
            <ProgressBar label="Progress" value={it.done ? 1 : it.progress} />
            <Kv rows={[
              ['State', OPERATION_STATES[it.state].label],
              [sends(it.kind) ? 'Put to be sent' : 'Removed', <span key="p" className="num">{count(it.processedCount)} of {count(it.matchedCount)}</span>],
              ...(sends(it.kind) ? [['Arrived', <span key="a" className="num">{count(it.deliveredCount)}</span>], ['Given up again', <span key="d" className="num">{count(it.deadCount)}</span>]] as [string, React.ReactNode][] : []),
            ]} />
            <p className="mt0 muted">It goes on when you close this tab. <Link href={toOperation(name)}>See it under Replays</Link>{sends(it.kind) ? ', where its rate can be changed' : ''}.</p>
          </>
        )}
        {cancel.error ? <ErrorBox error={cancel.error} /> : null}
        <div className="dialog-f">
          {it && !it.done ? <Button variant="default" loading={cancel.isPending} onClick={() => cancel.mutate({ name })}>Cancel the rest</Button> : null}
          <Button onClick={onClose}>Close</Button>
        </div>
      </div>
    </Dialog>
  );
}
