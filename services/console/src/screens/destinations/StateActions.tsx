import { createClient } from '@connectrpc/connect';
import { useTransport } from '@connectrpc/connect-query';
import { Button, Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useViewer } from '../../api/caller';
import { newRequestId } from '../../api/client';
import { lastPart } from '../../api/names';
import { DestinationService } from '../../gen/carillon/v1/destination_service_pb';
import { plural, readDuration } from '../../ui/format';
import { Confirm } from '../../ui/Dialog';
import { Needs } from '../../ui/status';

export type StateAct = 'pause' | 'resume' | 'enable' | 'disable';

export const ACTS: Record<StateAct, { label: string; method: string; says: string; danger?: boolean }> = {
  pause: { label: 'Pause', method: 'DestinationService/PauseDestination', says: 'No attempt is started until it is resumed. What waits is kept, also over a restart; what is in flight ends.' },
  resume: { label: 'Resume', method: 'DestinationService/ResumeDestination', says: 'What waits is sent, within its rate.' },
  enable: { label: 'Enable', method: 'DestinationService/EnableDestination', says: 'It is sent to again. Its breaker starts anew, and what waits goes within its rate and retry budget.' },
  disable: { label: 'Disable', method: 'DestinationService/DisableDestination', says: 'Nothing is sent until it is enabled. What waits is kept or given up as its policy says (disabling.deliveries).', danger: true },
};

const FOR = [{ value: '', label: 'until it is resumed' }, { value: '15m', label: 'for 15 min' }, { value: '1h', label: 'for 1 h' }, { value: '1d', label: 'for a day' }];
const AT_ONCE = 8;

/** Asks why, then does it to each. */
export function StateDialog({ act, names, onClose, onDone }: { act: StateAct; names: string[]; onClose: () => void; onDone: () => void }) {
  const client = createClient(DestinationService, useTransport());
  const [reason, setReason] = useState('');
  const [duration, setDuration] = useState('');
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState<ReadonlySet<string>>(new Set());
  const [error, setError] = useState<unknown>();
  const { label, says, danger } = ACTS[act];
  const one = async (name: string) => {
    const request = { name, reason, requestId: newRequestId() };
    if (act === 'pause') await client.pauseDestination({ ...request, ...(duration ? { duration: readDuration(duration)! } : {}) });
    else if (act === 'resume') await client.resumeDestination(request);
    else if (act === 'enable') await client.enableDestination(request);
    else await client.disableDestination(request);
  };
  const all = async () => {
    setBusy(true);
    setError(undefined);
    const ok = new Set(done);
    let failed: unknown;
    const todo = names.filter((name) => !ok.has(name));
    for (let i = 0; i < todo.length; i += AT_ONCE) {
      const some = todo.slice(i, i + AT_ONCE);
      const results = await Promise.allSettled(some.map(one));
      results.forEach((result, at) => {
        if (result.status === 'fulfilled') ok.add(some[at]!);
        else failed = result.reason;
      });
      setDone(new Set(ok));
    }
    setBusy(false);
    if (failed) setError(failed);
    else onDone();
  };
  const what = names.length === 1 ? lastPart(names[0]!) : plural(names.length, 'destination');
  return (
    <Confirm title={`${label} ${what}?`} act={`${label} ${what}`} busy={busy} error={error} onClose={onClose} onAct={() => void all()} danger={danger ?? false}>
      <p className="mt0">{says}</p>
      {act === 'pause' ? <Select label="How long" data={FOR} value={duration} onChange={(value) => setDuration(value ?? '')} allowDeselect={false} /> : null}
      <TextInput label="Why" description="For people: it is shown with the destination and kept in the audit log" value={reason} maxLength={1024} onChange={(event) => setReason(event.currentTarget.value)} data-autofocus />
      {error && names.length > 1 ? <p className="mt0">{done.size} of {names.length} are done.</p> : null}
    </Confirm>
  );
}

/** What can be done to those that are selected. */
export function StateActions({ names, onDone }: { names: string[]; onDone: () => void }) {
  const viewer = useViewer();
  const [act, setAct] = useState<StateAct>();
  return (
    <span className="row">
      <span className="num">{names.length} selected</span>
      {(['pause', 'resume', 'enable', 'disable'] as const).map((each) => (
        <Needs key={each} may={viewer.may(ACTS[each].method)}><Button variant="default" onClick={() => setAct(each)}>{ACTS[each].label}…</Button></Needs>
      ))}
      {act ? <StateDialog act={act} names={names} onClose={() => setAct(undefined)} onDone={() => { setAct(undefined); onDone(); }} /> : null}
    </span>
  );
}
