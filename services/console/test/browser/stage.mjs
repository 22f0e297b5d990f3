// What a file of tests stands on: a carillond with data of its own, and a browser.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { launch, open } from './browser.mjs';
import { seed, startCarillond } from './support.mjs';

/** What Chromium writes down about answers that are expected. */
export const NOT_THERE = /status of 40[0-9]|status of 503|ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|Failed to load resource/;

/** Opens a page, runs, and fails on whatever nobody should see. Returns what `run` does. `base`: of a proxy before carillond. */
export async function visitAt(browser, carillond, { base = carillond.base, ...options }, run) {
  const seat = await open(browser, base, options);
  try {
    const result = await run(seat);
    assert.deepEqual(seat.faults, []);
    return result;
  } finally {
    await seat.close();
  }
}

/** The path of every screen, by name, in every state that the data of `seed` shows. */
export async function screensOf(carillond) {
  const { deliveries } = await carillond.call('DeliveryService/ListDeliveries', { parent: 'tenants/acme/destinations/ledger', pageSize: 1 });
  const { events } = await carillond.call('EventService/ListEvents', { parent: 'tenants/acme', pageSize: 1 });
  const begun = await carillond.call('DeliveryService/ReplayEvents', { destination: 'tenants/acme/destinations/crm', maxRate: 0.01 });
  const event = `/events/acme/${events[0].name.split('/').at(-1)}`;
  return {
    overview: '/', destinations: '/destinations', 'destinations-none': '/destinations?q=nothing-is-called-so', destination: '/destinations/acme/ledger',
    'destination-paused': '/destinations/acme/resting', 'destination-times-out': '/destinations/acme/slow', 'destination-unreachable': '/destinations/acme/nowhere', 'destination-deliveries': '/destinations/acme/ledger?tab=deliveries', 'destination-gets': '/destinations/acme/ledger?tab=gets',
    'destination-policy': '/destinations/acme/ledger?tab=policy', 'destination-keys': '/destinations/acme/ledger?tab=keys', 'destination-changes': '/destinations/acme/ledger?tab=changes',
    'destination-missing': '/destinations/acme/none', deliveries: '/deliveries', 'deliveries-filtered': '/deliveries?state=DEAD&outcome=failed',
    delivery: `/deliveries/acme/ledger/${deliveries[0].name.split('/').at(-1)}`,
    'event-types': '/event-types', 'event-type': '/event-types/session.create', tenants: '/tenants', tenant: '/tenants/acme', tokens: '/tokens', 'portal-links': '/portal-links', audit: '/audit', 'audit-none': '/audit?result=refused&q=nobody', notices: '/notices', 'notices-none': '/notices?destination=tenants/acme/destinations/none', settings: '/settings', 'settings-set': '/settings?only=set', 'settings-none': '/settings?q=nothing-is-called-so',
    events: '/events', 'events-none': '/events?q=nothing-is-called-so', event, 'event-raw': `${event}?view=raw`, dead: '/dead', 'dead-rows': '/dead?to-tenant=acme&destination=slow', replays: '/replays', operation: `/replays/acme/${begun.operation.name.split('/').at(-1)}`,
    replay: '/replays/new', 'replay-whole': '/replays/new?destination=tenants/acme/destinations/crm&selection=all', subscriptions: '/subscriptions', 'subscriptions-table': '/subscriptions?view=table', subscription: '/subscriptions/acme/crm/edit',
    wizard: '/new', 'wizard-destination': '/new?step=destination', 'sign-in': '/sign-in', 'no-such-page': '/nope',
  };
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
