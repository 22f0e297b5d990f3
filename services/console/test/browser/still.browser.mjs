// Nothing moves while a screen loads, in whatever order its answers come: node --test test/browser/still.browser.mjs
// CARILLON_BIN: where carillond and its console.pak are. STILL=all: the whole, which takes some minutes more. ONLY: a
// regular expression of the screens to look at.
//
// The short form loads each screen twice: once its calls are answered one after another, as they were asked for, once each
// after those that were asked for later. So of any two that are asked for at the same time one comes first once, the
// other once, and the page paints what it has before the next comes. It looks at everything as an operator at 360 px, where
// things stand below each other; at 1280 px in the second order; and as a tenant where that sees something else. The
// whole has both orders for both viewers and widths, and in addition lets each call, and all files, come last once.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { open } from './browser.mjs';
import { asAsked, lastly, ordered, reversed } from './order.mjs';
import { NOT_THERE, screensOf, stage } from './stage.mjs';
import { seed, TOKENS } from './support.mjs';

const ALL = process.env.STILL === 'all';
const ONLY = new RegExp(process.env.ONLY ?? '');
/** Pages that load at once. */
const LANES = 3;
/** Of layout shifts while a page loads: a card of 300 px that moves by a row is more. */
const MOST_SHIFT = 0.002;
/** Heights by width. What is out of sight does not count: narrow pages are looked at whole. */
const SIZES = { 360: 2_400, 1280: 860 };
/** Viewer, width, orders, screens; of an operator also the tenant that is looked at, which has events and no destination. */
const SHORT = [
  ['operator', 360, [asAsked, reversed], /./], ['operator', 1280, [reversed], /./],
  ['acme', 360, [asAsked, reversed], /^(overview|destinations|deliveries|event|tenant|subscriptions|wizard)$/],
  ['operator', 360, [asAsked, reversed], /^overview$/, 'lonely'],
];
const WHOLE = ['operator', 'acme'].flatMap((as) => Object.keys(SIZES).map((width) => [as, Number(width), [asAsked, reversed], /./]));

const on = stage({
  fill: async (carillond) => {
    const receivers = await seed(carillond);
    await carillond.publish('lonely', 'order.paid', {});
    return receivers;
  },
});

/** What moves, as lines. */
async function movesOf(load, orders, [name, path]) {
  const found = [];
  const keys = new Set();
  const look = async (order) => {
    const { keys: asked, sum, moved } = await load(path, order);
    for (const key of asked) keys.add(key);
    if (sum >= MOST_SHIFT) found.push(`${name}, ${order.name}: moves by ${sum.toFixed(3)}\n    ${moved.join('\n    ')}`);
  };
  for (const order of orders) await look(order);
  if (ALL) for (const key of keys) await look(lastly(key));
  return found;
}

describe('screens', () => {
  for (const [as, width, orders, which, tenant] of ALL ? WHOLE : SHORT) {
    it(`keep still while they load: ${as}${tenant ? ` for ${tenant}` : ''}, ${width} px`, { timeout: 2_400_000 }, async () => {
      const left = Object.entries(await screensOf(on.carillond)).filter(([name]) => which.test(name) && ONLY.test(name));
      const found = [];
      await Promise.all(Array.from({ length: LANES }, async () => {
        const seat = await open(on.browser, on.carillond.base, { width, height: SIZES[width], token: TOKENS[as], allow: [NOT_THERE] });
        if (tenant) await seat.page.addInitScript((it) => sessionStorage.setItem('carillon.tenant', it), tenant);
        const load = await ordered(seat, on.carillond.base);
        for (let screen = left.shift(); screen; screen = left.shift()) found.push(...await movesOf(load, orders, screen));
        await seat.close();
      }));
      assert.equal(found.join('\n'), '');
    });
  }
});
