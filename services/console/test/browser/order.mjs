// The order in which a page gets what it asks for. Otherwise it depends on how fast server, network and machine are.
import { shiftsOf, watchShifts } from './browser.mjs';

const PATIENCE_MS = 120_000;
const CALL = /\/(carillon\.v1\.[^/?]+\/[^/?]+)$/;

/** Counts the timers that end within a second: React and the query client put off what they show by such. */
function countTimers() {
  const { setTimeout: set, clearTimeout: clear } = window;
  const pending = new Set();
  window.setTimeout = (run, ms = 0, ...given) => {
    const id = set(() => { pending.delete(id); run(...given); }, ms);
    if (!(ms >= 1000)) pending.add(id);
    return id;
  };
  window.clearTimeout = (id) => { pending.delete(id); clear(id); };
  window.timersLeft = () => pending.size;
}

/** Until what has come is painted and the page has nothing left to do. */
const painted = (page) => page.evaluate(() => new Promise((resolve) => {
  const look = () => requestAnimationFrame(() => requestAnimationFrame(() => requestIdleCallback(() => (window.timersLeft() === 0 ? resolve() : look()))));
  look();
}));

const isLoaded = (page) => page.evaluate(() => document.querySelector('h1') !== null && document.querySelector('[aria-busy="true"]') === null && document.fonts.status === 'loaded');

/** Of scripts, styles and the font: those that are asked for together are needed together. */
const FILES = 'files';

/** `DestinationService/ListDestinations {"parent":"tenants/-"}`, without times, or FILES. */
export function keyOf(request) {
  const method = CALL.exec(new URL(request.url()).pathname)?.[1];
  return method ? `${method.replace('carillon.v1.', '')} ${(request.postData() ?? '').replace(/\d+/g, '#')}` : FILES;
}

const withAll = (held, one) => (keyOf(one.request()) === FILES ? held.filter((each) => keyOf(each.request()) === FILES) : [one]);

/** Each order says which are held, and what of it is answered when all else was answered and painted. Pages ask for one
    thing when they have another: an order is that of what is asked for at the same time. */
export const asAsked = { name: 'one after another', holds: () => true, next: (held) => withAll(held, held[0]) };
export const reversed = { name: 'each after those that were asked for later', holds: () => true, next: (held) => withAll(held, held.at(-1)) };
export const lastly = (key) => ({ name: `${key} last`, holds: (request) => keyOf(request) === key, next: (held) => held });

/** One load of a page. Calls that are repeated while it lasts get the answer that they had. */
class Load {
  held = [];
  running = new Set();
  answers = new Map();
  asked = 0;
  keys = new Set();
  last = 'the document';

  constructor(first, order) {
    this.first = first;
    this.order = order;
  }

  take(route) {
    const request = route.request();
    const { pathname } = new URL(request.url());
    const known = this.answers.get(request.url() + request.postData());
    if (known) return route.fulfill(known);
    this.asked += 1;
    // What the document names has to be there before anything is shown.
    const early = request.isNavigationRequest() || this.first.has(pathname.split('/').at(-1));
    if (!early) this.keys.add(keyOf(request));
    if (!early && this.order.holds(request)) return this.held.push(route);
    return this.pass(route);
  }

  async pass(route) {
    this.running.add(route.request());
    // What the page does not want any more, since it asks for something else instead, cannot go on.
    await route.continue().catch(() => this.running.delete(route.request()));
  }

  async ended(request) {
    if (CALL.test(request.url())) {
      const response = await request.response().catch(() => null);
      const body = await response?.body().catch(() => undefined);
      if (body) this.answers.set(request.url() + request.postData(), { status: response.status(), headers: response.headers(), body });
    }
    this.running.delete(request);
    this.held = this.held.filter((route) => route.request() !== request);
  }

  async release() {
    const these = this.order.next(this.held);
    this.held = this.held.filter((each) => !these.includes(each));
    this.last = [...new Set(these.map((route) => keyOf(route.request())))].join(', ');
    for (const route of these) await this.pass(route);
  }
}

/** A page whose answers come in an order. `load(path, order)` says what it asked for, and what moved, after which answer. */
export async function ordered({ page }, base) {
  const html = await (await fetch(`${base}/console/`)).text();
  const first = new Set([...html.matchAll(/(?:src|href)="([^"]+\.(?:js|css|svg))"/g)].map(([, address]) => address.split('/').at(-1)));
  let current;
  await watchShifts(page);
  await page.addInitScript(countTimers);
  await page.route('**/*', (route) => current.take(route));
  for (const event of ['requestfinished', 'requestfailed']) page.on(event, (request) => void current?.ended(request));
  return async (path, order) => {
    await page.goto('about:blank');  // what the page before asks for belongs to it
    const load = new Load(first, order);
    current = load;
    const moved = [];
    let sum = 0;
    const look = async () => {
      const now = await shiftsOf(page);
      if (now.sum > sum) moved.push(`after ${load.last}: ${(now.sum - sum).toFixed(4)} ${now.moved.slice(moved.count ?? 0).join(', ')}`);
      moved.count = now.moved.length;
      sum = now.sum;
    };
    await page.goto(`${base}/console${path}`, { waitUntil: 'commit' });
    for (const end = Date.now() + PATIENCE_MS; ;) {
      const { asked } = load;
      await painted(page);
      if (Date.now() > end) throw new Error(`${path}, ${order.name}: it still loads; asked for ${[...load.keys].join(', ')}; not answered: ${[...load.running].map(keyOf).join(', ')}`);
      if (load.running.size > 0 || load.asked !== asked) continue;
      await look();
      if (load.held.length > 0) await load.release();
      else if (await isLoaded(page)) break;
    }
    return { keys: [...load.keys], sum, moved };
  };
}
