import { useQuery } from '@connectrpc/connect-query';
import { Button } from '@mantine/core';
import { IconCheck, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { Link } from 'wouter';
import { useViewer } from '../../api/caller';
import { lastPart, quoted, tenantOf, toDelivery, toDestination, toSubscription } from '../../api/names';
import type { Delivery } from '../../gen/carillon/v1/delivery_pb';
import { DeliveryService } from '../../gen/carillon/v1/delivery_service_pb';
import type { Subscription } from '../../gen/carillon/v1/destination_pb';
import type { Event } from '../../gen/carillon/v1/event_pb';
import { EventService, type ExplainEventResponse_Route as Route, ExplainEventResponse_Route_Reason as Reason } from '../../gen/carillon/v1/event_service_pb';
import { SubscriptionService } from '../../gen/carillon/v1/subscription_service_pb';
import { conditionAt, filterWords } from '../../ui/filterWords';
import { count, plural } from '../../ui/format';
import { Card, Chip, DeliveryChip, Foreign } from '../../ui/parts';
import { REASONS } from '../../ui/reasons';
import { Empty, Loading, Query } from '../../ui/status';

const STEP = 100;

/** It goes there, or went. */
export const goes = ({ reason, delivery }: Pick<Route, 'reason' | 'delivery'>): boolean => reason === Reason.MATCHED || reason === Reason.REPLAYED || delivery !== '';

/** Where it goes first, then why not elsewhere; within each by name. */
export const ordered = <T extends Pick<Route, 'reason' | 'delivery'>>(routes: T[]): T[] => [...routes.filter(goes), ...routes.filter((each) => !goes(each))];

function Why({ route, subscription }: { route: Route; subscription: Subscription | undefined }) {
  const condition = conditionAt(subscription?.filter, route.failedCondition);
  return (
    <>
      {REASONS[route.reason]}{route.subscription ? <>: <Link href={toSubscription(route.subscription)}><Foreign text={subscription?.displayName || lastPart(route.subscription)} /></Link></> : null}
      {route.reason === Reason.FILTER_NOT_MET && route.failedCondition === 'disabled' ? <span className="cell-2">It is disabled, and its condition does not hold either</span> : route.reason === Reason.FILTER_NOT_MET ? (
        <span className="cell-2">{condition ? <Foreign text={filterWords(condition)} className="mono" /> : <Foreign text={route.failedCondition} className="mono" />}: {route.foundValue ? <>it is <Foreign text={route.foundValue} className="mono" /></> : 'there is nothing'}</span>
      ) : null}
    </>
  );
}

function Rows({ routes, subscriptions, deliveries }: { routes: Route[]; subscriptions: ReadonlyMap<string, Subscription>; deliveries: ReadonlyMap<string, Delivery> }) {
  const [max, setMax] = useState(STEP);
  const all = ordered(routes);
  return (
    <>
      <div className="scroll-x" tabIndex={0} role="region" aria-label="Destinations, and why">
        <table className="tbl">
          <thead><tr><th scope="col">Destination</th><th scope="col" className="sec">Goes there?</th><th scope="col">Why</th><th scope="col">Delivery</th></tr></thead>
          <tbody>
            {all.slice(0, max).map((route) => {
              const delivery = deliveries.get(route.delivery);
              return (
                <tr key={route.destination} className={goes(route) ? '' : 'dim'}>
                  <td><Link href={toDestination(route.destination)}><Foreign text={lastPart(route.destination)} /></Link></td>
                  <td className="sec">{goes(route) ? <Chip tone="ok" icon={<IconCheck size={12} aria-hidden />}>yes</Chip> : <Chip tone="own" icon={<IconX size={12} aria-hidden />}>no</Chip>}</td>
                  <td><Why route={route} subscription={subscriptions.get(route.subscription)} /></td>
                  <td>{route.delivery ? <Link href={toDelivery(route.delivery)}>{delivery ? <DeliveryChip state={delivery.state} /> : 'Open'}</Link> : <span className="muted">{goes(route) ? 'not tried yet' : '–'}</span>}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {all.length > max ? <div className="pad"><Button variant="default" onClick={() => setMax(max + STEP)}>Show more of {count(all.length)}</Button></div> : null}
    </>
  );
}

const eventIdOf = (name: string) => name.slice(name.indexOf('/events/') + '/events/'.length);

/** Where the event of that name goes, by which rules, and what came of it. */
export function useRoutes(name: string) {
  const viewer = useViewer();
  const parent = `tenants/${tenantOf(name)}`;
  const query = useQuery(EventService.method.explainEvent, { name }, { enabled: viewer.may('EventService/ExplainEvent'), refetchInterval: 10_000 });
  const subscriptions = useQuery(SubscriptionService.method.listSubscriptions, { parent, pageSize: 1000 }, { enabled: viewer.may('SubscriptionService/ListSubscriptions'), staleTime: 30_000 });
  const deliveries = useQuery(DeliveryService.method.listDeliveries, { parent: `${parent}/destinations/-`, filter: `event_id = ${quoted(eventIdOf(name))}`, pageSize: 1000 }, { enabled: viewer.may('DeliveryService/ListDeliveries'), refetchInterval: 10_000 });
  return { query, subscriptions, deliveries };
}

/** Where an event went, and why or why not, for each destination of its tenant. */
export function Routes({ event }: { event: Event }) {
  const viewer = useViewer();
  const { query, subscriptions, deliveries } = useRoutes(event.name);
  const routes = query.data?.routes ?? [];
  return (
    <Card title="Where it goes, and why" pad={false} aside={query.data ? <span className="muted num">{count(routes.filter(goes).length)} of {plural(routes.length, 'destination')}</span> : null}>
      {viewer.may('EventService/ExplainEvent') ? (
        <Query of={query} loading={<Loading rows={5} />}>
          {(data) => (data.routes.length === 0 ? <Empty title="Nobody listens yet">The tenant has no destination. While the journal keeps the event, it can be replayed to one that comes.</Empty> : (
            <Rows routes={data.routes} subscriptions={new Map(subscriptions.data?.subscriptions.map((each) => [each.name, each]))} deliveries={new Map(deliveries.data?.deliveries.map((each) => [each.name, each]))} />
          ))}
        </Query>
      ) : <p className="pad muted">Needs the role reader.</p>}
    </Card>
  );
}
