import { createClient } from '@connectrpc/connect';
import { useTransport } from '@connectrpc/connect-query';
import { Button } from '@mantine/core';
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { useViewer } from '../../api/caller';
import { partOf, toDelivery } from '../../api/names';
import type { Delivery } from '../../gen/carillon/v1/delivery_pb';
import { DeliveryService } from '../../gen/carillon/v1/delivery_service_pb';
import { filterFor, parentFor } from '../deliveries/query';
import { type Ask, newerThan, olderThan } from './neighbors';

const MINUTE = 60_000;

/** The way back to the list that led here, and along it. Without one, along the log of the destination. */
export function Neighbors({ delivery, list }: { delivery: Delivery; list: string | null }) {
  const { parent: viewed } = useViewer();
  const client = createClient(DeliveryService, useTransport());
  const at = delivery.lastAttemptTime;
  const params = new URLSearchParams(list ?? '');
  const parent = list === null ? delivery.name.slice(0, delivery.name.indexOf('/deliveries/')) : parentFor(params, viewed);
  const { data } = useQuery({
    queryKey: ['neighbors', delivery.name, at?.seconds.toString(), at?.nanos, parent, list], enabled: at !== undefined, staleTime: 10_000, retry: false,
    queryFn: async ({ signal }) => {
      const filter = filterFor(params, Math.ceil(Date.now() / MINUTE) * MINUTE);
      const ask: Ask = (condition, pageSize, pageToken) => client.listDeliveries({ parent, filter: filter ? `${filter} AND ${condition}` : condition, pageSize, pageToken }, { signal });
      const [newer, older] = await Promise.all([newerThan(delivery.name, at!, ask), olderThan(delivery.name, at!, ask)]);
      return { newer, older };
    },
  });
  const rest = list === null ? '' : `?in=${encodeURIComponent(list)}`;
  const where = list === null ? `of ${partOf(delivery.name, 'destinations')}` : 'in the list';
  const way = (label: string, key: string, to: string | undefined, left: React.ReactNode, right: React.ReactNode) => (to
    ? <Button component={Link} href={toDelivery(to, rest)} variant="subtle" size="compact-sm" leftSection={left} rightSection={right} data-key={key} aria-keyshortcuts={key} title={`${label} ${where} (${key})`}>{label}</Button>
    : <Button variant="subtle" size="compact-sm" disabled leftSection={left} rightSection={right}>{label}</Button>);
  return (
    <span className="ways">
      {way('Newer', '[', data?.newer, <IconChevronLeft size={14} aria-hidden />, undefined)}
      {way('Older', ']', data?.older, undefined, <IconChevronRight size={14} aria-hidden />)}
    </span>
  );
}
