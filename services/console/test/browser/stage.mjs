// What a file of tests stands on: a carillond with data of its own, and a browser.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { launch, open } from './browser.mjs';
import { seed, startCarillond } from './support.mjs';

/** What Chromium writes down about answers that are expected. */
export const NOT_THERE = /status of 40[0-9]|status of 503|ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|Failed to load resource/;

/** Opens a page, runs, and fails on whatever nobody should see. `base`: of a proxy before carillond. */
export async function visitAt(browser, carillond, { base = carillond.base, ...options }, run) {
  const seat = await open(browser, base, options);
  try {
    await run(seat);
    assert.deepEqual(seat.faults, []);
  } finally {
    await seat.close();
  }
}

/** Starts both before the first test of a file and ends them after the last. `config`: more of the configuration, or
    what makes it. `fill` puts data in, and returns what has to be closed. */
export function stage({ config, fill = seed } = {}) {
  const on = {};
  before(async () => {
    on.carillond = await startCarillond(typeof config === 'function' ? await config() : config);
    on.receivers = await fill(on.carillond);
    on.browser = await launch();
  }, { timeout: 600_000 });
  after(async () => {
    await on.browser?.close();
    await on.carillond?.stop();
    await on.receivers?.close();
  }, { timeout: 300_000 });
  on.visit = (options, run) => visitAt(on.browser, on.carillond, options, run);
  return on;
}
