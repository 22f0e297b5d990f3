import { createClient } from '@connectrpc/connect';
import { useMutation, useQuery, useTransport } from '@connectrpc/connect-query';
import { Button, TextInput } from '@mantine/core';
import { useMemo, useState } from 'react';
import { newRequestId } from '../../api/client';
import { DeliveryService } from '../../gen/carillon/v1/delivery_service_pb';
import { destinationIdOf, partOf } from '../../api/names';
import { count, plural } from '../../ui/format';
import { Confirm, Dialog } from '../../ui/Dialog';
import { OperationProgress } from '../../ui/OperationProgress';
import { Foreign, Kv } from '../../ui/parts';
import { ErrorBox, Loading } from '../../ui/status';
import type { Row } from './query';

const AT_ONCE = 8;

/** How many go to which destination, the most first. */
export function groups(names: string[]): [string, number][] {
  const by = new Map<string, number>();
  for (const name of names) by.set(destinationIdOf(name), (by.get(destinationIdOf(name)) ?? 0) + 1);
  return [...by].sort((a, b) => b[1] - a[1]).slice(0, 6);
}

function Picked({ picked, verb, onClose, onDone }: { picked: Row[]; verb: string; onClose: () => void; onDone: () => void }) {
  const client = createClient(DeliveryService, useTransport());
  const ids = useMemo(() => new Map(picked.map((row) => [row.name, newRequestId()])), [picked]);
  const [done, setDone] = useState(0);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const send = async () => {
    setBusy(true);
    setError(undefined);
    let failed: unknown;
    for (let i = 0; i < picked.length; i += AT_ONCE) {
      const some = picked.slice(i, i + AT_ONCE);
      const results = await Promise.allSettled(some.map((row) => client.resendDelivery({ name: row.name, requestId: ids.get(row.name)! })));
      failed = results.find((each) => each.status === 'rejected')?.reason ?? failed;
      setDone(Math.min(i + AT_ONCE, picked.length));
    }
    setBusy(false);
    if (failed) return setError(failed);
    onDone();
    onClose();
  };
  const what = plural(picked.length, 'delivery', 'deliveries');
  return (
    <Confirm title={`${verb} ${what}?`} act={`${verb} ${count(picked.length)}`} busy={busy} error={error} onClose={onClose} onAct={() => void send()}>
      <p className="mt0">Each goes once more to its destination, also those that have arrived: the receiver knows them by the same <code>webhook-id</code>.</p>
      <Kv rows={groups(picked.map((row) => row.name)).map(([id, n]) => [id, <span key={id} className="num">{count(n)}</span>])} />
      {busy ? <p className="mt0" role="status">{count(done)} of {count(picked.length)}</p> : null}
    </Confirm>
  );
}

function All({ parent, filter, verb, onClose, onDone }: { parent: string; filter: string; verb: string; onClose: () => void; onDone: () => void }) {
  const [rate, setRate] = useState('');
  const [requestId] = useState(newRequestId);
  const [operation, setOperation] = useState<string>();
  const wanted = filter || '*';
  const before = useQuery(DeliveryService.method.resendDeliveries, { parent, filter: wanted, validateOnly: true }, { staleTime: 0, gcTime: 0 });
  const resend = useMutation(DeliveryService.method.resendDeliveries, { onSuccess: (answer) => { setOperation(answer.operation?.name); onDone(); } });
  if (operation) return <OperationProgress title={verb === 'Resend' ? 'Resending' : 'Requeuing'} name={operation} onClose={onClose} />;
  const matched = before.data?.matchedCount ?? 0n;
  const words = `${before.data?.estimated ? 'about ' : ''}${count(matched)}`;
  const perSecond = Number(rate);
  const wrong = rate !== '' && !(perSecond >= 0.01 && perSecond <= 100_000);
  return (
    <Confirm title={`${verb} all that match?`} act={before.data ? `${verb} ${words}` : verb} busy={resend.isPending} disabled={matched === 0n || wrong} error={resend.error} onClose={onClose}
      onAct={() => resend.mutate({ parent, filter: wanted, requestId, ...(rate ? { maxRate: perSecond } : {}) })}>
      {before.error ? <ErrorBox error={before.error} retry={() => void before.refetch()} /> : !before.data ? <Loading rows={3} /> : (
        <>
          <p className="mt0"><b className="num">{words}</b> {matched === 1n ? 'delivery matches' : 'deliveries match'}{filter ? <> <code><Foreign text={filter} /></code></> : ', all there are'}. The newest go first; where a breaker is open or a destination is paused they wait.</p>
          {before.data.sample.length > 0 ? <Kv rows={groups(before.data.sample).map(([id, n]) => [id, <span key={id} className="muted num">{count(n)} of the first {before.data!.sample.length}</span>])} /> : null}
          <TextInput label="At most so many a second" description="Empty: as many as the destinations take" inputMode="decimal" value={rate} error={wrong ? 'must be 0.01 to 100000' : undefined} onChange={(event) => setRate(event.currentTarget.value.trim())} />
        </>
      )}
    </Confirm>
  );
}

/** What is done to all that match is done in one tenant at a time. */
export function ChooseTenant({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Choose a tenant first" opened onClose={onClose}>
      <div className="stack"><p className="mt0">All that match are dealt with in one tenant at a time. Choose it above, or filter by a destination.</p><div className="dialog-f"><Button onClick={onClose}>Close</Button></div></div>
    </Dialog>
  );
}

/** Resends what is selected, or all that match, which goes on as an operation. `verb`: what the act is called. */
export function ResendDialog({ what, picked, parent, filter, verb = 'Resend', onClose, onDone }: {
  what: 'picked' | 'all'; picked: Row[]; parent: string; filter: string; verb?: string; onClose: () => void; onDone: () => void;
}) {
  if (what === 'picked') return <Picked picked={picked} verb={verb} onClose={onClose} onDone={onDone} />;
  if (partOf(parent, 'tenants') === '-') return <ChooseTenant onClose={onClose} />;
  return <All parent={parent} filter={filter} verb={verb} onClose={onClose} onDone={onDone} />;
}
