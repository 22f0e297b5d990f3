import { createClient } from '@connectrpc/connect';
import { useTransport } from '@connectrpc/connect-query';
import { TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { IconActivity, IconPlus, IconSearch, IconSend } from '@tabler/icons-react';
import { type KeyboardEvent, useState } from 'react';
import { useLocation } from 'wouter';
import { useViewer, type Viewer } from '../api/caller';
import { destinationName, lastPart, prefixed, quoted, tenantOf, toDelivery, toDestination } from '../api/names';
import { DeliveryService } from '../gen/carillon/v1/delivery_service_pb';
import type { Destination } from '../gen/carillon/v1/destination_pb';
import { DestinationService } from '../gen/carillon/v1/destination_service_pb';
import { Dialog } from '../ui/Dialog';
import { useAfterMount } from '../ui/later';
import { Foreign } from '../ui/parts';
import { MENU } from './routes';

interface Hit {
  key: string;
  to: string;
  label: string;
  under: string;
  icon: typeof IconSend;
}

const SHOWN = 6;
const LOOKS_LIKE_ID = /^[A-Za-z0-9][A-Za-z0-9._@-]{5,127}$/;

/** Pages and actions that are called so. */
function pages(viewer: Viewer, text: string): Hit[] {
  const all: Hit[] = MENU.flatMap(({ items }) => items).filter((item) => viewer.may(item.method))
    .map(({ to, label, icon }) => ({ key: to, to, label, under: 'page', icon }));
  if (viewer.may('DestinationService/CreateDestination')) all.push({ key: '/new', to: '/new', label: 'New webhook', under: 'action', icon: IconPlus });
  return all.filter(({ label }) => label.toLowerCase().includes(text.toLowerCase()));
}

const FEW = 1000;

const toHit = ({ name, displayName, url }: Pick<Destination, 'name' | 'displayName' | 'url'>): Hit =>
  ({ key: name, to: toDestination(name), label: displayName || lastPart(name), under: `${tenantOf(name)} · ${url}`, icon: IconSend });

/** The first destinations there are, to look into without asking: where there are few, all of them. */
function useFew(): Hit[] {
  const viewer = useViewer();
  const transport = useTransport();
  const { data } = useQuery({
    queryKey: ['find', viewer.parent], staleTime: 30_000,
    queryFn: async ({ signal }) => (await createClient(DestinationService, transport).listDestinations({ parent: viewer.parent, pageSize: FEW }, { signal })).destinations.map(toHit),
  });
  return data ?? [];
}

/** Destinations of that name or URL, and deliveries of an event of that id. */
function useHits(text: string): Hit[] {
  const viewer = useViewer();
  const transport = useTransport();
  const [asked] = useDebouncedValue(text.trim(), 200);
  const { data } = useQuery({
    queryKey: ['find', viewer.parent, asked], enabled: asked.length > 1, staleTime: 10_000,
    queryFn: async ({ signal }): Promise<Hit[]> => {
      const [destinations, deliveries] = await Promise.allSettled([
        createClient(DestinationService, transport).listDestinations({
          parent: viewer.parent, pageSize: SHOWN,
          filter: [`display_name = ${prefixed(asked)}`, ...['', 'https://', 'http://'].map((scheme) => `url = ${prefixed(scheme + asked)}`), ...(viewer.tenant ? [`name = ${prefixed(destinationName(viewer.tenant, asked))}`] : [])].join(' OR '),
        }, { signal }),
        LOOKS_LIKE_ID.test(asked)
          ? createClient(DeliveryService, transport).listDeliveries({ parent: `${viewer.parent}/destinations/-`, pageSize: SHOWN, filter: `event_id = ${quoted(asked)}` }, { signal })
          : Promise.resolve(undefined),
      ]);
      const hits: Hit[] = [];
      if (destinations.status === 'fulfilled') {
        hits.push(...destinations.value.destinations.map(toHit));
      }
      if (deliveries.status === 'fulfilled' && deliveries.value) {
        hits.push(...deliveries.value.deliveries.map(({ name, eventType, eventId }) => ({ key: name, to: toDelivery(name), label: `${eventType} to ${name.split('/')[3] ?? ''}`, under: eventId, icon: IconActivity })));
      }
      return hits;
    },
  });
  const few = useFew();
  const typed = text.trim();
  if (typed.length < 2) return pages(viewer, typed);
  const near = few.filter(({ key, label, under }) => `${key} ${label} ${under}`.toLowerCase().includes(typed.toLowerCase())).slice(0, SHOWN);
  const found = asked === typed ? data ?? [] : [];
  return [...near, ...found.filter(({ key }) => !near.some((hit) => hit.key === key)), ...pages(viewer, typed)];
}

function Search({ onDone }: { onDone: () => void }) {
  const [, go] = useLocation();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const hits = useHits(text);
  const chosen = Math.min(at, hits.length - 1);
  const open = (hit: Hit | undefined) => {
    if (!hit) return;
    onDone();
    go(hit.to);
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setAt(Math.min(chosen + 1, hits.length - 1));
    else if (event.key === 'ArrowUp') setAt(Math.max(chosen - 1, 0));
    else if (event.key === 'Enter') open(hits[chosen]);
    else return;
    event.preventDefault();
  };
  return (
    <div className="stack" onKeyDown={keys}>
      <TextInput data-autofocus size="sm" aria-label="Find" placeholder="Event id, destination, URL or page" leftSection={<IconSearch size={15} aria-hidden />} value={text}
        role="combobox" aria-expanded aria-controls="find-hits" aria-activedescendant={hits[chosen] ? `find-${chosen}` : undefined} autoComplete="off" onChange={(event) => { setText(event.currentTarget.value); setAt(0); }} />
      <ul id="find-hits" className="hits" role="listbox" aria-label="What was found">
        {hits.map((hit, i) => (
          <li key={hit.key} id={`find-${i}`} role="option" aria-selected={i === chosen} onClick={() => open(hit)} onMouseMove={() => setAt(i)}>
            <hit.icon size={15} aria-hidden /><span className="min0"><Foreign text={hit.label} /><span className="cell-2"><Foreign text={hit.under} /></span></span>
          </li>
        ))}
      </ul>
      <p className="mt0 muted" role="status">{hits.length === 0 ? 'Nothing is called so.' : ''}</p>
    </div>
  );
}

export default function FindDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return <Dialog title="Find" opened={useAfterMount(opened)} onClose={onClose} size={560}><Search onDone={onClose} /></Dialog>;
}
