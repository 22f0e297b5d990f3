// What is done by buttons and dialogs has its effect at the server and at the receivers, not in the page alone.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { once, settled } from './browser.mjs';
import { stage } from './stage.mjs';
import { eventually, signs, TOKENS } from './support.mjs';

const on = stage();
const EVENTS = 13;  // that the tenant acme has at first
const LONG = { timeout: 600_000 };
let published = EVENTS;

const as = async (token, method, request) => {
  const response = await fetch(`${on.carillond.base}/carillon.v1.${method}`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` }, body: JSON.stringify(request) });
  return { status: response.status, answer: await response.json() };
};
const visit = (run, options = {}) => on.visit({ token: TOKENS.operator, ...options }, run);
const dead = async () => Number((await on.carillond.call('DeliveryService/CountDeliveries', { parent: 'tenants/acme/destinations/slow', filter: 'state = DEAD' })).count ?? 0);
const operation = (name) => on.carillond.call('OperationService/GetOperation', { name });
const newestOperation = async (filter) => (await on.carillond.call('OperationService/ListOperations', { parent: 'tenants/acme', filter })).operations?.[0];

describe('access', () => {
  it('a token is made, shown once, good until it is revoked', LONG, () => visit(async ({ page, to }) => {
    await to('/tokens');
    await page.getByRole('button', { name: 'New token…' }).first().click();
    await page.getByLabel('What it may do').selectOption('reader');
    await page.getByLabel('Id', { exact: true }).fill('watcher');
    await page.getByRole('textbox', { name: 'Tenants' }).fill('acme');
    await page.getByRole('button', { name: 'Make the token' }).click();
    const token = await once(page, 'token');
    assert.match(token, /^car_/);
    assert.equal((await as(token, 'DestinationService/ListDestinations', { parent: 'tenants/acme' })).status, 200);
    assert.equal((await as(token, 'DestinationService/PauseDestination', { name: 'tenants/acme/destinations/crm' })).status, 403);
    await page.getByRole('button', { name: 'Revoke watcher' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke watcher' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Revoke watcher' }).waitFor({ state: 'detached' });
    await eventually(async () => (await as(token, 'DestinationService/ListDestinations', { parent: 'tenants/acme' })).status === 401, 'the end of the token');
  }));

  it('a portal link is made, opens once, and is ended', LONG, () => visit(async ({ page, to }) => {
    await to('/portal-links');
    await page.getByRole('button', { name: 'New portal link…' }).first().click();
    await page.getByRole('combobox', { name: 'Tenant' }).fill('acme');
    await page.getByLabel('For whom', { exact: true }).fill('user-99');
    await page.getByLabel('They may').selectOption('reader');
    await page.getByRole('button', { name: 'Make the link' }).click();
    const link = await once(page, 'link');
    await visit(async ({ page: theirs, to: theirsTo }) => {
      await theirsTo(`/p#${link.split('#')[1]}`);
      await theirs.getByRole('heading', { name: 'Overview' }).waitFor();
      await page.reload();
      await page.getByRole('button', { name: 'End user-99 now' }).click();
      await page.getByRole('dialog').getByRole('button', { name: /^End/ }).last().click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await theirs.reload();
      await theirs.getByRole('heading', { name: /sign in|Not signed in|This link/i }).first().waitFor();
    }, { token: undefined, allow: [/status of 401/] });
  }));
});

