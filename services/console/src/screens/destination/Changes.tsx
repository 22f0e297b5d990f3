import { useQuery } from '@connectrpc/connect-query';
import { principalWords, quoted } from '../../api/names';
import { AuditService, type AuditEntry } from '../../gen/carillon/v1/audit_service_pb';
import { Card, Chip, Foreign, Time } from '../../ui/parts';
import { Empty, Loading, Query } from '../../ui/status';
import { auditWords } from '../audit/words';

const MAX_TEXT = 120;

function at(value: unknown, path: string): unknown {
  let found = value;
  for (const part of path.split('.')) {
    if (typeof found !== 'object' || found === null) return undefined;
    const camel = part.replace(/_([a-z])/g, (_whole, letter: string) => letter.toUpperCase());
    const members = found as Record<string, unknown>;
    found = members[part] ?? members[camel];
  }
  return found;
}

const shortJson = (value: unknown) => {
  const text = value === undefined ? '–' : JSON.stringify(value);
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
};

/** What a change made of it, member by member. */
function Difference({ entry, name }: { entry: AuditEntry; name: string }) {
  const change = entry.changes.find((each) => each.resource === name) ?? entry.changes[0];
  if (!change || change.paths.length === 0) return null;
  return (
    <ul className="diff">
      {change.paths.slice(0, 12).map((path) => (
        <li key={path}><code>{path}</code> <del><Foreign text={shortJson(at(change.before, path))} /></del> <span aria-hidden>→</span> <ins><Foreign text={shortJson(at(change.after, path))} /></ins></li>
      ))}
    </ul>
  );
}

/** Who changed it, before and after. */
export function Changes({ name, tenant }: { name: string; tenant: string }) {
  const query = useQuery(AuditService.method.listAuditEntries, { parent: `tenants/${tenant}`, filter: `changes.resource:${quoted(name)}`, pageSize: 50 });
  return (
    <Card className="tab-card" title="Changes" pad={false}>
      <Query of={query} loading={<Loading rows={6} />}>
        {(data) => (data.auditEntries.length === 0 ? <Empty title="No changes">Nobody has changed it by the API. What the configuration file says is not recorded here.</Empty> : (
          <ul className="changes">
            {data.auditEntries.map((entry) => (
              <li key={entry.name}>
                <Time at={entry.createTime} form="full" />
                <div className="min0">
                  <b><Foreign text={auditWords(entry)} /></b> {entry.code !== 0 ? <Chip tone="bad"><Foreign text={entry.errorReason || 'refused'} /></Chip> : null}
                  <span className="cell-2">by <Foreign text={principalWords(entry.principal)} />{entry.reason ? <> · “<Foreign text={entry.reason} />”</> : null}</span>
                  <Difference entry={entry} name={name} />
                </div>
              </li>
            ))}
          </ul>
        ))}
      </Query>
    </Card>
  );
}
