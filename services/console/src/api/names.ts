// Resource names: `tenants/acme/destinations/orders/deliveries/17`.

/** The part behind a collection, or an empty text. */
export function partOf(name: string, collection: string): string {
  const parts = name.split('/');
  const at = parts.findIndex((part, i) => i % 2 === 0 && part === collection);
  return at >= 0 ? parts[at + 1] ?? '' : '';
}

export const tenantOf = (name: string) => partOf(name, 'tenants');
export const destinationIdOf = (name: string) => partOf(name, 'destinations');
export const lastPart = (name: string) => name.slice(name.lastIndexOf('/') + 1);
export const destinationName = (tenant: string, id: string) => `tenants/${tenant}/destinations/${id}`;

export const toDestination = (name: string, rest = '') =>
  `/destinations/${encodeURIComponent(tenantOf(name))}/${destinationIdOf(name)}${rest}`;
export const toDelivery = (name: string, rest = '') =>
  `/deliveries/${encodeURIComponent(tenantOf(name))}/${destinationIdOf(name)}/${partOf(name, 'deliveries')}${rest}`;
/** With `@{position}` in its last part it is that one event; without, the newest with this id. */
export const toEvent = (name: string, rest = '') => `/events/${encodeURIComponent(tenantOf(name))}/${lastPart(name)}${rest}`;
export const toOperation = (name: string) => `/replays/${encodeURIComponent(tenantOf(name))}/${lastPart(name)}`;
export const toSubscription = (name: string) => `/subscriptions/${encodeURIComponent(tenantOf(name))}/${lastPart(name)}/edit`;

/** `token:tokens/ops` and `portal:tenants/acme/portalSessions/3f9a#user-17` as people say it. */
export function principalWords(principal: string): string {
  if (!principal) return 'somebody unknown';
  const [kind, rest = ''] = [principal.slice(0, principal.indexOf(':')), principal.slice(principal.indexOf(':') + 1)];
  if (kind === 'token') return `token ${lastPart(rest)}`;
  if (kind === 'portal') return rest.includes('#') ? rest.slice(rest.indexOf('#') + 1) : `portal session ${lastPart(rest)}`;
  if (kind === 'jwt') return rest.includes('#') ? rest.slice(rest.indexOf('#') + 1) : rest;
  return principal;
}

/** A text of a filter (AIP-160), whatever stands in it; `prefixed` is that of all that begin so. */
const escaped = (text: string) => text.replace(/[\\"*]/g, (c) => `\\${c}`);
export const quoted = (text: string) => `"${escaped(text)}"`;
export const prefixed = (text: string) => `"${escaped(text)}*"`;
