import { useMutation, useQuery } from '@connectrpc/connect-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { newRequestId } from '../../api/client';
import { lastPart, tenantOf, toOperation } from '../../api/names';
import { DeliveryService, ReplayEventsRequest_Selection as Selection } from '../../gen/carillon/v1/delivery_service_pb';
import type { Event } from '../../gen/carillon/v1/event_pb';
import { millisOf, timestampOf } from '../../ui/format';
import { DestinationSelect } from '../../ui/DestinationSelect';
import { Confirm } from '../../ui/Dialog';
import { ErrorBox, Loading } from '../../ui/status';

/** What asks for one event alone: its place in the journal, and the moment when it was accepted. */
export function replayOf(event: Pick<Event, 'position' | 'acceptTime'>, destination: string) {
  const accepted = millisOf(event.acceptTime) ?? 0;
  return {
    destination, selection: Selection.ALL, filter: `position = ${event.position}`, startTime: timestampOf(Math.floor(accepted) - 1), endTime: timestampOf(Math.ceil(accepted) + 1),
  };
}

/** Sends one event to a destination that is chosen, whatever is subscribed there. */
export function ReplayDialog({ event, onClose }: { event: Event; onClose: () => void }) {
  const [, go] = useLocation();
  const [destination, setDestination] = useState('');
  const [requestId] = useState(newRequestId);
  const request = replayOf(event, destination);
  const before = useQuery(DeliveryService.method.replayEvents, { ...request, validateOnly: true }, { enabled: destination !== '', retry: false, staleTime: 0, gcTime: 0 });
  const replay = useMutation(DeliveryService.method.replayEvents, { onSuccess: ({ operation }) => { if (operation) go(toOperation(operation.name)); } });
  const matched = before.data?.matchedCount ?? 0n;
  return (
    <Confirm title="Replay this event to…" act={destination ? `Replay to ${lastPart(destination)}` : 'Replay'} busy={replay.isPending} disabled={destination === '' || matched === 0n} error={replay.error}
      onClose={onClose} onAct={() => replay.mutate({ ...request, requestId })}>
      <DestinationSelect parent={`tenants/${tenantOf(event.name)}`} value={destination} onChange={setDestination} />
      {destination === '' ? <p className="mt0 muted">It goes there whatever is subscribed, with the same <code>webhook-id</code>.</p>
        : before.error ? <ErrorBox error={before.error} retry={() => void before.refetch()} /> : !before.data ? <Loading rows={1} />
          : <p className="mt0" role="status">{matched === 0n ? 'The journal does not have the event any more.' : <><b className="num">1</b> event goes there, with the same <code>webhook-id</code>: a receiver that has it already knows it by that.</>}</p>}
    </Confirm>
  );
}
