import { useQuery } from '@connectrpc/connect-query';
import { Button, Menu, Tabs } from '@mantine/core';
import { IconDots, IconPlayerPause, IconPlayerPlay, IconSend } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { Link, useLocation, useParams } from 'wouter';
import { useViewer } from '../../api/caller';
import { destinationName } from '../../api/names';
import { type Destination as Message, DestinationStatus_Circuit as Circuit, Destination_State as State } from '../../gen/carillon/v1/destination_pb';
import { DestinationService } from '../../gen/carillon/v1/destination_service_pb';
import { Origin_Kind } from '../../gen/carillon/v1/resource_pb';
import { millisOf, shortCount, span } from '../../ui/format';
import { useAddress } from '../../ui/Filters';
import { useNow } from '../../ui/now';
import { Chip, Copy, Foreign, StateChip } from '../../ui/parts';
import { Needs, PageLoading, Query, ReadOnly, useAnswered } from '../../ui/status';
import { stateOf } from '../../ui/states';
import { type StateAct, StateDialog } from '../destinations/StateActions';
import { Changes } from './Changes';
import { DeleteDialog } from './DeleteDialog';
import { Gets } from './Gets';
import { Health } from './Health';
import { DestinationHint, useLastFailure } from './hint';
import { Keys } from './Keys';
import { Policy } from './Policy';
import { RecentDeliveries } from './RecentDeliveries';
import { TestDialog } from './TestDialog';

type Tab = 'health' | 'deliveries' | 'gets' | 'policy' | 'keys' | 'changes';

function Breaker({ destination }: { destination: Message }) {
  const now = useNow();
  const { status } = destination;
  if (!status || status.circuit === Circuit.CLOSED || status.circuit === Circuit.CIRCUIT_UNSPECIFIED) return null;
  const probe = millisOf(status.circuitProbeTime);
  if (status.circuit === Circuit.OPEN) return <Chip tone="slow">Breaker open{probe === undefined ? '' : probe > now ? ` · next probe in ${span(probe - now)}` : ' · probe due'}</Chip>;
  return <Chip tone="info">{status.circuit === Circuit.HALF_OPEN ? 'Breaker tries one' : 'Breaker is closing'}</Chip>;
}

function Actions({ destination, onDone }: { destination: Message; onDone: () => void }) {
  const viewer = useViewer();
  const [, go] = useLocation();
  const [open, setOpen] = useState<StateAct | 'test' | 'delete'>();
  const close = () => setOpen(undefined);
  const { state, name, origin } = destination;
  const may = (method: string) => viewer.may(`DestinationService/${method}`);
  const main: StateAct = state === State.ACTIVE ? 'pause' : state === State.PAUSED ? 'resume' : 'enable';
  const label = main === 'pause' ? 'Pause' : main === 'resume' ? 'Resume' : 'Enable';
  return (
    <div className="acts">
      <Needs may={may('TestDestination')}><Button variant="default" leftSection={<IconSend size={14} aria-hidden />} onClick={() => setOpen('test')}>Send test</Button></Needs>
      <Needs may={may(`${label}Destination`)}>
        <Button variant="default" leftSection={main === 'pause' ? <IconPlayerPause size={14} aria-hidden /> : <IconPlayerPlay size={14} aria-hidden />} onClick={() => setOpen(main)}>{label}</Button>
      </Needs>
      <Menu position="bottom-end" withinPortal={false}>
        <Menu.Target><Button variant="default" aria-label="More actions" px={7}><IconDots size={16} aria-hidden /></Button></Menu.Target>
        <Menu.Dropdown>
          <Menu.Item disabled={!may('DisableDestination') || state === State.DISABLED} onClick={() => setOpen('disable')}>Disable…</Menu.Item>
          <Menu.Item disabled={!may('DeleteDestination') || origin?.kind !== Origin_Kind.API} onClick={() => setOpen('delete')}>Delete…</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {open === 'test' ? <TestDialog destination={destination} onClose={close} /> : null}
      {open === 'delete' ? <DeleteDialog destination={destination} onClose={close} onDone={() => go('/destinations')} /> : null}
      {open && open !== 'test' && open !== 'delete' ? <StateDialog act={open} names={[name]} onClose={close} onDone={() => { close(); onDone(); }} /> : null}
    </div>
  );
}

