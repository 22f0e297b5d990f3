import { useQuery } from '@connectrpc/connect-query';
import { IconCheck, IconFilter, IconPlayerPause } from '@tabler/icons-react';
import { Link } from 'wouter';
import { lastPart, toDestination, toSubscription } from '../../api/names';
import type { Destination, Subscription } from '../../gen/carillon/v1/destination_pb';
import { DestinationService } from '../../gen/carillon/v1/destination_service_pb';
import { EventType_State } from '../../gen/carillon/v1/event_type_pb';
import { EventTypeService } from '../../gen/carillon/v1/event_type_service_pb';
import { SubscriptionService } from '../../gen/carillon/v1/subscription_service_pb';
import { count, plural } from '../../ui/format';
import { NewWebhook } from '../../ui/NewWebhook';
import { Card, Foreign } from '../../ui/parts';
import { Empty, Loading, Query } from '../../ui/status';
import { visible } from '../../ui/text';
import { cellOf, type CellKind, MATRIX_MAX } from './matrix';

const WORDS: Record<CellKind, string> = { all: 'gets all of it', some: 'gets what meets a condition', off: 'would get it, but the subscription is disabled', none: 'does not get it' };
const ICONS = { all: IconCheck, some: IconFilter, off: IconPlayerPause };
const TONES = { all: 't-ok', some: 't-info', off: 't-own' };

function Table({ types, destinations, subscriptions }: { types: string[]; destinations: Destination[]; subscriptions: Subscription[] }) {
  return (
    <div className="scroll-x" tabIndex={0} role="region" aria-label="Who gets what">
      <table className="mx">
        <thead><tr><td />{destinations.map(({ name, displayName }) => <th key={name} scope="col"><Link href={toDestination(name)} title={lastPart(name)}><Foreign text={displayName || lastPart(name)} /></Link></th>)}</tr></thead>
        <tbody>
          {types.map((type) => (
            <tr key={type}>
              <th scope="row" className="mono"><Foreign text={type} /></th>
              {destinations.map(({ name }) => {
                const { kind, subscriptions: by } = cellOf(subscriptions, type, lastPart(name));
                if (kind === 'none') return <td key={name}><span className="mx-0" aria-label={`${lastPart(name)} ${WORDS.none}`} role="img">·</span></td>;
                const I = ICONS[kind];
                const words = `${lastPart(name)} ${WORDS[kind]}: ${by.map((each) => visible(each.displayName || lastPart(each.name))).join(', ')}`;
                return <td key={name}><Link href={by.length === 1 ? toSubscription(by[0]!.name) : `/subscriptions?q=${encodeURIComponent(lastPart(name))}`} className={`mx-1 ${TONES[kind]}`} aria-label={words} title={words}><I size={14} stroke={2.2} aria-hidden /></Link></td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Event types against destinations of one tenant, where both are few. */
export function Matrix({ parent }: { parent: string }) {
  const one = !parent.endsWith('/-');
  const destinations = useQuery(DestinationService.method.listDestinations, { parent, pageSize: MATRIX_MAX }, { enabled: one });
  const types = useQuery(EventTypeService.method.listEventTypes, { pageSize: 1000 }, { enabled: one, staleTime: 30_000 });
  const subscriptions = useQuery(SubscriptionService.method.listSubscriptions, { parent, pageSize: 1000 }, { enabled: one });
  if (!one) return <Empty title="Choose a tenant first">Who gets what is shown for one tenant: choose it above.</Empty>;
  return (
    <Query of={destinations} loading={<Loading rows={10} />}>
      {(to) => (
        <Query of={types} loading={<Loading rows={10} />}>
          {(catalog) => (
            <Query of={subscriptions} loading={<Loading rows={10} />}>
              {(subs) => {
                const wanted = catalog.eventTypes.filter(({ state }) => state !== EventType_State.ARCHIVED).map(({ name }) => lastPart(name));
                // Of many types, those that somebody has.
                const had = wanted.length <= MATRIX_MAX ? wanted : wanted.filter((type) => to.destinations.some(({ name }) => cellOf(subs.subscriptions, type, lastPart(name)).kind !== 'none'));
                if (to.totalSize === 0) return <Empty title="There is no destination yet" action={<NewWebhook />}>Then it shows here what it gets.</Empty>;
                if (to.totalSize > MATRIX_MAX || had.length > MATRIX_MAX || subs.nextPageToken !== '') {
                  return <Empty title="Too many for a table" action={<Link href="/subscriptions">To the list</Link>}>{plural(wanted.length, 'event type')} and {plural(to.totalSize, 'destination')}: it shows at most {MATRIX_MAX} of each. The list can be searched.</Empty>;
                }
                return (
                  <Card title="Who gets what" pad={false} aside={<span className="muted num">{had.length < wanted.length ? `${count(had.length)} of ${count(wanted.length)} types: those that somebody gets` : ''}</span>}>
                    <p className="mx-l muted"><IconCheck size={13} aria-hidden /> all <IconFilter size={13} aria-hidden /> what meets a condition <IconPlayerPause size={13} aria-hidden /> disabled</p>
                    <Table types={had} destinations={to.destinations} subscriptions={subs.subscriptions} />
                  </Card>
                );
              }}
            </Query>
          )}
        </Query>
      )}
    </Query>
  );
}
