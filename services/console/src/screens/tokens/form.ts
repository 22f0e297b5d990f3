import { Role } from '../../gen/carillon/v1/options_pb';

export const ROLES: { value: string; role: Role; label: string; says: string }[] = [
  { value: 'publisher', role: Role.PUBLISHER, label: 'Publish events', says: 'Publisher: it sends events, and reads the catalog of event types.' },
  { value: 'reader', role: Role.READER, label: 'Read', says: 'Reader: it sees everything of its tenants but secrets.' },
  { value: 'admin', role: Role.TENANT_ADMIN, label: 'Manage tenants’ webhooks', says: 'Tenant administrator: everything in its tenants, but not the tenants themselves.' },
  { value: 'operator', role: Role.OPERATOR, label: 'Operate everything', says: 'Operator: everything, in every tenant.' },
];
export const roleFor = (value: string): Role => ROLES.find((each) => each.value === value)?.role ?? Role.READER;

/** `a, b  c` as its parts, each once. */
export const listed = (text: string): string[] => [...new Set(text.split(/[\s,]+/).filter(Boolean))];

/** What is asked of CreateToken. A token of one tenant is in it; one of several, or of all, is in none. `own`: the
    tenant of a caller who has no other. */
export function tokenFrom({ id, displayName, role, tenants, types, seconds, own }: {
  id: string; displayName: string; role: Role; tenants: string; types: string; seconds: bigint | undefined; own: string | undefined;
}) {
  const ids = role === Role.OPERATOR ? [] : own !== undefined ? [own] : listed(tenants);
  return {
    parent: ids.length === 1 ? `tenants/${ids[0]}` : '', tokenId: id.trim(),
    token: {
      displayName: displayName.trim(), role, tenants: ids.length > 1 ? ids : [], eventTypes: role === Role.PUBLISHER ? listed(types) : [],
      ...(seconds === undefined ? {} : { expireTime: { seconds, nanos: 0 } }),
    },
  };
}
