// What those see who may not do everything: an administrator and a reader of one tenant, by a token and by the link of
// a portal. Nothing of another tenant comes to them, what they may not do says whose role does it, and nothing that
// they can press is refused.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { settled } from './browser.mjs';
import { NOT_THERE, stage } from './stage.mjs';
import { eventually, seed, TOKENS } from './support.mjs';

const OTHER = 'tenants/other.inc';
/** All that the other tenant has holds one of these; */
const OTHERS = /other\.inc|unseen|hidden-from-acme|of another tenant/i;
/** and these stand in no address. */
const TOLD = /Unseen works|Unseen rule|unseen-token|unseen-user|of another tenant/;
/** What only an answer has. */
const HELD = /"(uid|etag|createTime|publishTime)"/;

const lastOf = (name) => name.split('/').at(-1);
let ids;      // of what has no name that a test knows
let foreign;  // the same of the other tenant

async function idsOf({ call }, tenant, destination) {
  const { deliveries } = await call('DeliveryService/ListDeliveries', { parent: `tenants/${tenant}/destinations/${destination}`, pageSize: 1 });
  const { events } = await call('EventService/ListEvents', { parent: `tenants/${tenant}`, pageSize: 1 });
  const { operation } = await call('DeliveryService/ReplayEvents', { destination: `tenants/${tenant}/destinations/${destination}`, maxRate: 0.01 });
  return { delivery: lastOf(deliveries[0].name), event: lastOf(events[0].name), operation: lastOf(operation.name) };
}

/** The other tenant has one of everything. */
async function fill(carillond) {
  const receivers = await seed(carillond);
  const { call } = carillond;
  await call('DestinationService/CreateDestination', {
    parent: OTHER, destinationId: 'unseen', destination: { url: receivers.failing.url, displayName: 'Unseen works', retry: { none: true } },
  });
  await call('SubscriptionService/CreateSubscription', { parent: OTHER, subscriptionId: 'unseen', subscription: { types: ['order.*'], destinations: ['unseen'], description: 'Unseen rule' } });
  await call('TokenService/CreateToken', { parent: OTHER, tokenId: 'unseen-token', token: { role: 'ROLE_READER' } });
  await call('PortalService/CreatePortalSession', { parent: OTHER, portalSession: { subject: 'unseen-user' } });
  await carillond.publish('other.inc', 'order.paid', { secret: 'of another tenant' });
  await eventually(async () => (await call('DeliveryService/ListDeliveries', { parent: `${OTHER}/destinations/unseen`, filter: 'state = DEAD' })).deliveries?.length, 'a dead letter of the other tenant');
  for (const [tokenId, role] of [['admin', 'ROLE_TENANT_ADMIN'], ['looker', 'ROLE_READER']]) {
    await call('TokenService/CreateToken', { parent: 'tenants/acme', tokenId, token: { role } });
  }
  await call('PortalService/CreatePortalSession', { parent: 'tenants/acme', portalSession: { subject: 'user-3' } });
  ids = await idsOf(carillond, 'acme', 'ledger');
  foreign = await idsOf(carillond, 'other.inc', 'unseen');
  return receivers;
}

const on = stage({ fill });

/** Every screen on one tenant. */
const screensOf = (tenant, destination, { delivery, event, operation }) => [
  `/destinations/${tenant}/${destination}`, `/destinations/${tenant}/${destination}?tab=deliveries`,
  `/destinations/${tenant}/${destination}?tab=gets`, `/destinations/${tenant}/${destination}?tab=policy`,
  `/destinations/${tenant}/${destination}?tab=keys`, `/destinations/${tenant}/${destination}?tab=changes`,
  `/deliveries/${tenant}/${destination}/${delivery}`, `/events/${tenant}/${event}`, `/replays/${tenant}/${operation}`,
  `/subscriptions/${tenant}/${destination}/edit`, `/tenants/${tenant}`,
];
const screens = () => [
  '/', '/destinations', '/deliveries', '/events', '/dead', '/dead?to-tenant=acme&destination=slow', '/replays', '/replays/new',
  '/subscriptions', '/subscriptions?view=table', '/event-types', '/event-types/order.paid', '/tenants', '/tokens', '/portal-links',
  '/audit', '/settings', '/new', '/new?step=destination', ...screensOf('acme', 'ledger', ids),
];