describe('a tenant', () => {
  it('gets limits, is disabled with a reason, enabled, and deleted with what it has', LONG, () => visit(async ({ page, to }) => {
    const { carillond } = on;
    await to('/tenants');
    await page.getByRole('button', { name: 'New tenant…' }).click();
    await page.getByLabel('Id', { exact: true }).fill('brief');
    await page.getByRole('button', { name: 'Make the tenant' }).click();
    await page.getByRole('heading', { name: 'brief' }).waitFor();
    await page.getByLabel('Destinations', { exact: true }).fill('7');
    await page.getByRole('button', { name: 'Save 1 change' }).click();
    await page.getByRole('button', { name: /^Save/ }).waitFor({ state: 'detached' });
    assert.equal((await carillond.call('TenantService/GetTenant', { name: 'tenants/brief' })).limits.maxDestinations, 7);
    await carillond.call('DestinationService/CreateDestination', { parent: 'tenants/brief', destinationId: 'hooks', destination: { url: on.receivers.good.url } });
    await page.getByRole('button', { name: 'Disable…' }).click();
    await page.getByLabel('Why').fill('Not paid');
    await page.getByRole('button', { name: 'Disable brief' }).click();
    await page.getByText('Why: Not paid').waitFor();
    await assert.rejects(() => carillond.publish('brief', 'order.paid', {}), /TENANT_DISABLED/);
    await page.getByRole('button', { name: 'Enable…' }).click();
    await page.getByRole('button', { name: 'Enable brief' }).click();
    await page.getByText('Active', { exact: true }).waitFor();
    await carillond.publish('brief', 'order.paid', {});
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Delete…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('No delivery waits there.').waitFor();
    assert.ok(await dialog.getByRole('button', { name: 'Delete brief' }).isDisabled());
    await dialog.getByLabel('Type brief to delete it with all it has').fill('brief');
    await dialog.getByRole('button', { name: 'Delete brief' }).click();
    await dialog.getByText(/^(deleted|It is deleted\.)$/).waitFor();
    await eventually(async () => (await as(TOKENS.operator, 'TenantService/GetTenant', { name: 'tenants/brief' })).status === 404, 'the end of the tenant');
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await page.getByRole('heading', { name: 'Tenants' }).waitFor();
    assert.equal(await page.getByRole('link', { name: 'brief', exact: true }).count(), 0);
  }, { allow: [/status of 404/] }));
});

describe('an event type', () => {
  it('is made with a schema that is checked first, and archived', LONG, () => visit(async ({ page, to }) => {
    await to('/event-types');
    await page.getByRole('button', { name: 'New event type…' }).click();
    await page.getByLabel('Name', { exact: true }).fill('invoice.sent');
    await page.getByLabel('JSON Schema').fill('{"type": "nonsense"}');
    await page.getByRole('button', { name: 'Check' }).click();
    await page.locator('.mantine-InputWrapper-error').first().waitFor();
    await page.getByLabel('JSON Schema').fill('{"type": "object", "required": ["number"]}');
    await page.getByRole('button', { name: 'Check' }).click();
    await page.getByText('The server takes it. Nothing is saved yet.').waitFor();
    assert.equal((await as(TOKENS.operator, 'EventTypeService/GetEventType', { name: 'eventTypes/invoice.sent' })).status, 404);
    await page.getByRole('button', { name: 'Make it' }).click();
    await page.getByRole('heading', { name: 'invoice.sent' }).waitFor();
    await on.carillond.publish('other.inc', 'invoice.sent', { number: 1 });
    await page.getByRole('button', { name: 'Archive…' }).click();
    await page.getByRole('button', { name: 'Archive invoice.sent' }).click();
    await page.getByText('archived', { exact: true }).waitFor();
    await assert.rejects(() => on.carillond.publish('other.inc', 'invoice.sent', { number: 2 }), /is archived/);
  }, { allow: [/status of 400/] }));
});

describe('keys', () => {
  it('one is added beside the two there are, all sign, and a revoked one signs no more', LONG, () => visit(async ({ page, to }) => {
    const { good } = on.receivers;
    await to('/destinations/acme/crm?tab=keys');
    await page.getByRole('button', { name: 'Add a key' }).click();
    const secret = await once(page, 'secret');
    const next = async (what) => {
      await on.carillond.publish('acme', 'order.paid', { what });
      published += 1;
      return eventually(() => good.seen.find(({ body }) => body.includes(what)), what);
    };
    const all = await next('with three keys');
    assert.equal(all.headers['webhook-signature'].split(' ').length, 3);
    assert.ok(signs(secret, all));
    await page.getByRole('row', { name: /^first/ }).getByRole('button', { name: 'Revoke…' }).click();
    await page.getByRole('button', { name: 'Revoke first' }).click();
    await page.getByRole('row', { name: /^first/ }).waitFor({ state: 'detached' });
    const two = await next('without the first');
    assert.equal(two.headers['webhook-signature'].split(' ').length, 2);
    assert.ok(signs(secret, two));
  }));
});

