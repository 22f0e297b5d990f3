// Everything without a mouse.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { settled } from './browser.mjs';
import { stage } from './stage.mjs';
import { eventually, receiver, TOKENS } from './support.mjs';

const on = stage();
const LONG = { timeout: 600_000 };
const TABS = 250;
const visit = (run, options = {}) => on.visit({ token: TOKENS.acme, ...options }, run);

/** What has the focus, as it is called. */
const focused = (page) => page.evaluate(() => {
  const it = document.activeElement;
  return (it.getAttribute('aria-label') || it.labels?.[0]?.innerText || it.innerText || it.placeholder || it.tagName).trim();
});

/** Goes on with the tabulator until something that is called so has the focus. */
async function tabTo(page, name, key = 'Tab') {
  const seen = [];
  for (let i = 0; i < TABS; ++i) {
    await page.keyboard.press(key);
    const now = await focused(page);
    if (typeof name === 'string' ? now === name : name.test(now)) return;
    seen.push(now.slice(0, 40).replaceAll('\n', ' '));
  }
  throw new Error(`the focus did not come to ${name}: ${seen.slice(0, 60).join(' | ')}`);
}

/** The same, and it looks different while it has the focus. */
async function seenTabTo(page, name) {
  await tabTo(page, name);
  const clip = await page.evaluate(() => {
    const { x, y, width, height } = document.activeElement.getBoundingClientRect();
    return { x: Math.max(0, x - 5), y: Math.max(0, y - 5), width: width + 10, height: height + 10 };
  });
  const look = () => page.screenshot({ clip, animations: 'disabled', caret: 'hide' });
  const with_ = await look();
  const element = await page.evaluateHandle(() => document.activeElement);
  await element.evaluate((it) => it.blur());
  const without = await look();
  await element.evaluate((it) => it.focus({ preventScroll: true }));
  assert.ok(!with_.equals(without), `the focus on ${name} can be seen`);
}

describe('by keyboard alone', () => {
  it('the first thing is to skip the menu', LONG, () => visit(async ({ page, to }) => {
    await to('/destinations');
    await settled(page);
    await seenTabTo(page, 'Skip to content');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement.id === 'main');
    await page.keyboard.press('Tab');
    assert.ok(await page.evaluate(() => document.activeElement.closest('main') !== null));
  }));

  it('a webhook is made and tested', LONG, async () => {
    const shop = await receiver({ status: 202, body: '{"queued":true}' });
    try {
      await visit(async ({ page, to }) => {
        await to('/');
        await settled(page);
        await page.keyboard.press('n');
        await page.getByLabel('Search event types').waitFor();
        await tabTo(page, 'Search event types');
        await page.keyboard.type('order.');
        await tabTo(page, /^order\.paid/);
        await page.keyboard.press('Space');
        await seenTabTo(page, 'Destination');
        await page.keyboard.press('Enter');
        await page.getByLabel('URL').waitFor();
        await tabTo(page, /^URL/);
        await page.keyboard.type(shop.url);
        await page.getByText(/Requests may go there/).waitFor();
        await tabTo(page, /^Name/);
        await page.keyboard.type('by-keys');
        await seenTabTo(page, 'Make the webhook');
        await page.keyboard.press('Enter');
        await page.getByText('shown once').waitFor();
        await tabTo(page, 'I have stored it');
        await page.keyboard.press('Space');
        await seenTabTo(page, 'Test');
        await page.keyboard.press('Enter');
        await page.getByRole('button', { name: 'Send the test' }).waitFor();
        await tabTo(page, 'Send the test');
        await page.keyboard.press('Enter');
        await page.getByText('It arrived.').waitFor();
        assert.equal(shop.seen[0].headers['webhook-test'], 'true');
        await tabTo(page, 'Done');
        await page.keyboard.press('Enter');
        await page.getByRole('heading', { name: 'by-keys' }).waitFor();
      });
    } finally {
      await shop.close();
    }
  });

  it('what fails is found, mended and resent; a dialog keeps the focus and gives it back', LONG, () => visit(async ({ page, to }) => {
    await to('/');
    await settled(page);
    await page.getByRole('region', { name: 'Destinations in trouble' }).getByRole('link', { name: 'ledger', exact: true }).waitFor();
    await seenTabTo(page, 'ledger');
    await page.keyboard.press('Enter');
    await page.getByText(/failed while it handled the request: 503/).waitFor();
    on.receivers.failing.answer = { status: 200, body: '{}' };
    const before = on.receivers.failing.seen.length;
    await tabTo(page, 'All deliveries of ledger');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Deliveries' }).waitFor();
    await settled(page);
    await seenTabTo(page, 'Resend all that match…');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: /^Resend [0-9]+$/ }).waitFor();
    for (let i = 0; i < 12; ++i) {
      await page.keyboard.press('Tab');
      assert.ok(await page.evaluate(() => document.activeElement.closest('[role="dialog"]') !== null), 'the dialog keeps the focus');
    }
    await tabTo(page, /^Resend [0-9]+$/);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByText('Done', { exact: true }).waitFor();
    await eventually(() => on.receivers.failing.seen.length >= before + 13, 'what was resent');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await eventually(async () => await focused(page) === 'Resend all that match…', 'the focus where it was');
  }));

  it('letters lead along a list, open, select, go to the next, copy and resend', LONG, () => visit(async ({ page, to }) => {
    await to('/deliveries?to-tenant=acme&destination=ledger');
    await settled(page);
    const atRow = (n) => page.waitForFunction((wanted) => Number(document.activeElement.closest('[role="row"]')?.getAttribute('aria-rowindex')) === wanted, n);
    await page.keyboard.press('j');
    await atRow(2);
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    await atRow(3);
    await page.keyboard.press('x');
    await page.getByRole('button', { name: 'Resend 1…' }).waitFor();
    for (const letter of ['j', 'j', 'j', 'X']) await page.keyboard.press(letter);
    await page.getByRole('button', { name: 'Resend 4…' }).waitFor();
    for (const letter of ['k', 'k', 'k']) await page.keyboard.press(letter);
    await atRow(3);
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Older' }).waitFor();
    const second = page.url();
    await page.keyboard.press(']');
    await page.waitForFunction((from) => location.href !== from, second);
    await page.getByRole('link', { name: 'Newer' }).waitFor();
    await page.keyboard.press('[');
    await page.waitForFunction((from) => location.href === from, second);
    await page.getByRole('button', { name: 'Copy as curl' }).waitFor();
    await page.keyboard.press('c');
    await eventually(async () => /^curl -sS .*\/hooks/.test(await page.evaluate(() => navigator.clipboard.readText())), 'the command in the clipboard');
    await page.keyboard.press('r');
    await page.getByRole('dialog').getByRole('button', { name: 'Resend now' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Deliveries' }).last().click();
    await page.getByRole('button', { name: 'Remove the filter Destination' }).waitFor();
  }));
});