/** Those who look: how each comes in. */
const portal = (role) => async () => {
  const { url } = await on.carillond.call('PortalService/CreatePortalSession', { parent: 'tenants/acme', portalSession: { subject: 'user-17', role } });
  return { path: `/p#${url.split('#')[1]}` };
};
const VIEWERS = {
  'an administrator': async () => ({ token: TOKENS.acme, path: '/' }),
  'a reader': async () => ({ token: TOKENS.reader, path: '/' }),
  'an administrator by a portal link': portal('ROLE_TENANT_ADMIN'),
  'a reader by a portal link': portal('ROLE_READER'),
};

/** Answers of the API that come to a page. */
function answersTo(page) {
  const answers = [];
  page.on('response', (response) => {
    const { pathname } = new URL(response.url());
    if (!pathname.startsWith('/carillon.v1.')) return;
    answers.push(response.text().catch(() => '').then((text) => ({ method: pathname.slice(13), status: response.status(), text, asked: response.request().postData() })));
  });
  return () => Promise.all(answers.splice(0));
}

async function visit(viewer, options, run) {
  const { token, path } = await VIEWERS[viewer]();
  await on.visit({ token, ...options }, async (seat) => {
    const taken = answersTo(seat.page);
    await seat.to(path);
    await seat.page.getByRole('heading', { name: 'Overview' }).waitFor();
    await run({ ...seat, taken });
  });
}

describe('one tenant', () => {
  for (const viewer of Object.keys(VIEWERS)) {
    it(`is all that comes to ${viewer}, and no screen asks for what is refused`, { timeout: 600_000 }, () => visit(viewer, {}, async ({ page, to, taken }) => {
      const found = [];
      for (const path of screens()) {
        await to(path);
        await settled(page);
        const seen = OTHERS.exec(await page.locator('body').innerText());
        if (seen) found.push(`${path} shows ${seen[0]}`);
        for (const { method, status, text, asked } of await taken()) {
          const told = OTHERS.exec(text);
          if (told) found.push(`${path}: ${method} tells ${told[0]}`);
          if (status !== 200) found.push(`${path}: ${method} ${asked} is answered ${status}: ${text}`);
        }
      }
      assert.deepEqual(found, []);
    }));
  }

  // Readers may do less of the same.
  for (const viewer of ['an administrator', 'an administrator by a portal link']) {
    it(`is not left by ${viewer} with an address of another`, { timeout: 600_000 }, () => visit(viewer, { allow: [NOT_THERE] }, async ({ page, to, taken }) => {
      const found = [];
      let asked = 0;
      for (const path of [...screensOf('other.inc', 'unseen', foreign), '/dead?to-tenant=other.inc&destination=unseen', '/audit?in=other.inc', '/events?q=of+another+tenant']) {
        await to(path);
        await settled(page);
        for (const answer of await taken()) {
          // What was asked for is named again; that it is there is not told.
          const named = answer.asked?.includes('other.inc');
          if (named) ++asked;
          if (TOLD.test(answer.text) || (named && HELD.test(answer.text))) found.push(`${path}: ${answer.method} tells ${answer.text.slice(0, 300)}`);
        }
      }
      assert.deepEqual(found, []);
      assert.ok(asked > 10, `${asked} calls asked for what is of the other tenant`);
    }));
  }
});

