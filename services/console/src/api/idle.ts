import { recall, remember } from './storage';
import { makeStore } from './store';

// Locks a session in which nobody does anything: after 30 minutes, by the clock on the wall, as timers of tabs in the
// background and of machines that sleep come late. What is done in one tab counts for the others.

export const IDLE_MS = 30 * 60_000;
/** So long before, it is said that it locks. */
export const WARNING_MS = 60_000;
/** How often it is told to other tabs, and to what outlives a reload, that something is done. */
const TELL_MS = 5_000;
const CHECK_MS = 1_000;
const CHANNEL = 'carillon.activity';

/** When it locks, in ms of the clock, while that is near. */
export const locksAt = makeStore<number | undefined>(undefined);

export interface Watch {
  /** Somebody does something here. */
  active(): void;
  /** Somebody did something in another tab. */
  heard(at: number): void;
  /** Locks when it is time. */
  check(): void;
  stop(): void;
}

/** Watches from now on. `lock` is called once, then it watches no more; `tell` from time to time while it is active. */
export function watchIdle(lock: () => void, tell: (at: number) => void): Watch {
  let last = Date.now();
  let told = 0;
  let over = false;
  const timer = setInterval(() => watch.check(), CHECK_MS);
  const watch: Watch = {
    active() {
      watch.check();  // who comes back too late finds it locked
      if (over) return;
      last = Date.now();
      locksAt.set(undefined);
      if (last - told < TELL_MS && last >= told) return;
      told = last;
      tell(last);
    },
    heard(at) {
      last = Math.max(last, Math.min(at, Date.now()));
      watch.check();
    },
    check() {
      if (over) return;
      last = Math.min(last, Date.now());  // the clock was put back
      const left = last + IDLE_MS - Date.now();
      if (left > 0) return locksAt.set(left <= WARNING_MS ? last + IDLE_MS : undefined);
      watch.stop();
      lock();
    },
    stop() {
      over = true;
      clearInterval(timer);
      locksAt.set(undefined);
    },
  };
  watch.active();
  return watch;
}

/** What of an event tells whether a person made it. */
export interface Act {
  type: string;
  isTrusted: boolean;
  repeat?: boolean;
  screenX?: number;
  screenY?: number;
}
/** `click` comes alone from screen readers and voice control. */
export const ACTS = ['click', 'pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'];

/** Leaves out what scripts make, a key that something lies on, and a pointer under which only the page moves. */
export function makeFilter(): (act: Act) => boolean {
  let at = '';
  return ({ type, isTrusted, repeat, screenX, screenY }) => {
    if (!isTrusted || repeat) return false;
    if (type !== 'pointermove') return true;
    const before = at;
    at = `${screenX} ${screenY}`;
    return before !== '' && before !== at;
  };
}

const SEEN = 'seen';
/** Whether what a tab kept is too old: it was closed and restored, or lay aside without its scripts. */
export const keptTooLong = (): boolean => Date.now() - Number(recall(SEEN) ?? Date.now()) >= IDLE_MS;
export const forgetSeen = () => remember(SEEN, undefined);

/** Watches this page. Returns what ends that. */
export function watchPage(lock: () => void): () => void {
  const channel = openChannel();
  const watch = watchIdle(lock, (at) => {
    remember(SEEN, String(at));
    channel?.postMessage(at);
  });
  const counts = makeFilter();
  const act = (event: Event) => { if (counts(event as Event & Act)) watch.active(); };
  const options = { capture: true, passive: true };
  for (const type of ACTS) window.addEventListener(type, act, options);
  // Before anything is seen again, and before timers that came late.
  const back = ['focus', 'pageshow', 'resume'];
  for (const type of back) window.addEventListener(type, watch.check);
  document.addEventListener('visibilitychange', watch.check);
  if (channel) channel.onmessage = ({ data }) => { if (typeof data === 'number') watch.heard(data); };
  return () => {
    watch.stop();
    channel?.close();
    for (const type of ACTS) window.removeEventListener(type, act, options);
    for (const type of back) window.removeEventListener(type, watch.check);
    document.removeEventListener('visibilitychange', watch.check);
  };
}

function openChannel(): BroadcastChannel | undefined {
  try {
    return new BroadcastChannel(CHANNEL);
  } catch {
    return undefined;  // closed in a frame
  }
}
