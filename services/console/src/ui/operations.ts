import { type Operation, Operation_Kind as Kind, Operation_State as State } from '../gen/carillon/v1/operation_pb';
import { millisOf } from './format';
import type { Tone } from './outcomes';

// What long-running operations are called, and how fast they get on.

export const KINDS: Record<Kind, { label: string; filter: string }> = {
  [Kind.KIND_UNSPECIFIED]: { label: 'Operation', filter: '' },
  [Kind.REPLAY]: { label: 'Replay', filter: 'REPLAY' },
  [Kind.RESEND]: { label: 'Resend', filter: 'RESEND' },
  [Kind.PURGE]: { label: 'Purge', filter: 'PURGE' },
  [Kind.DELETE_TENANT]: { label: 'Delete a tenant', filter: 'DELETE_TENANT' },
};

export const OPERATION_STATES: Record<State, { label: string; tone: Tone; filter: string }> = {
  [State.STATE_UNSPECIFIED]: { label: 'Not known', tone: 'own', filter: '' },
  [State.RUNNING]: { label: 'Running', tone: 'info', filter: 'RUNNING' },
  [State.PAUSED]: { label: 'Paused', tone: 'own', filter: 'PAUSED' },
  [State.SUCCEEDED]: { label: 'Done', tone: 'ok', filter: 'SUCCEEDED' },
  [State.FAILED]: { label: 'Failed', tone: 'bad', filter: 'FAILED' },
  [State.CANCELLED]: { label: 'Cancelled', tone: 'own', filter: 'CANCELLED' },
};

/** What it makes arrives somewhere; the other kinds remove. */
export const sends = (kind: Kind): boolean => kind === Kind.REPLAY || kind === Kind.RESEND;

export interface Sample {
  at: number;
  processed: number;
  progress: number;
}

const WINDOW_MS = 15_000;
const LEAST_MS = 900;

/** The samples that count, with a new one: those of the last seconds, and one before them. */
export function withSample(samples: readonly Sample[], next: Sample): Sample[] {
  const last = samples.at(-1);
  if (last && last.at === next.at) return [...samples];
  // It began anew, or stood still for long: what was before says nothing of now.
  if (last && (next.processed < last.processed || next.at - last.at > WINDOW_MS)) return [next];
  return [...samples.filter(({ at }) => next.at - at <= WINDOW_MS), next];
}

export interface Pace {
  /** Deliveries a second of late; undefined: not known yet. */
  perSecond: number | undefined;
  /** Until it has gone through; undefined: it cannot be told. */
  leftMs: number | undefined;
}

/** How fast it goes by its samples; with one sample alone, since it began. */
export function paceOf(operation: Pick<Operation, 'done' | 'paused' | 'createTime' | 'updateTime' | 'endTime' | 'processedCount' | 'progress'>, samples: readonly Sample[]): Pace {
  const { done, paused, progress } = operation;
  const processed = Number(operation.processedCount);
  const began = millisOf(operation.createTime);
  const ended = millisOf(operation.endTime ?? operation.updateTime);
  const whole = began !== undefined && ended !== undefined ? ended - began : 0;
  if (done) return { perSecond: whole >= LEAST_MS ? processed / (whole / 1000) : undefined, leftMs: undefined };
  if (paused) return { perSecond: 0, leftMs: undefined };
  const [first, last] = [samples[0], samples.at(-1)];
  const span = first && last ? last.at - first.at : 0;
  const [ms, sent, way] = span >= LEAST_MS ? [span, last!.processed - first!.processed, last!.progress - first!.progress] : [whole, processed, progress];
  if (ms < LEAST_MS) return { perSecond: undefined, leftMs: undefined };
  const average = whole >= LEAST_MS && progress > 0 ? (whole * (1 - progress)) / progress : undefined;
  return { perSecond: sent / (ms / 1000), leftMs: way > 0 ? (ms * (1 - progress)) / way : average };
}

/** What was put to be sent and has neither arrived nor been given up. */
export const onTheWay = ({ processedCount, deliveredCount, deadCount }: Pick<Operation, 'processedCount' | 'deliveredCount' | 'deadCount'>): bigint => {
  const rest = processedCount - deliveredCount - deadCount;
  return rest > 0n ? rest : 0n;
};
