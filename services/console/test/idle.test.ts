import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { baseOf } from '../src/api/base';
import { answered, ask, connection, notAnswered } from '../src/api/connection';
import { IDLE_MS, keptTooLong, locksAt, makeFilter, type Watch, watchIdle, WARNING_MS } from '../src/api/idle';

const MINUTE = 60_000;

describe('a session in which nobody does anything', () => {
  const lock = vi.fn();
  const tell = vi.fn();
  let watch: Watch;
  beforeEach(() => {
    vi.useFakeTimers({ now: new Date('2026-05-04T08:00:00Z') });
    lock.mockReset();
    tell.mockReset();
    watch = watchIdle(lock, tell);
  });
  afterEach(() => {
    watch.stop();
    vi.useRealTimers();
  });

  it('is locked after 30 minutes, once, and warned of a minute before', () => {
    vi.advanceTimersByTime(IDLE_MS - WARNING_MS - 1000);
    expect(locksAt.get()).toBeUndefined();
    vi.advanceTimersByTime(1000);
    expect(locksAt.get()).toBe(Date.now() + WARNING_MS);
    vi.advanceTimersByTime(WARNING_MS - 1000);
    expect(lock).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1000);
    expect(lock).toHaveBeenCalledTimes(1);
    expect(locksAt.get()).toBeUndefined();
    vi.advanceTimersByTime(IDLE_MS);
    watch.active();
    watch.check();
    expect(lock).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('goes on as long as something is done', () => {
    for (let i = 0; i < 10; ++i) {
      vi.advanceTimersByTime(29.5 * MINUTE);
      expect(locksAt.get()).toBeDefined();
      watch.active();
      expect(locksAt.get()).toBeUndefined();
    }
    expect(lock).not.toHaveBeenCalled();
    vi.advanceTimersByTime(IDLE_MS);
    expect(lock).toHaveBeenCalledTimes(1);
  });

  it('is locked when a machine wakes up, before what is done first then', () => {
    vi.setSystemTime(Date.now() + 8 * 60 * MINUTE);  // no timer ran
    watch.active();
    expect(lock).toHaveBeenCalledTimes(1);
  });

  it('goes on with what is done in another tab, and tells of its own now and then', () => {
    vi.advanceTimersByTime(29 * MINUTE);
    watch.heard(Date.now() - 1000);
    vi.advanceTimersByTime(29 * MINUTE);
    expect(lock).not.toHaveBeenCalled();
    watch.heard(Date.now() + 10 * IDLE_MS);  // a lie is worth no more than now
    vi.advanceTimersByTime(IDLE_MS);
    expect(lock).toHaveBeenCalledTimes(1);
    expect(tell).toHaveBeenCalledTimes(1);
  });

  it('does not tell of each movement', () => {
    for (let i = 0; i < 100; ++i) {
      watch.active();
      vi.advanceTimersByTime(100);
    }
    expect(tell.mock.calls.length).toBeLessThanOrEqual(3);
  });

  it('is not prolonged by a clock that is put back', () => {
    vi.setSystemTime(Date.now() - 24 * 60 * MINUTE);
    watch.check();
    vi.advanceTimersByTime(IDLE_MS);
    expect(lock).toHaveBeenCalledTimes(1);
  });
});

describe('what a person does', () => {
  it('is no event of a script, no key that is held down, and no pointer that rests', () => {
    const counts = makeFilter();
    expect(counts({ type: 'keydown', isTrusted: true })).toBe(true);
    expect(counts({ type: 'keydown', isTrusted: true, repeat: true })).toBe(false);
    expect(counts({ type: 'click', isTrusted: false })).toBe(false);
    const move = (screenX: number) => counts({ type: 'pointermove', isTrusted: true, screenX, screenY: 5 });
    expect([move(1), move(1), move(2), move(2), move(1)]).toEqual([false, false, true, false, true]);
  });
});

describe('what a tab kept', () => {
  const kept = new Map<string, string>();
  beforeEach(() => {
    vi.stubGlobal('sessionStorage', { getItem: (name: string) => kept.get(name) ?? null });
  });
  afterEach(() => vi.unstubAllGlobals());
  it('is too old after the same time', () => {
    expect(keptTooLong()).toBe(false);
    kept.set('carillon.seen', String(Date.now() - IDLE_MS + 5000));
    expect(keptTooLong()).toBe(false);
    kept.set('carillon.seen', String(Date.now() - IDLE_MS));
    expect(keptTooLong()).toBe(true);
  });
});

describe('the base', () => {
  it('is seen from the script', () => {
    expect(baseOf('https://hooks.example/console/assets/index-1a.js')).toEqual({ root: '/', console: '/console/' });
    expect(baseOf('https://ops.example/hooks/console/assets/index-1a.js')).toEqual({ root: '/hooks/', console: '/hooks/console/' });
    expect(baseOf('https://ops.example/console/a/console/assets/index-1a.js?x')).toEqual({ root: '/console/a/', console: '/console/a/console/' });
  });
});

describe('a server that does not answer', () => {
  afterEach(() => {
    answered();
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });
  it.each([[200, false], [404, false], [403, false], [502, true], [503, true]])('is asked again, and %i means that it is down: %s', async (status, down) => {
    vi.useFakeTimers();
    const fetched = vi.fn(async () => ({ status }));
    vi.stubGlobal('fetch', fetched);
    notAnswered();
    expect(connection.get().down).toBe(true);
    await ask();
    expect(fetched).toHaveBeenCalledWith('/readyz', { cache: 'no-store' });
    expect(connection.get().down).toBe(down);
  });
});
