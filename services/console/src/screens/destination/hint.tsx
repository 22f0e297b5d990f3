import { useQuery } from '@connectrpc/connect-query';
import { Button } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import { useViewer } from '../../api/caller';
import { lastPart, toDelivery } from '../../api/names';
import { DeliveryService } from '../../gen/carillon/v1/delivery_service_pb';
import { type Destination, DestinationStatus_Reason as Reason } from '../../gen/carillon/v1/destination_pb';
import { count, durationMs, millisOf, plural, span, timeText } from '../../ui/format';
import { adviceFor, OUTCOMES } from '../../ui/outcomes';
import { Foreign, Since, Time } from '../../ui/parts';
import { Hint, Needs } from '../../ui/status';
import { type DestinationState, stateOf, whyOf } from '../../ui/states';
import { type StateAct, StateDialog } from '../destinations/StateActions';
import { TestDialog } from './TestDialog';

const FIVE_DAYS = 5 * 86_400_000;

export const hostOf = (url: string): string => {
  try {
    return new URL(url).host;
  } catch {
    return url;
  }
};

/** What waits, and what becomes of it. */
function Waiting({ destination, state }: { destination: Destination; state: DestinationState }) {
  const { status, disabling } = destination;
  if (!status) return null;
  const waiting = status.queuedCount + status.parkedCount;
  const since = millisOf(status.failingSince);
  const after = durationMs(disabling?.failingFor) ?? FIVE_DAYS;
  const failing = isTroubled(state);
  return (
    <p>
      {waiting > 0n ? <><b>{plural(waiting, 'delivery', 'deliveries')}{status.behind ? ' and more' : ''} {waiting === 1n ? 'waits' : 'wait'}</b>{failing ? '; none is lost, and they go out by themselves once it answers. ' : '; none is lost. '}</> : 'Nothing waits. '}
      {failing && since !== undefined && !disabling?.never ? <>If nothing changes it is disabled on {timeText(since + after, 'full')}.</> : null}
    </p>
  );
}

const isTroubled = (state: DestinationState): boolean => state === 'failing' || state === 'timing-out' || state === 'unreachable' || state === 'open';

/** What the last failed attempt found out, where the destination, once it is known, is in trouble. */
export function useLastFailure(name: string, destination: Destination | undefined) {
  const enabled = useViewer().may('DeliveryService/ListAttempts') && destination !== undefined && isTroubled(stateOf(destination));
  return useQuery(DeliveryService.method.listAttempts,
    { parent: `${name}/deliveries/-`, filter: 'NOT outcome = OUTCOME_SUCCESS', pageSize: 1, view: 2 }, { enabled, refetchInterval: 15_000 });
}

function ButtonTo({ act, destination, onChanged, primary = false }: { act: StateAct; destination: Destination; onChanged: () => void; primary?: boolean }) {
  const viewer = useViewer();
  const [open, setOpen] = useState(false);
  const label = { pause: 'Pause', resume: 'Resume', enable: 'Enable', disable: 'Disable' }[act];
  return (
    <>
      <Needs may={viewer.may(`DestinationService/${label}Destination`)}><Button {...(primary ? {} : { variant: 'default' })} onClick={() => setOpen(true)}>{label} it…</Button></Needs>
      {open ? <StateDialog act={act} names={[destination.name]} onClose={() => setOpen(false)} onDone={() => { setOpen(false); onChanged(); }} /> : null}
    </>
  );
}

function Stopped({ destination, state, onChanged }: { destination: Destination; state: 'paused' | 'disabled'; onChanged: () => void }) {
  const { status, name } = destination;
  const end = status?.pauseEndTime;
  const byFile = status?.reason === Reason.CONFIGURED || status?.reason === Reason.TENANT_DISABLED;
  return (
    <Hint tone={state === 'paused' ? 'info' : 'own'} title={<>{lastPart(name)} is {state}{status?.stateTime ? <> since <Time at={status.stateTime} form="full" /></> : null}</>}
      actions={byFile ? null : <ButtonTo act={state === 'paused' ? 'resume' : 'enable'} destination={destination} onChanged={onChanged} primary />}>
      <p><Foreign text={whyOf(destination)} />.{end ? <> It goes on by itself in <Since at={end} />.</> : null}</p>
      <Waiting destination={destination} state={state} />
    </Hint>
  );
}

/** One card that says what is wrong with a destination and what to do; nothing where nothing is. */
export function DestinationHint({ destination, onChanged, onTab }: { destination: Destination; onChanged: () => void; onTab: (tab: string) => void }) {
  const viewer = useViewer();
  const [testing, setTesting] = useState(false);
  const state = stateOf(destination);
  const attempt = useLastFailure(destination.name, destination).data?.attempts[0];
  if (state === 'paused' || state === 'disabled') return <Stopped destination={destination} state={state} onChanged={onChanged} />;
  const { status } = destination;
  if (!isTroubled(state) || !status) return null;
  const same = attempt?.outcome === status.lastOutcome ? attempt : undefined;
  const words = adviceFor({
    outcome: status.lastOutcome, status: status.lastResponseStatus, host: hostOf(destination.url),
    remote: same?.remoteAddress, tookMs: durationMs(same?.phases?.total), detail: same?.detail,
  });
  const since = millisOf(status.failingSince);
  return (
    <Hint tone={OUTCOMES[status.lastOutcome].tone === 'ok' ? 'slow' : OUTCOMES[status.lastOutcome].tone} title={<Foreign text={words.title} />}
      actions={
        <>
          <Needs may={viewer.may('DestinationService/TestDestination')}><Button onClick={() => setTesting(true)}>Send a test…</Button></Needs>
          {words.act === 'raise-timeout' ? <Button variant="default" onClick={() => onTab('policy')}>Raise the timeout…</Button> : null}
          {words.act === 'set-rate' ? <Button variant="default" onClick={() => onTab('policy')}>Set a rate…</Button> : null}
          {words.act === 'use-url' ? <Button variant="default" onClick={() => onTab('policy')}>Change the URL…</Button> : null}
          {attempt ? <Link href={toDelivery(attempt.name, `?attempt=${attempt.number}`)}>Look at the last attempt</Link> : null}
        </>
      }>
      {since === undefined ? null : <p>Every attempt has failed since <Time ms={since} form="full" />, for {span(Date.now() - since)}. {Number(status.inFlightCount) > 0 ? `${count(status.inFlightCount)} in flight.` : ''}</p>}
      <Waiting destination={destination} state={state} />
      {words.advice.length > 0 ? <ul>{words.advice.map((line) => <li key={line}>{line}</li>)}</ul> : null}
      {testing ? <TestDialog destination={destination} onClose={() => setTesting(false)} /> : null}
    </Hint>
  );
}
