import type { Event } from '../../gen/carillon/v1/event_pb';
import { curlFor } from '../../ui/text';

/** Publishes an event like this one, with an id of its own: the same id again would be answered as a duplicate. */
export function publishCurl(event: Pick<Event, 'type' | 'orderingKey' | 'attributes' | 'payload'>, tenant: string, origin: string): string {
  const like = {
    type: event.type, tenant,
    ...(event.orderingKey ? { orderingKey: event.orderingKey } : {}), ...(Object.keys(event.attributes).length > 0 ? { attributes: event.attributes } : {}),
    ...(event.payload.case === 'json' ? { json: event.payload.value } : {}),
  };
  return curlFor({
    url: `${origin}/carillon.v1.EventPublisher/Publish`,
    headers: [{ name: 'Content-Type', value: 'application/json', blanked: false }, { name: 'Authorization', value: '', blanked: true }],
    body: JSON.stringify({ events: [like] }),
  });
}