function Page({ destination, refresh, tabs }: { destination: Message; refresh: () => void; tabs: Record<Tab, ReactNode> }) {
  const viewer = useViewer();
  const [params, change] = useAddress();
  const { status, keys, name } = destination;
  const waiting = status ? Number(status.queuedCount + status.parkedCount) : 0;
  const labels: [Tab, ReactNode, boolean][] = [
    ['health', 'Health', true], ['deliveries', <>Deliveries{waiting > 0 ? <span className="count">{shortCount(waiting)}</span> : null}</>, viewer.may('DeliveryService/ListDeliveries')],
    ['gets', 'What it gets', viewer.may('SubscriptionService/ListSubscriptions')], ['policy', 'Policy', true],
    ['keys', <>Keys{keys.length > 0 ? <span className="count">{keys.length}</span> : null}</>, true], ['changes', 'Changes', viewer.may('AuditService/ListAuditEntries')],
  ];
  // Also what a link names that this caller may not see.
  const tab = labels.find(([value, , shown]) => shown && value === params.get('tab'))?.[0] ?? 'health';
  const [, , tenant = '', , id = ''] = ['', ...name.split('/')];
  return (
    <>
      <nav className="crumbs" aria-label="Where you are"><Link href="/destinations">Destinations</Link><span aria-hidden>/</span><Foreign text={tenant} /></nav>
      <div className="head">
        <div className="min0">
          <div className="title"><h1><Foreign text={destination.displayName || id} /></h1><StateChip state={stateOf(destination)} /><Breaker destination={destination} /></div>
          <p className="sub url"><Foreign text={destination.url} className="mono" /><Copy value={destination.url} what="URL" />{destination.description ? <span><Foreign text={destination.description} /></span> : null}</p>
          <ReadOnly origin={destination.origin} />
        </div>
        <span className="grow" />
        <Actions destination={destination} onDone={refresh} />
      </div>
      <DestinationHint destination={destination} onChanged={refresh} onTab={(next) => change({ tab: next })} />
      <Tabs className="tabs" value={tab} onChange={(value) => change({ tab: value === 'health' ? undefined : value ?? undefined })} keepMounted={false}>
        <Tabs.List aria-label={`Parts of ${id}`}>{labels.map(([value, label, shown]) => (shown ? <Tabs.Tab key={value} value={value}>{label}</Tabs.Tab> : null))}</Tabs.List>
        {labels.map(([value, , shown]) => (shown ? <Tabs.Panel key={value} value={value}>{tabs[value]}</Tabs.Panel> : null))}
      </Tabs>
    </>
  );
}

export default function Destination() {
  const { tenant = '', id = '' } = useParams<{ tenant: string; id: string }>();
  const name = destinationName(decodeURIComponent(tenant), id);
  const query = useQuery(DestinationService.method.getDestination, { name }, { refetchInterval: 5_000 });
  const ready = useAnswered(query, useLastFailure(name, query.data));
  const refresh = () => void query.refetch();
  return (
    <div className="page">
      <title>{`${id} · Carillon`}</title>
      {query.error && !query.data ? <h1><Foreign text={id} /></h1> : null}
      <Query of={query} ready={ready} loading={<PageLoading />}>
        {(destination) => (
          <Page destination={destination} refresh={refresh} tabs={{
            health: <Health destination={destination} />, deliveries: <RecentDeliveries destination={destination} />, gets: <Gets destination={destination} />,
            policy: <Policy destination={destination} onChanged={refresh} />, keys: <Keys destination={destination} onChanged={refresh} />, changes: <Changes name={name} tenant={decodeURIComponent(tenant)} />,
          }} />
        )}
      </Query>
    </div>
  );
}
