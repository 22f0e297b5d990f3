import type { JsonObject } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import { useQuery } from '@connectrpc/connect-query';
import { Link } from 'wouter';
import { roleWords } from '../../api/caller';
import { destinationIdOf, lastPart, principalWords, toDestination } from '../../api/names';
import { AuditService, type AuditEntry, type ResourceChange } from '../../gen/carillon/v1/audit_service_pb';
import { count } from '../../ui/format';
import { Dialog } from '../../ui/Dialog';
import { Diff } from '../../ui/Diff';
import { Card, Chip, Copy, Foreign, Kv, Time } from '../../ui/parts';
import { Loading, Query } from '../../ui/status';
import { toYaml } from '../../ui/yaml';
import { auditWords } from './words';

const SHOWN = 20;

export const asText = (value: JsonObject | undefined): string => (value === undefined ? '' : toYaml(value as Parameters<typeof toYaml>[0]).trim());

/** What became of one resource. */
function Change({ change }: { change: ResourceChange }) {
  const { resource, before, after, paths } = change;
  const kind = before === undefined ? (after === undefined ? '' : 'made') : after === undefined ? 'deleted' : 'changed';
  const tone = kind === 'made' ? 'ok' : kind === 'deleted' ? 'bad' : 'info';
  const name = <Foreign text={resource} className="mono" />;
  return (
    <Card pad={false} className="in-card" title={destinationIdOf(resource) && kind !== 'deleted' && !resource.includes('/deliveries/') ? <Link href={toDestination(resource)}>{name}</Link> : name} aside={kind ? <Chip tone={tone}>{kind}</Chip> : null}>
      {paths.length > 0 ? <p className="pad-b mt0 muted">{paths.slice(0, 12).map((path) => <code key={path} className="path"><Foreign text={path} /></code>)}{paths.length > 12 ? ` and ${count(paths.length - 12)} more` : ''}</p> : null}
      {kind ? <Diff before={asText(before)} after={asText(after)} label={`What became of ${lastPart(resource)}`} /> : <p className="pad-b mt0 muted">What it was before and after is not kept.</p>}
    </Card>
  );
}

function Whole({ entry }: { entry: AuditEntry }) {
  const refused = entry.code !== 0;
  return (
    <div className="stack">
      <Kv rows={[
        ['When', <Time key="t" at={entry.createTime} form="full" />],
        ['Who', <span key="w"><b><Foreign text={principalWords(entry.principal)} /></b>{entry.principal ? <> <span className="muted">{roleWords(entry.role)}</span> <span className="cell-2 mono"><Foreign text={entry.principal} /></span></> : null}</span>],
        ['Result', refused ? <span key="r"><Chip tone="bad">refused</Chip> <code><Foreign text={entry.errorReason || Code[entry.code] || String(entry.code)} /></code></span> : <Chip key="r" tone="ok">done</Chip>],
        ...(entry.reason ? [['Why', <Foreign key="y" text={entry.reason} />] as [string, React.ReactNode]] : []),
        ['Method', <code key="m"><Foreign text={entry.method} /></code>],
        ['From', <span key="f"><Foreign text={entry.remoteAddress || '–'} /> <span className="muted"><Foreign text={entry.userAgent} /></span></span>],
        ...(entry.requestId ? [['Request id', <span key="q"><code><Foreign text={entry.requestId} /></code> <Copy value={entry.requestId} what="request id" /></span>] as [string, React.ReactNode]] : []),
        ...(entry.traceId ? [['Trace', <span key="x"><code><Foreign text={entry.traceId} /></code> <Copy value={entry.traceId} what="trace id" /></span>] as [string, React.ReactNode]] : []),
      ]} />
      {entry.changes.slice(0, SHOWN).map((change, i) => <Change key={i} change={change} />)}
      {entry.changes.length > SHOWN ? <p className="mt0 muted">And {count(entry.changes.length - SHOWN)} further resources.</p> : null}
      {entry.changes.length === 0 ? <p className="mt0 muted">{refused ? 'Nothing was changed.' : 'No resource was changed.'}</p> : null}
    </div>
  );
}

/** One entry, over the list. */
export function Entry({ name, onClose }: { name: string; onClose: () => void }) {
  const query = useQuery(AuditService.method.getAuditEntry, { name }, { staleTime: Infinity });
  return (
    <Dialog title={query.data ? auditWords(query.data) : 'Audit entry'} opened onClose={onClose} size={760}>
      <Query of={query} loading={<Loading rows={8} />}>{(entry) => <Whole entry={entry} />}</Query>
    </Dialog>
  );
}