describe('dead letters', () => {
  it('are counted first, purged, and requeued', LONG, () => visit(async ({ page, to }) => {
    const { slow } = on.receivers;
    await eventually(async () => await dead() === published, 'what is given up');
    await to('/dead?to-tenant=acme&destination=slow&type=order.cancelled');
    await settled(page);
    const all = await dead();
    await page.getByRole('button', { name: 'Purge all that match…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('dead letters match').waitFor();
    assert.equal(await dead(), all, 'nothing is gone before');
    await dialog.getByLabel('Type 8 to purge them').fill('8');
    await dialog.getByRole('button', { name: 'Purge 8' }).click();
    await dialog.getByText('Done', { exact: true }).waitFor();
    await dialog.getByText('8 of 8').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    assert.equal(await dead(), all - 8);
    slow.answer = { status: 200, body: '{}' };
    const before = slow.seen.length;
    await to('/dead?to-tenant=acme&destination=slow');
    await settled(page);
    await page.getByRole('button', { name: 'Requeue all that match…' }).click();
    await dialog.getByRole('button', { name: `Requeue ${all - 8}` }).click();
    await dialog.getByText('Done', { exact: true }).waitFor();
    await eventually(() => slow.seen.length >= before + all - 8, 'what was requeued');
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await eventually(async () => await dead() === 0, 'an end of dead letters');
    await page.reload();
    await page.getByText('No dead letters match').waitFor();
  }));
});

describe('a replay', () => {
  it('is counted, and watched to its end', LONG, () => visit(async ({ page, to }) => {
    const { good } = on.receivers;
    await to('/replays/new?destination=tenants/acme/destinations/crm&selection=all');
    const button = page.getByRole('button', { name: /^Replay [0-9]+$/ });
    await button.waitFor();
    const n = Number((await button.innerText()).split(' ')[1]);
    assert.ok(n >= EVENTS);
    const before = good.seen.length;
    await button.click();
    await page.getByRole('heading', { name: 'Replay: crm' }).waitFor();
    await page.getByText('Done', { exact: true }).waitFor();
    await eventually(() => good.seen.length >= before + n, 'what was replayed');
    await page.getByText('100 % of what was put').waitFor();
    assert.equal((await newestOperation('kind = REPLAY')).state, 'SUCCEEDED');
  }));

  it('is cancelled, and what was not sent is not', LONG, () => visit(async ({ page, to }) => {
    await to('/replays/new?destination=tenants/acme/destinations/crm&selection=all&rate=0.02');
    const button = page.getByRole('button', { name: /^Replay [0-9]+$/ });
    const n = Number((await button.innerText()).split(' ')[1]);
    await button.click();
    await page.getByRole('button', { name: 'Cancel the rest…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel the rest' }).click();
    await page.getByRole('heading', { name: 'It was cancelled' }).waitFor();
    const it = await newestOperation('kind = REPLAY');
    assert.equal(it.state, 'CANCELLED');
    assert.ok(Number(it.processedCount ?? 0) < n, JSON.stringify(it));
  }));
});

describe('resending', () => {
  it('what is selected', LONG, () => visit(async ({ page, to }) => {
    const { good } = on.receivers;
    await to('/deliveries?to-tenant=acme&destination=crm');
    const boxes = page.getByRole('table', { name: 'Deliveries' }).getByRole('checkbox');
    await boxes.nth(0).check();
    await boxes.nth(2).check();
    const before = good.seen.length;
    await page.getByRole('button', { name: 'Resend 2…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Resend 2' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await eventually(() => good.seen.length >= before + 2, 'the two');
  }));

  it('all that match, slowly, with progress, until it is cancelled', LONG, () => visit(async ({ page, to }) => {
    await to('/deliveries?to-tenant=acme&destination=crm&type=order.cancelled');
    await settled(page);
    await page.getByRole('button', { name: 'Resend all that match…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('At most so many a second').fill('0.02');
    const button = dialog.getByRole('button', { name: /^Resend [0-9]+$/ });
    const matched = Number((await button.innerText()).split(' ')[1]);
    assert.ok(matched >= 8);
    await button.click();
    await dialog.getByText(/^[0-9]+ of [0-9]+$/).waitFor();
    await dialog.getByRole('button', { name: 'Cancel the rest' }).click();
    await dialog.getByText('Cancelled', { exact: true }).waitFor();
    const { name } = await newestOperation('kind = RESEND');
    const it = await operation(name);
    assert.equal(it.state, 'CANCELLED');
    assert.ok(Number(it.processedCount ?? 0) < matched, JSON.stringify(it));
  }));
});
