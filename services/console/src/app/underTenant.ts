/** Pages on something that a tenant has, and on a tenant. */
const OF_TENANT = /^\/(?:(?:destinations|events|deliveries|subscriptions|replays)\/([^/]+)\/|tenants\/([^/]+))/;

/** Members of an address that name something that a tenant has. */
const NAMES = ['to-tenant', 'destination', 'in', 'resource', 'entry'];

/** Which address to show once `tenant` is looked at, undefined: all. What is of another tenant is not shown under this
    one: its pages give way to the overview, and filters by what it has go. */
export function underTenant(tenant: string | undefined, path: string, search: string): string {
  const match = OF_TENANT.exec(path);
  const found = match?.[1] ?? match?.[2];
  if (tenant !== undefined && found !== undefined && decodeURIComponent(found) !== tenant) return '/';
  const params = new URLSearchParams(search);
  if (tenant !== undefined) NAMES.forEach((name) => params.delete(name));
  const rest = params.toString();
  return rest ? `${path}?${rest}` : path;
}
