import { useQuery } from '@connectrpc/connect-query';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData } from '@tanstack/react-query';
import { IconCheck, IconX } from '@tabler/icons-react';
import { useMemo } from 'react';
import { useViewer } from '../../api/caller';
import { EventTypeService } from '../../gen/carillon/v1/event_type_service_pb';
import { SubscriptionService } from '../../gen/carillon/v1/subscription_service_pb';
import { Json } from '../../ui/Code';
import { count } from '../../ui/format';
import { Card, Chip, Copy, Foreign, Time } from '../../ui/parts';
import { Empty, Loading, PageLoading, Query, useAnswered } from '../../ui/status';
import { type Draft, draftFilter, type Filter } from './draft';

const WAIT_MS = 350;

/** What the newest events would have been asked. `kept`: a condition that the draft cannot say, in place of its own. */
function usePreview(draft: Draft, kept: Filter | undefined) {
  const viewer = useViewer();
  const wanted = useMemo(() => ({ types: draft.types, filter: kept ?? draftFilter(draft) }), [draft, kept]);
  const [{ types, filter }] = useDebouncedValue(wanted, WAIT_MS);
  const enabled = viewer.may('SubscriptionService/PreviewSubscription') && types.length > 0;
  const query = useQuery(SubscriptionService.method.previewSubscription, {
    parent: `tenants/${draft.tenant}`, maxResults: 20,
    subscription: { types, ...(filter ? { filter } : {}) },
  }, { enabled, placeholderData: keepPreviousData, staleTime: 10_000 });
  return { query, enabled };
}

/** The newest events, and which of them would have been sent. */
function Preview({ of: { query, enabled } }: { of: ReturnType<typeof usePreview> }) {
  if (!enabled) return <Card title="What would have been sent"><p className="mt0 muted">Choose event types to see recent events of them.</p></Card>;
  const { data } = query;
  return (
    <Card title="What would have been sent" pad={false} aside={data ? <Chip tone="info"><span className="num">{count(data.matchedCount)} of the last {count(data.scannedCount)}</span></Chip> : null}>
      <Query of={query} loading={<Loading rows={6} />}>
        {(answer) => {
          const results = answer.results.filter((each) => each.failedCondition !== 'types').slice(0, 12);
          if (results.length === 0) return <Empty title="None of late">None of the last {count(answer.scannedCount)} events of the tenant is of these types. The webhook gets those that come.</Empty>;
          return (
            <div className="scroll-x" tabIndex={0} role="region" aria-label="Recent events and whether they match">
              <table className="tbl">
                <thead><tr><th scope="col">Time</th><th scope="col">Event type</th><th scope="col">Sent?</th></tr></thead>
                <tbody>
                  {results.map((each) => (
                    <tr key={`${each.position}`} className={each.matched ? '' : 'dim'}>
                      <td><Time at={each.acceptTime} /></td><td className="mono"><Foreign text={each.type} /></td>
                      <td>{each.matched ? <Chip tone="ok" icon={<IconCheck size={12} aria-hidden />}>yes</Chip> : <><Chip tone="own" icon={<IconX size={12} aria-hidden />}>no</Chip>{each.foundValue ? <span className="cell-2">it is <Foreign text={each.foundValue} /></span> : null}</>}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          );
        }}
      </Query>
    </Card>
  );
}

const useSample = (type: string | undefined) =>
  useQuery(EventTypeService.method.getEventType, { name: `eventTypes/${type ?? ''}` }, { enabled: type !== undefined, staleTime: 60_000 });

/** A payload with every member filled. */
function Sample({ type, of: query }: { type: string; of: ReturnType<typeof useSample> }) {
  const sample = query.data?.sample ?? '';
  return (
    <Card title="Sample" pad={false} aside={sample ? <Copy value={sample} what="sample" /> : null}>
      <Query of={query} loading={<Loading rows={5} />}>{(data) => (data.sample ? <Json text={data.sample} label={`Sample of ${type}`} /> : <p className="pad muted">This type has no sample.</p>)}</Query>
    </Card>
  );
}

/** What stands beside a draft: what would have been sent, and a sample of `type`. `kept`: a condition that the draft
    cannot say, in place of its own. */
export function Beside({ draft, kept, type }: { draft: Draft; kept?: Filter | undefined; type: string | undefined }) {
  const preview = usePreview(draft, kept);
  const sample = useSample(type);
  if (!useAnswered(preview.query, sample)) return <PageLoading />;
  return <div className="stack min0"><Preview of={preview} />{type === undefined ? null : <Sample type={type} of={sample} />}</div>;
}
