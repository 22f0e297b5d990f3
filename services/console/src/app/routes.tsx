import { IconActivity, IconArrowsSplit2, IconBolt, IconHistory, IconHome, IconKey, IconLink, IconRefresh, IconSend, IconSettings, IconSkull, IconTags, IconUsers } from '@tabler/icons-react';
import { type ComponentType, lazy, type LazyExoticComponent } from 'react';

// Every screen: its address, and where it stands in the menu. A screen that needs a method is in the menu only of
// those who may call it.

export interface Screen {
  /** As wouter reads it. */
  path: string;
  page: LazyExoticComponent<ComponentType>;
}

export interface MenuItem {
  to: string;
  label: string;
  icon: typeof IconHome;
  method: string;
}

export interface MenuGroup {
  title: string;
  items: MenuItem[];
}

export const MENU: MenuGroup[] = [
  {
    title: '',
    items: [
      { to: '/', label: 'Overview', icon: IconHome, method: 'StatsService/GetSummary' },
      { to: '/destinations', label: 'Destinations', icon: IconSend, method: 'DestinationService/ListDestinations' },
      { to: '/subscriptions', label: 'Subscriptions', icon: IconArrowsSplit2, method: 'SubscriptionService/ListSubscriptions' },
    ],
  },
  {
    title: 'Look into',
    items: [
      { to: '/events', label: 'Events', icon: IconBolt, method: 'EventService/ListEvents' },
      { to: '/deliveries', label: 'Deliveries', icon: IconActivity, method: 'DeliveryService/ListDeliveries' },
      { to: '/dead', label: 'Dead letters', icon: IconSkull, method: 'DeliveryService/ListDeliveries' },
      { to: '/replays', label: 'Replays', icon: IconRefresh, method: 'OperationService/ListOperations' },
    ],
  },
  {
    title: 'Manage',
    items: [
      { to: '/event-types', label: 'Event types', icon: IconTags, method: 'EventTypeService/ListEventTypes' },
      { to: '/tenants', label: 'Tenants', icon: IconUsers, method: 'TenantService/ListTenants' },
      { to: '/tokens', label: 'Tokens', icon: IconKey, method: 'TokenService/ListTokens' },
      { to: '/portal-links', label: 'Portal links', icon: IconLink, method: 'PortalService/ListPortalSessions' },
      { to: '/audit', label: 'Audit', icon: IconHistory, method: 'AuditService/ListAuditEntries' },
      { to: '/settings', label: 'Settings', icon: IconSettings, method: 'ServerService/GetSettings' },
    ],
  },
];

export const SCREENS: Screen[] = [
  { path: '/', page: lazy(() => import('../screens/overview/Overview')) },
  { path: '/destinations', page: lazy(() => import('../screens/destinations/Destinations')) },
  { path: '/destinations/:tenant/:id', page: lazy(() => import('../screens/destination/Destination')) },
  { path: '/events', page: lazy(() => import('../screens/events/Events')) },
  { path: '/events/:tenant/:id', page: lazy(() => import('../screens/events/Event')) },
  { path: '/deliveries', page: lazy(() => import('../screens/deliveries/Deliveries')) },
  { path: '/deliveries/:tenant/:destination/:id', page: lazy(() => import('../screens/delivery/Delivery')) },
  { path: '/dead', page: lazy(() => import('../screens/dead/Dead')) },
  { path: '/replays', page: lazy(() => import('../screens/replays/Replays')) },
  { path: '/replays/new', page: lazy(() => import('../screens/replays/NewReplay')) },
  { path: '/replays/:tenant/:id', page: lazy(() => import('../screens/replays/Replay')) },
  { path: '/subscriptions', page: lazy(() => import('../screens/subscriptions/Subscriptions')) },
  { path: '/subscriptions/:tenant/:id/edit', page: lazy(() => import('../screens/subscriptions/Edit')) },
  { path: '/new', page: lazy(() => import('../screens/wizard/Wizard')) },
  { path: '/event-types', page: lazy(() => import('../screens/event-types/EventTypes')) },
  { path: '/event-types/:id', page: lazy(() => import('../screens/event-type/EventType')) },
  { path: '/tenants', page: lazy(() => import('../screens/tenants/Tenants')) },
  { path: '/tenants/:id', page: lazy(() => import('../screens/tenant/Tenant')) },
  { path: '/tokens', page: lazy(() => import('../screens/tokens/Tokens')) },
  { path: '/portal-links', page: lazy(() => import('../screens/portal-links/PortalLinks')) },
  { path: '/notices', page: lazy(() => import('../screens/notices/Notices')) },
  { path: '/audit', page: lazy(() => import('../screens/audit/Audit')) },
  { path: '/settings', page: lazy(() => import('../screens/settings/Settings')) },
];
