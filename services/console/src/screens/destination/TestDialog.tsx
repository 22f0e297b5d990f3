import { useMutation, useQuery } from '@connectrpc/connect-query';
import { Button, Select } from '@mantine/core';
import { IconShieldCheck } from '@tabler/icons-react';
import { useState } from 'react';
import { newRequestId } from '../../api/client';
import { lastPart } from '../../api/names';
import type { Attempt } from '../../gen/carillon/v1/delivery_pb';
import { type Destination, Outcome } from '../../gen/carillon/v1/destination_pb';
import { DestinationService } from '../../gen/carillon/v1/destination_service_pb';
import { EventTypeService } from '../../gen/carillon/v1/event_type_service_pb';
import { EventType_State } from '../../gen/carillon/v1/event_type_pb';
import { Exchange, stepsOf, Waterfall, wordsOf } from '../../ui/AttemptView';
import { Dialog } from '../../ui/Dialog';
import { durationMs, took } from '../../ui/format';
import { OUTCOMES } from '../../ui/outcomes';
import { Card, Foreign, OutcomeChip } from '../../ui/parts';
import { ErrorBox, Hint } from '../../ui/status';
import { hostOf } from './hint';

/** What came of a test, in words. */
export function Verdict({ attempt, url }: { attempt: Attempt; url: string }) {
  const host = hostOf(url);
  const status = attempt.response?.status ?? 0;
  const ms = durationMs(attempt.phases?.total) ?? 0;
  if (attempt.outcome === Outcome.SUCCESS) {
    const phases = stepsOf(attempt).steps.filter((step) => step.ms !== undefined).map((step) => `${step.label} ${took(step.ms!)}`).join(' · ');
    return (
      <div className="verdict" role="status"><IconShieldCheck size={20} aria-hidden /><div><b>It arrived.</b> <Foreign text={host} /> answered <OutcomeChip outcome={attempt.outcome} status={status} /> in <b className="num">{took(ms)}</b>.<span className="cell-2">{phases}</span></div></div>
    );
  }
  const { title, advice } = wordsOf(attempt, host);
  return <div role="status"><Hint tone={OUTCOMES[attempt.outcome].tone} title={<Foreign text={title} />}>{advice.length > 0 ? <ul>{advice.map((line) => <li key={line}>{line}</li>)}</ul> : null}</Hint></div>;
}

export function useSendTest() {
  return useMutation(DestinationService.method.testDestination);
}

/** Sends a sample through the real path and shows what came back. */
export function TestDialog({ destination, onClose }: { destination: Destination; onClose: () => void }) {
  const types = useQuery(EventTypeService.method.listEventTypes, { pageSize: 1000 }, { staleTime: 60_000 });
  const [type, setType] = useState<string | null>(null);
  const test = useSendTest();
  const names = types.data?.eventTypes.filter((each) => each.state !== EventType_State.ARCHIVED).map((each) => each.name) ?? [];
  const chosen = type ?? names.find((name) => !/\/(destination|delivery)\./.test(name)) ?? names[0] ?? '';
  const send = () => test.mutate({ name: destination.name, eventType: chosen, requestId: newRequestId() });
  const attempt = test.data?.attempt;
  return (
    <Dialog title={`Send a test to ${lastPart(destination.name)}`} opened onClose={onClose} size={760}>
      <div className="stack">
        <p className="mt0">A full sample, signed and sent like a real event, with the header <code>webhook-test: true</code>. It does not count in the destination’s health.</p>
        <div className="row">
          <Select className="grow" aria-label="Event type" searchable data={names.map((name) => ({ value: name, label: lastPart(name) }))} value={chosen || null} onChange={setType} allowDeselect={false} />
          <Button onClick={send} loading={test.isPending} disabled={!chosen}>{attempt ? 'Send again' : 'Send the test'}</Button>
        </div>
        {types.error ? <ErrorBox error={types.error} /> : null}
        {test.error ? <ErrorBox error={test.error} /> : null}
        {attempt ? <><Verdict attempt={attempt} url={destination.url} /><Card title="Where the time went"><Waterfall attempt={attempt} /></Card><Exchange attempt={attempt} /></> : null}
      </div>
    </Dialog>
  );
}
