import { lastPart, principalWords } from '../../api/names';
import { Outcome } from '../../gen/carillon/v1/destination_pb';
import { type Notice, Notice_Kind as Kind } from '../../gen/carillon/v1/notice_service_pb';
import { count, millisOf, plural, span, timeText } from '../../ui/format';
import { OUTCOMES, type Tone } from '../../ui/outcomes';
import { REASONS } from '../../ui/states';

// What happened, as people say it: to a destination, which has a name, or to the server.

export interface NoticeWords {
  tone: Tone;
  /** In front of the name and behind it: `37 deliveries to` ledger `given up`. */
  before: string;
  after: string;
  /** What more there is to say; may be empty. */
  more: string;
}

type Told = Omit<NoticeWords, 'before'> & { before?: string };

const OPENED: Record<Tone, string> = {
  ok: 'is in trouble', bad: 'is failing', slow: 'stopped answering', net: 'became unreachable', own: 'cannot be sent to', info: 'is in trouble',
};

/** The last attempt in a word or two. */
const lastAttempt = ({ outcome, responseStatus }: Notice) => (responseStatus ? String(responseStatus) : OUTCOMES[outcome].label);

/** Of what was given up: why. */
const givenUp = (notice: Notice) => (notice.outcome === Outcome.CANCELLED ? 'purged, too old, or no longer wanted' : `${lastAttempt(notice)} on the last attempt`);

const lasted = ({ sinceTime, lastTime }: Notice): string => {
  const [from, to] = [millisOf(sinceTime), millisOf(lastTime)];
  return from === undefined || to === undefined ? '' : span(Math.max(0, to - from));
};

const since = (ms: number | undefined) => (ms === undefined ? '' : `since ${timeText(ms, 'short')}`);
const by = ({ principal }: Notice) => (principal ? `by ${principalWords(principal)}` : '');
const join = (...parts: string[]) => parts.filter(Boolean).join(' · ');

const TOLD: Record<Kind, (notice: Notice) => Told> = {
  [Kind.KIND_UNSPECIFIED]: () => ({ tone: 'info', after: 'had something happen', more: '' }),
  [Kind.CIRCUIT_OPENED]: (notice) => {
    const { tone } = OUTCOMES[notice.outcome];
    return { tone, after: OPENED[tone], more: join(lastAttempt(notice), notice.sinceTime ? `failing ${since(millisOf(notice.sinceTime))}` : '') };
  },
  [Kind.CIRCUIT_CLOSED]: (notice) => ({ tone: 'ok', after: 'recovered', more: lasted(notice) ? `breaker closed after ${lasted(notice)}` : 'breaker closed' }),
  [Kind.DISABLED]: (notice) => ({ tone: 'bad', after: 'was disabled', more: by(notice) || REASONS[notice.reason] }),
  [Kind.ENABLED]: (notice) => ({ tone: 'ok', after: 'was enabled', more: by(notice) }),
  [Kind.PAUSED]: (notice) => ({ tone: 'info', after: 'was paused', more: by(notice) }),
  [Kind.RESUMED]: (notice) => ({ tone: 'ok', after: 'was resumed', more: by(notice) }),
  [Kind.DEAD]: (notice) => ({ tone: 'bad', before: `${plural(Number(notice.count), 'delivery', 'deliveries')} to`, after: 'given up', more: givenUp(notice) }),
  [Kind.EVICTED]: (notice) => ({ tone: 'bad', before: `${plural(Number(notice.count), 'delivery', 'deliveries')} to`, after: 'given up', more: 'more was kept for it than may be' }),
  [Kind.STARTED]: ({ message }) => ({ tone: 'info', after: 'The server started', more: message ? `version ${message}` : '' }),
  [Kind.RELOADED]: ({ message }) => ({ tone: 'info', after: 'Configuration reloaded', more: message }),
  [Kind.RELOAD_REFUSED]: ({ message }) => ({ tone: 'bad', after: 'Configuration refused', more: message }),
};

/** How often, where it was more than once; of deliveries the count is said already. */
function often({ kind, count: times, firstTime, lastTime }: Notice): string {
  const [first, last] = [millisOf(firstTime), millisOf(lastTime)];
  if (times <= 1 || kind === Kind.DEAD || kind === Kind.EVICTED) return first !== last ? since(first) : '';
  return `${count(times)} times ${since(first)}`;
}

export function noticeWords(notice: Notice): NoticeWords {
  const told = TOLD[notice.kind](notice);
  return { before: '', ...told, more: join(told.more, often(notice)) };
}

/** All of it in a line. */
export function noticeText(notice: Notice): string {
  const { before, after } = noticeWords(notice);
  return [before, notice.destination ? lastPart(notice.destination) : '', after].filter(Boolean).join(' ');
}