/** What a reader sees and may not do, by screen, and whose role does it. */
const OFF = () => ({
  '/': [['New webhook']],
  '/deliveries': [['Resend all that match…']],
  [`/deliveries/acme/ledger/${ids.delivery}`]: [['Resend now']],
  [`/events/acme/${ids.event}`]: [['Replay to…']],
  '/dead': [['Purge all that match…'], ['Requeue all that match…'], [/^Requeue: slow/], [/^Purge: slow/]],
  '/replays': [['Start a replay']],
  [`/replays/acme/${ids.operation}`]: [['Pause'], ['Change the rate…'], ['Cancel the rest…'], ['Start like this…']],
  '/subscriptions/acme/ledger/edit': [['Disable…'], ['Delete…']],
  '/event-types': [['Import…', 'operator'], ['New event type…', 'operator']],
  '/event-types/order.paid': [['Change schema…', 'operator'], ['Archive…', 'operator']],
  '/destinations/acme/ledger?tab=keys': [['Send test'], ['Pause'], ['Add a key'], [/^Rotate/], [/^Revoke/]],
  '/tenants/acme': [['Disable…', 'operator']],
});

/** Screens that are for others, by the role that they name. */
const NOT_FOR_READERS = { '/tokens': 'tenant administrator', '/portal-links': 'tenant administrator', '/audit': 'tenant administrator', '/replays/new': 'tenant administrator', '/new': 'tenant administrator', '/tenants': 'operator', '/settings': 'operator' };

/** Presses all that can be pressed on a page, one after the other, and what opens then goes again by Escape. */
async function pressAll(page, open) {
  await open();
  const buttons = page.locator('main button:enabled');
  const many = await buttons.count();
  for (let i = 0; i < many; ++i) {
    await buttons.nth(i).click();
    await settled(page);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    if (await buttons.count() !== many) await open();
  }
  return many;
}

describe('an operator', () => {
  it('who looks as one tenant leaves what another has', { timeout: 600_000 }, () => on.visit({ token: TOKENS.operator }, async ({ page, to }) => {
    await to(`/events/other.inc/${foreign.event}`);
    await page.getByText('of another tenant').first().waitFor();
    await page.getByRole('button', { name: 'Tenant: All tenants' }).click();
    await page.getByRole('menuitem', { name: 'acme', exact: true }).click();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await settled(page);
    assert.doesNotMatch(await page.locator('main').innerText(), OTHERS);
  }));
});

describe('a link to a part', () => {
  it('that the caller may not see shows the first', { timeout: 600_000 }, () => visit('a reader by a portal link', {}, async ({ page, to }) => {
    await to('/destinations/acme/ledger?tab=changes');
    await settled(page);
    assert.equal(await page.getByRole('tab', { selected: true }).innerText(), 'Health');
    await page.getByRole('heading', { name: 'Attempts by what became of them' }).waitFor();
  }));
});

describe('a reader', () => {
  it('sees what it may not do, and whose role does it', { timeout: 600_000 }, () => visit('a reader', {}, async ({ page, to }) => {
    for (const [path, actions] of Object.entries(OFF())) {
      await to(path);
      await settled(page);
      for (const [name, role = 'tenant administrator'] of actions) {
        const why = page.getByRole('group', { name: `Needs the role ${role}`, exact: true });
        const button = why.getByRole('button', { name, exact: true }).first();
        await button.waitFor();
        assert.ok(await button.isDisabled(), `${path}: ${name}`);
      }
    }
    for (const [path, role] of Object.entries(NOT_FOR_READERS)) {
      await to(path);
      await settled(page);
      await page.locator('.empty').getByText(`It needs the role ${role}.`).waitFor();
    }
    await to('/subscriptions/acme/ledger/edit');
    await page.getByText('To change it needs the role tenant administrator.').waitFor();
  }));

  it('can press nothing that is refused', { timeout: 900_000 }, () => visit('a reader', {}, async ({ page, to, taken }) => {
    const found = [];
    let pressed = 0;
    for (const path of ['/', '/deliveries', '/dead', '/replays', '/subscriptions', '/event-types', '/event-types/order.paid', ...screensOf('acme', 'ledger', ids)]) {
      pressed += await pressAll(page, async () => {
        await to(path);
        await settled(page);
      });
      for (const { method, status, text } of await taken()) if (status !== 200) found.push(`${path}: ${method} is answered ${status}: ${text}`);
    }
    assert.deepEqual(found, []);
    assert.ok(pressed > 30, `${pressed} buttons`);
  }));
});
