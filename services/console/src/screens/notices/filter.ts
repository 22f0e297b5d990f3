import { prefixed, quoted } from '../../api/names';

const KINDS: Record<string, string> = {
  breaker: 'kind = CIRCUIT_OPENED OR kind = CIRCUIT_CLOSED', dead: 'kind = DEAD OR kind = EVICTED',
  state: 'kind = DISABLED OR kind = ENABLED OR kind = PAUSED OR kind = RESUMED', server: 'kind = STARTED OR kind = RELOADED OR kind = RELOAD_REFUSED',
};

/** What the address asks for, as the API's filter says it. `within`: the tenant, where there is one only. */
export function filterOf(params: URLSearchParams, within: string): string {
  const parts: string[] = [];
  const kind = KINDS[params.get('kind') ?? ''];
  if (kind) parts.push(`(${kind})`);
  const destination = params.get('destination');
  if (destination) parts.push(`destination = ${quoted(destination)}`);
  const q = params.get('q')?.trim();
  if (q && within) parts.push(`destination = ${prefixed(`${within}/destinations/${q}`)}`);
  return parts.join(' AND ');
}
