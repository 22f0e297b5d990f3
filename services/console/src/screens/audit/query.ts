import type { AuditEntry } from '../../gen/carillon/v1/audit_service_pb';
import { roleWords } from '../../api/caller';
import { lastPart, prefixed, principalWords, quoted, tenantOf } from '../../api/names';
import { millisOf } from '../../ui/format';
import type { FilterField } from '../../ui/Filters';
import { auditWords } from './words';

// What the address asks of the audit log, as the API's filter says it.

export interface Row {
  name: string;
  at: number | undefined;
  words: string;
  who: string;
  role: string;
  tenant: string;
  refused: string;
  from: string;
}

export const slim = (entry: AuditEntry): Row => ({
  name: entry.name, at: millisOf(entry.createTime), words: auditWords(entry), who: principalWords(entry.principal), role: entry.principal ? roleWords(entry.role) : '',
  tenant: tenantOf(entry.name) || tenantOf(entry.changes[0]?.resource ?? ''), refused: entry.code === 0 ? '' : entry.errorReason || 'refused', from: entry.remoteAddress,
});

const service = (name: string, label: string) => ({ value: name, label });
const DAY = 86_400_000;
export const SPANS: Record<string, number> = { '1h': 3_600_000, '24h': DAY, '7d': 7 * DAY, '30d': 30 * DAY };

export const FIELDS: FilterField[] = [
  { id: 'result', label: 'Result', choices: [{ value: 'done', label: 'done' }, { value: 'refused', label: 'refused' }] },
  {
    id: 'what', label: 'What',
    choices: [
      service('DestinationService', 'destinations'), service('KeyService', 'keys'), service('SubscriptionService', 'subscriptions'), service('DeliveryService', 'deliveries'),
      service('EventTypeService', 'event types'), service('TokenService', 'tokens'), service('PortalService', 'portal links'), service('TenantService', 'tenants'), service('OperationService', 'operations'), service('ConfigService', 'configuration applied'),
    ],
  },
  { id: 'span', label: 'When', choices: [{ value: '1h', label: 'last hour' }, { value: '24h', label: 'last 24 h' }, { value: '7d', label: 'last 7 days' }, { value: '30d', label: 'last 30 days' }] },
];
/** Others that the address can have; links make them. */
export const LINKED = ['in', 'resource', 'who', 'from', 'to', 'q'];

const time = (text: string | null): string | undefined => {
  const ms = text === null ? NaN : Date.parse(text);
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
};

/** The API's filters find beginnings: those of what people know by heart. */
function searched(q: string): string[] {
  const begin = (field: string, text: string) => `${field} = ${prefixed(text)}`;
  return [
    begin('principal', q), begin('principal', `token:tokens/${q}`), begin('error_reason', q), begin('remote_address', q), begin('request_id', q), begin('method', `carillon.v1.${q}`),
    `changes.resource:${prefixed(q)}`, ...['tenants', 'eventTypes', 'tokens'].map((kind) => `changes.resource:${prefixed(`${kind}/${q}`)}`),
  ];
}

export function filterFor(params: URLSearchParams, now: number): string {
  const parts: string[] = [];
  const result = params.get('result');
  if (result === 'done') parts.push('code = 0');
  else if (result === 'refused') parts.push('NOT code = 0');
  const what = params.get('what');
  if (what && /^[A-Za-z]+$/.test(what)) parts.push(`method = ${prefixed(`carillon.v1.${what}/`)}`);
  const span = SPANS[params.get('span') ?? ''];
  if (span) parts.push(`create_time >= ${quoted(new Date(now - span).toISOString())}`);
  const [from, to] = [time(params.get('from')), time(params.get('to'))];
  if (from) parts.push(`create_time >= ${quoted(from)}`);
  if (to) parts.push(`create_time < ${quoted(to)}`);
  const resource = params.get('resource');
  if (resource) parts.push(`changes.resource:${quoted(resource)}`);
  const who = params.get('who');
  if (who) parts.push(`principal = ${quoted(who)}`);
  const q = params.get('q')?.trim();
  if (q) parts.push(`(${searched(q).join(' OR ')})`);
  return parts.join(' AND ');
}

/** Chips for what only links set. */
export const linkedFields = (params: URLSearchParams): FilterField[] => ([['in', 'Tenant'], ['resource', 'Resource'], ['who', 'By'], ['from', 'From'], ['to', 'To']] as const)
  .flatMap(([id, label]) => {
    const value = params.get(id);
    return value ? [{ id, label, choices: [{ value, label: id === 'who' ? principalWords(value) : id === 'resource' ? lastPart(value) : value }] }] : [];
  });
