import { Button, Skeleton } from '@mantine/core';
import { IconAlertTriangle, IconLock, IconRefresh } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import type { ApiError } from '../api/errors';
import { readError } from '../api/errors';
import { Origin_Kind, type Origin } from '../gen/carillon/v1/resource_pb';
import { Since, TONE_ICONS } from './parts';
import { readOnlyWords } from './origin';
import type { Tone } from './outcomes';

export { Needs } from './Needs';
export { readOnlyWords };

// What a screen shows besides its data: nothing there, an error, no rights, old data.

export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return <div className="empty"><h2>{title}</h2>{children ? <p>{children}</p> : null}{action}</div>;
}

export function ErrorBox({ error, retry, staleSince }: { error: unknown; retry?: () => void; staleSince?: number | undefined }) {
  const it: ApiError = readError(error);
  return (
    <section className="error-box" role="alert">
      <IconAlertTriangle size={18} stroke={2} aria-hidden />
      <div className="min0">
        <h2>{it.title}</h2>
        <p><bdi>{it.message}</bdi></p>
        {it.fields.length > 0 ? (
          <ul>{it.fields.slice(0, 10).map((field) => <li key={field.path + field.message}><code>{field.path}</code> <bdi>{field.message}</bdi></li>)}</ul>
        ) : null}
        <p className="error-f">
          {it.reason ? <code>{it.reason}</code> : null}
          {it.retryAfterSeconds ? <span>again in {Math.ceil(it.retryAfterSeconds)} s</span> : null}
          {staleSince ? <span>What is shown is <Since ms={staleSince} /> old.</span> : null}
          {retry ? <Button size="compact-xs" variant="default" leftSection={<IconRefresh size={13} aria-hidden />} onClick={retry}>Try again</Button> : null}
        </p>
      </div>
    </section>
  );
}

/** Skeletons of the size that the data will have. */
export function Loading({ rows = 6, height = 36 }: { rows?: number; height?: number }) {
  return (
    <div className="loading" aria-busy="true" role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, i) => <Skeleton key={i} height={height - 12} my={6} radius={4} />)}
    </div>
  );
}

export function PageLoading() {
  return (
    <div className="page" aria-busy="true" role="status" aria-label="Loading">
      <Skeleton height={28} width={220} /><Skeleton height={104} /><Skeleton height={320} />
    </div>
  );
}

/** A thin bar on top while data is fetched anew; what was there stays. */
export const Refreshing = ({ on }: { on: boolean }) => (on ? <div className="refreshing" role="progressbar" aria-label="Refreshing" /> : null);

export interface Loaded<T> {
  data: T | undefined;
  error: unknown;
  isFetching: boolean;
  dataUpdatedAt: number;
  refetch: () => unknown;
}

/** Whether all have answered once, or failed: true from then on, whatever they ask later. What stands above other parts of
    a page is shown with them, so that nothing moves under a hand that is about to press it. */
export function useAnswered(...queries: Pick<Loaded<unknown>, 'data' | 'error' | 'isFetching'>[]): boolean {
  const [answered, setAnswered] = useState(false);
  const now = answered || queries.every(({ data, error, isFetching }) => data !== undefined || error || !isFetching);
  if (now && !answered) setAnswered(true);
  return now;
}

/** The states of one query: skeletons, also until it is `ready` to be shown, an error with what was known before, or the
    data. */
export function Query<T>({ of, ready = true, loading, children }: { of: Loaded<T>; ready?: boolean; loading?: ReactNode; children: (data: T) => ReactNode }) {
  const retry = () => void of.refetch();
  if (of.data === undefined || !ready) {
    return of.error ? <ErrorBox error={of.error} retry={retry} /> : <>{loading ?? <Loading />}</>;
  }
  return (
    <>
      <Refreshing on={of.isFetching} />
      {of.error ? <ErrorBox error={of.error} retry={retry} staleSince={of.dataUpdatedAt} /> : null}
      {of.error ? <div className="stale">{children(of.data)}</div> : children(of.data)}
    </>
  );
}

export function ReadOnly({ origin }: { origin: Origin | undefined }) {
  if (origin === undefined || origin.kind === Origin_Kind.API || origin.kind === Origin_Kind.KIND_UNSPECIFIED) return null;
  return <p className="read-only"><IconLock size={14} aria-hidden /> {readOnlyWords(origin)}</p>;
}

export function NoRights({ role }: { role: string }) {
  return <Empty title="This page is not for you">It needs the role {role}.</Empty>;
}

/** What happened, why, and what to do. */
export function Hint({ tone, title, children, actions }: { tone: Tone; title: ReactNode; children?: ReactNode; actions?: ReactNode }) {
  const I = TONE_ICONS[tone];
  return (
    <section className={`hint t-${tone}`}>
      <I size={18} stroke={2} aria-hidden />
      <div className="min0"><h2>{title}</h2>{children ? <div className="hint-b">{children}</div> : null}{actions ? <div className="hint-a">{actions}</div> : null}</div>
    </section>
  );
}
