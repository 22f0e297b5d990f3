// What people come to the console for, from its beginning to what arrives at a receiver.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { once } from './browser.mjs';
import { stage } from './stage.mjs';
import { eventually, receiver, signs, TOKENS } from './support.mjs';

const on = stage();
const visit = (options, run) => on.visit(options, run);

describe('the wizard', () => {
  it('leads from nothing to an event that arrives', { timeout: 600_000 }, async () => {
    const shop = await receiver({ status: 202, body: '{"queued":true}' });
    try {
      await visit({ token: TOKENS.acme }, async ({ page, to }) => {
        await to('/new');
        await page.getByLabel('Search event types').fill('order.');
        await page.getByLabel('order.paid').check();
        await page.getByText('Only those where…').click();
        await page.getByRole('combobox', { name: 'Member of the payload' }).fill('customer.country');
        await page.getByRole('combobox', { name: 'Value' }).fill('NO');
        await page.getByRole('region', { name: 'Recent events and whether they match' }).getByText('yes').first().waitFor();
        await page.getByRole('button', { name: 'Destination', exact: true }).click();
        await page.getByLabel('URL').fill('http://10.1.2.3/hooks');
        await page.getByText(/10\.1\.2\.3/).last().waitFor();
        await page.getByLabel('URL').fill(shop.url);
        await page.getByText(/Requests may go there/).waitFor();
        await page.reload();  // nothing is lost
        assert.equal(await page.getByLabel('URL').inputValue(), shop.url);
        await page.getByLabel('Name', { exact: true }).fill('shop');
        await page.getByRole('button', { name: 'Make the webhook' }).click();
        await page.getByText('shown once').waitFor();
        assert.match(await page.getByLabel('secret first', { exact: true }).inputValue(), /^whsec_/);
        await page.getByLabel('I have stored it').check();
        await page.getByRole('button', { name: 'Test', exact: true }).click();
        await page.getByRole('button', { name: 'Send the test' }).click();
        await page.getByText('It arrived.').waitFor();
        assert.equal(shop.seen[0].headers['webhook-test'], 'true');
        await on.carillond.publish('acme', 'order.paid', { customer: { country: 'AT' } });
        await on.carillond.publish('acme', 'order.paid', { customer: { country: 'NO' }, order: 'the one' });
        await eventually(() => shop.seen.length > 1, 'the event');
        assert.ok(shop.seen[1].body.includes('the one'));
        await page.getByRole('button', { name: 'Done' }).click();
        await page.getByRole('heading', { name: 'shop' }).waitFor();
        await page.getByRole('tab', { name: 'What it gets' }).click();
        await page.getByText('customer.country is "NO"').waitFor();
      });
    } finally {
      await shop.close();
    }
  });
});

describe('mending', () => {
  it('a failing receiver: found, mended, its deliveries resent and arrived', { timeout: 600_000 }, () => visit({ token: TOKENS.acme }, async ({ page, to }) => {
    await to('/');
    await page.getByRole('region', { name: 'Destinations in trouble' }).getByRole('link', { name: 'ledger', exact: true }).click();
    await page.getByText(/failed while it handled the request: 503/).waitFor();
    on.receivers.failing.answer = { status: 200, body: '{}' };
    const before = on.receivers.failing.seen.length;
    await page.getByRole('link', { name: 'All deliveries of ledger' }).click();
    await page.getByRole('button', { name: 'Resend all that match…' }).click();
    await page.getByRole('button', { name: /^Resend [0-9]+$/ }).click();
    await page.getByRole('dialog').getByText('Done', { exact: true }).waitFor();
    await eventually(() => on.receivers.failing.seen.length >= before + 13, 'what was resent');
    await page.getByRole('button', { name: 'Close' }).last().click();
  }));

  it('a policy: the error stands at its field, the change is saved', { timeout: 300_000 }, () => visit({ token: TOKENS.acme, allow: [/status of 400/] }, async ({ page, to }) => {
    await to('/destinations/acme/slow?tab=policy');
    const total = page.getByLabel('In all');
    await total.fill('5m');
    await page.getByRole('button', { name: 'Save 1 change' }).click();
    await page.getByText(/must be|at most/).and(page.locator('.mantine-InputWrapper-error')).waitFor();
    await total.fill('30s');
    await page.getByRole('button', { name: 'Save 1 change' }).click();
    await page.getByRole('button', { name: /Save/ }).waitFor({ state: 'detached' });
    const { timeouts } = await on.carillond.call('DestinationService/GetDestination', { name: 'tenants/acme/destinations/slow' });
    assert.deepEqual(timeouts, { connect: '0.100s', total: '30s' });
  }));

  it('one of two keys rotates with an overlap while events flow', { timeout: 300_000 }, async () => {
    const { call, publish } = on.carillond;
    const parent = 'tenants/acme/destinations/vision6';
    const vision6 = await receiver();
    await call('DestinationService/CreateDestination', { parent: 'tenants/acme', destinationId: 'vision6', destination: { url: vision6.url } });
    await call('SubscriptionService/CreateSubscription', { parent: 'tenants/acme', subscriptionId: 'vision6', subscription: { types: ['order.*'], destinations: ['vision6'] } });
    const { secret: { value: old } } = await call('KeyService/CreateKey', { parent, keyId: 'partner', key: {} });
    const before = (await call('KeyService/ListKeys', { parent })).keys.length;
    assert.ok(before >= 2);
    let flows = true;
    let sent = 0;
    const flow = (async () => {
      for (; flows; sent += 1) await publish('acme', 'order.paid', { flow: sent });
    })();
    const arrived = () => vision6.seen.map((request) => ({ ...request, n: JSON.parse(request.body).data.flow }));
    try {
      await eventually(() => vision6.seen.length > 10, 'events that flow');
      await visit({ token: TOKENS.acme }, async ({ page, to }) => {
        await to('/destinations/acme/vision6?tab=keys');
        await page.getByRole('row', { name: /^partner/ }).getByRole('button', { name: 'Rotate…' }).click();
        await page.getByRole('button', { name: 'Rotate partner' }).click();
        const secret = await once(page, 'secret');
        assert.match(secret, /^whsec_/);
        await page.getByText('ends soon').first().waitFor();
        assert.equal((await call('KeyService/ListKeys', { parent })).keys.length, before + 1);
        await eventually(() => vision6.seen.some((request) => signs(secret, request)), 'a signature by the new key');
        const inForce = sent;
        await eventually(() => arrived().filter(({ n }) => n > inForce).length > 10, 'more events');
        assert.ok(arrived().filter(({ n }) => n > inForce).every((request) => signs(secret, request)), 'the new key signs');
      });
    } finally {
      flows = false;
      await flow;
    }
    await eventually(() => new Set(arrived().map(({ n }) => n)).size === sent, 'every event');
    assert.ok(vision6.seen.every((request) => signs(old, request)), 'the old key signs until it ends');
    await vision6.close();
  });
});
