import { createClient } from '@connectrpc/connect';
import { useQuery, useTransport } from '@connectrpc/connect-query';
import { Button, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useViewer } from '../../api/caller';
import { lastPart, quoted, tenantOf } from '../../api/names';
import type { Destination } from '../../gen/carillon/v1/destination_pb';
import { type ExplainEventResponse, type ExplainEventResponse_Route as Route, EventService, ExplainEventResponse_Route_Reason as Reason } from '../../gen/carillon/v1/event_service_pb';
import { SubscriptionService } from '../../gen/carillon/v1/subscription_service_pb';
import { REASONS } from '../../ui/reasons';
import { filterWords } from '../../ui/filterWords';
import { Card, Chip, Foreign } from '../../ui/parts';
import { Empty, ErrorBox, PageLoading, Query, useAnswered } from '../../ui/status';

/** Whether an event came here, and why or why not. */
function WouldItHave({ destination }: { destination: Destination }) {
  const client = createClient(EventService, useTransport());
  const [id, setId] = useState('');
  const [busy, setBusy] = useState(false);
  const [answer, setAnswer] = useState<ExplainEventResponse>();
  const [error, setError] = useState<unknown>();
  const ask = async () => {
    setBusy(true);
    setError(undefined);
    setAnswer(undefined);
    try {
      setAnswer(await client.explainEvent({ name: `tenants/${tenantOf(destination.name)}/events/${id.trim()}` }));
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  const route: Route | undefined = answer?.routes.find((each) => each.destination === destination.name);
  const came = route?.reason === Reason.MATCHED || route?.reason === Reason.REPLAYED;
  return (
    <Card title="Would it have got …?">
      <form className="stack" onSubmit={(event) => { event.preventDefault(); if (id.trim()) void ask(); }}>
        <div className="row"><TextInput className="grow" aria-label="Event id" placeholder="Event id" value={id} onChange={(event) => setId(event.currentTarget.value)} /><Button type="submit" variant="default" loading={busy} disabled={!id.trim()}>Ask</Button></div>
        {error ? <ErrorBox error={error} /> : null}
        {answer ? (
          <p className="mt0" role="status"><Chip tone={came ? 'ok' : 'own'}>{came ? 'yes' : 'no'}</Chip> {route ? REASONS[route.reason] : 'No subscription that leads here has its type'}.</p>
        ) : null}
      </form>
    </Card>
  );
}

/** Which subscriptions lead here. */
export function Gets({ destination }: { destination: Destination }) {
  const viewer = useViewer();
  const query = useQuery(SubscriptionService.method.listSubscriptions, { parent: `tenants/${tenantOf(destination.name)}`, pageSize: 1000, filter: `destinations:${quoted(destination.name)}` });
  if (!useAnswered(query)) return <PageLoading />;
  return (
    <div className="cols-2-1">
      <Card title="Subscriptions that lead here" pad={false}>
        <Query of={query}>
          {(data) => {
            const mine = data.subscriptions;
            if (mine.length === 0) return <Empty title="It gets nothing">No subscription leads here. Events that nobody asks for are kept for a while.</Empty>;
            return (
              <div className="scroll-x" tabIndex={0} role="region" aria-label="Subscriptions">
                <table className="tbl">
                  <thead><tr><th scope="col">Subscription</th><th scope="col">Event types</th><th scope="col">Only where</th></tr></thead>
                  <tbody>
                    {mine.map((each) => (
                      <tr key={each.name} className={each.disabled ? 'dim' : ''}>
                        <td><b><Foreign text={each.displayName || lastPart(each.name)} /></b>{each.disabled ? <Chip tone="own">disabled</Chip> : null}</td>
                        <td className="mono"><Foreign text={each.types.join(', ')} /></td><td><Foreign text={filterWords(each.filter)} /></td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            );
          }}
        </Query>
      </Card>
      <div className="stack">{viewer.may('EventService/ExplainEvent') ? <WouldItHave destination={destination} /> : null}</div>
    </div>
  );
}
