import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { lazy, Suspense } from 'react';
import { Link } from 'wouter';
import { useViewer } from '../api/caller';

// What tells the role is fetched only for those who miss it: the first page has this button.
const Needs = lazy(() => import('./Needs').then(({ Needs: it }) => ({ default: it })));

/** Leads to the wizard; those who may not make what it makes see it, and the role that it needs. `bar`: of the top bar,
    where it has little room. */
export function NewWebhook({ bar = false }: { bar?: boolean }) {
  const viewer = useViewer();
  const may = viewer.may('DestinationService/CreateDestination') && viewer.may('SubscriptionService/CreateSubscription');
  const looks = bar ? { className: 'new', leftSection: <IconPlus size={14} aria-hidden /> } : {};
  const label = <span className={bar ? 'new-l' : ''}>New webhook</span>;
  if (may) return <Button component={Link} href="/new" {...looks}>{label}</Button>;
  const button = <Button {...looks}>{label}</Button>;
  return <Suspense fallback={<Button {...looks} disabled>{label}</Button>}><Needs may={false}>{button}</Needs></Suspense>;
}
