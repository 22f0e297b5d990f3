import { Link } from 'wouter';
import { useViewer } from '../../api/caller';
import { lastPart, tenantOf, toDestination } from '../../api/names';
import type { ListNoticesResponse, Notice } from '../../gen/carillon/v1/notice_service_pb';
import { Card, Foreign, Time } from '../../ui/parts';
import { type Loaded, Loading, Query } from '../../ui/status';
import { noticeWords } from './words';

/** `37 deliveries to ledger given up`: the name leads to the destination. */
export function NoticeLine({ notice }: { notice: Notice }) {
  const { before, after } = noticeWords(notice);
  return (
    <>
      {before ? `${before} ` : ''}
      {notice.destination ? <><Link href={toDestination(notice.destination)} className="strong"><Foreign text={lastPart(notice.destination)} /></Link> </> : null}
      {after}
    </>
  );
}

/** The last of what happened. */
export function Happened({ of }: { of: Loaded<ListNoticesResponse> }) {
  const viewer = useViewer();
  return (
    <Card title="What happened" aside={(of.data?.notices.length ?? 0) > 0 ? <Link href="/notices">All</Link> : null}>
      <Query of={of} loading={<Loading rows={5} />}>
        {(data) => (data.notices.length === 0 ? <p className="muted mt0">Nothing out of the ordinary, for as long as is known.</p> : (
          <ul className="feed">
            {data.notices.map((notice) => {
              const { tone, more } = noticeWords(notice);
              const tenant = viewer.tenant === undefined && notice.destination ? tenantOf(notice.destination) : '';
              return (
                <li key={notice.name}>
                  <Time at={notice.lastTime} form="short" /><span className={`dot m-${tone}`} />
                  <div className="min0"><NoticeLine notice={notice} /><span className="cell-2"><Foreign text={[tenant, more].filter(Boolean).join(' · ')} /></span></div>
                </li>
              );
            })}
          </ul>
        ))}
      </Query>
    </Card>
  );
}
