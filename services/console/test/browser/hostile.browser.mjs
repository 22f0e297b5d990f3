// What others wrote in sizes and bytes that no page expects: a line of a mebibyte, a body that is no text, headers as long
// as they may be. It is shown as text, shortened, and never executed.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { settled } from './browser.mjs';
import { stage } from './stage.mjs';
import { eventually, HOSTILE, receiver, TOKENS } from './support.mjs';

const LINE = `${HOSTILE}${'A'.repeat(1 << 20)}`;
/** Characters that a region may have at first; more comes when it is asked for. */
const SHOWN = 40_000;
const lastOf = (name) => name.split('/').at(-1);

async function fill({ call, publish }) {
  const binary = await receiver({
    status: 500, body: Buffer.from(Array.from({ length: 32_768 }, (_, i) => (i * 7) % 256)),
    headers: { 'content-type': 'text/html', 'x-long': `<script>alert(3)</script>${'h'.repeat(4_000)}` },
  });
  await call('DestinationService/CreateDestination', { parent: 'tenants/acme', destinationId: 'binary', destination: { url: binary.url, displayName: HOSTILE, retry: { none: true } } });
  await call('SubscriptionService/CreateSubscription', { parent: 'tenants/acme', subscriptionId: 'binary', subscription: { types: ['order.*'], destinations: ['binary'] } });
  await publish('acme', 'order.paid', { line: LINE, after: 'the line' });
  await eventually(async () => (await call('DeliveryService/ListDeliveries', { parent: 'tenants/acme/destinations/binary', filter: 'state = DEAD' })).deliveries?.length, 'a dead letter');
  return binary;
}

const on = stage({ config: { server: { publish_address: '127.0.0.1:0', admin_address: '127.0.0.1:0', max_payload_bytes: '4MiB' } }, fill });
const visit = (run) => on.visit({ token: TOKENS.acme }, run);

/** Nothing of it became an element. */
const isText = async (page) => assert.equal(await page.locator('main script, main img[src=x], main svg[onload]').count(), 0);

async function short(page, name) {
  const text = await page.getByRole('region', { name }).innerText();
  assert.ok(text.length < SHOWN, `${name}: ${text.length} characters`);
  return text;
}

describe('what others wrote', () => {
  it('a line of a mebibyte is shortened in every view', { timeout: 300_000 }, () => visit(async ({ page, to }) => {
    const { events } = await on.carillond.call('EventService/ListEvents', { parent: 'tenants/acme', pageSize: 1 });
    const path = `/events/acme/${lastOf(events[0].name)}`;
    for (const [view, label] of [['', 'Payload as a tree'], ['?view=laid', 'Payload'], ['?view=raw', 'Payload']]) {
      await to(path + view);
      await settled(page);
      const text = await short(page, label);
      assert.ok(text.includes('<img src=x onerror=alert(1)>⟦U+202E⟧gnp.exe'), text.slice(0, 200));
      await isText(page);
    }
  }));

  it('a body that is no text is shown as bytes, a long header shortened or whole as text', { timeout: 300_000 }, () => visit(async ({ page, to }) => {
    const { deliveries } = await on.carillond.call('DeliveryService/ListDeliveries', { parent: 'tenants/acme/destinations/binary', pageSize: 1 });
    await to(`/deliveries/acme/binary/${lastOf(deliveries[0].name)}`);
    await page.getByRole('tab', { name: 'Response 500' }).click();
    await page.getByText(/, binary$/).waitFor();
    assert.match(await short(page, 'Response body'), /00 07 0e 15/i);
    await page.getByText('<script>alert(3)</script>').first().waitFor();
    await isText(page);
    await page.getByRole('tab', { name: 'Event' }).click();
    await short(page, 'Payload');
    await isText(page);
  }));

  it('a name stays in its place', { timeout: 300_000 }, () => visit(async ({ page, to }) => {
    for (const path of ['/destinations', '/destinations/acme/binary', '/dead']) {
      await to(path);
      await settled(page);
      await isText(page);
      const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(over <= 0, `${path}: ${over} px too wide`);
    }
  }));
});
