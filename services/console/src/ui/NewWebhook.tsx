import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { Link } from 'wouter';
import { useViewer } from '../api/caller';
import { Needs } from './status';

/** Leads to the wizard; those who may not make what it makes see it, and the role that it needs. `bar`: of the top bar,
    where it has little room. */
export function NewWebhook({ bar = false }: { bar?: boolean }) {
  const viewer = useViewer();
  const may = viewer.may('DestinationService/CreateDestination') && viewer.may('SubscriptionService/CreateSubscription');
  const looks = bar ? { className: 'new', leftSection: <IconPlus size={14} aria-hidden /> } : {};
  const label = <span className={bar ? 'new-l' : ''}>New webhook</span>;
  if (may) return <Button component={Link} href="/new" {...looks}>{label}</Button>;
  return <Needs may={false}><Button {...looks}>{label}</Button></Needs>;
}
