import { lastPart } from '../../api/names';
import type { AuditEntry } from '../../gen/carillon/v1/audit_service_pb';

const VERBS: Record<string, string> = {
  Create: 'made', Update: 'changed', Delete: 'deleted', Enable: 'enabled', Disable: 'disabled', Pause: 'paused', Resume: 'resumed',
  Rotate: 'rotated', Test: 'tested', Resend: 'resent', Replay: 'replayed', Release: 'released', Purge: 'purged', Archive: 'archived',
  Open: 'opened', Cancel: 'cancelled', Apply: 'applied', Import: 'imported',
};

/** `carillon.v1.DestinationService/PauseDestination` as `Destination paused`. */
export function auditWords(entry: AuditEntry): string {
  const name = lastPart(entry.method);
  const first = /^[A-Z][a-z]+/.exec(name)?.[0] ?? '';
  const what = name.slice(first.length).replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  const subject = entry.changes[0]?.resource ? lastPart(entry.changes[0].resource) : '';
  return `${what.charAt(0).toUpperCase()}${what.slice(1)}${subject ? ` ${subject}` : ''} ${VERBS[first] ?? first.toLowerCase()}${entry.code !== 0 ? ', refused' : ''}`;
}
