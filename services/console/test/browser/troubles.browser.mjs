// Slow answers, errors of the API, the way back: what a screen shows then.
import assert from 'node:assert/strict';
import { createServer, request as ask } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { settled } from './browser.mjs';
import { stage } from './stage.mjs';
import { eventually, TOKENS } from './support.mjs';

const on = stage();
const LONG = { timeout: 600_000 };
const FAILED = { status: 500, body: { code: 'internal', message: 'the disk is on fire' } };
const BUSY = { status: 429, body: { code: 'resource_exhausted', message: 'too many calls', details: [{ type: 'google.rpc.RetryInfo', value: 'CgIIBw' }] } };
/** A promise that somebody else keeps. */
const promised = () => {
  const it = {};
  it.kept = new Promise((resolve) => { it.keep = resolve; });
  return it;
};
const ALLOWED = [/status of (400|429|500|503|504)/];

// A proxy before carillond. `rule` says what becomes of a call: nothing, something to wait for, an answer of its
// own, or none.
const proxy = { rule: () => undefined };
before(async () => {
  proxy.server = createServer((request, response) => {
    const pass = () => {
      const onward = ask({ host: '127.0.0.1', port: on.carillond.port, path: request.url, method: request.method, headers: request.headers }, (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      });
      onward.on('error', () => response.destroy());
      request.pipe(onward);
    };
    const said = /carillon\.v1\./.test(request.url) ? proxy.rule(request.url.split('/').at(-1)) : undefined;
    if (said === undefined) pass();
    else if (said instanceof Promise) void said.then(pass);
    else if (said !== 'silence') {
      response.writeHead(said.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(said.body));
    }
  });
  await new Promise((resolve) => { proxy.server.listen(0, '127.0.0.1', resolve); });
  proxy.base = `http://127.0.0.1:${proxy.server.address().port}`;
});
after(() => {
  proxy.server.closeAllConnections();
  proxy.server.close();
});

const visit = (run, options = {}) => on.visit({ base: proxy.base, token: TOKENS.operator, allow: ALLOWED, ...options }, async (seat) => {
  proxy.rule = () => undefined;
  try {
    await run(seat);
  } finally {
    proxy.rule = () => undefined;
  }
});

/** What each screen asks for first. */
const SCREENS = [
  ['/destinations', 'ListDestinations'], ['/destinations/acme/ledger', 'GetDestination'], ['/deliveries', 'ListDeliveries'], ['/events', 'ListEvents'],
  ['/subscriptions', 'ListSubscriptions'], ['/dead', 'ListDeliveries'], ['/replays', 'ListOperations'], ['/event-types', 'ListEventTypes'], ['/event-types/order.paid', 'GetEventType'],
  ['/tenants', 'ListTenants'], ['/tenants/acme', 'GetTenant'], ['/tokens', 'ListTokens'], ['/portal-links', 'ListPortalSessions'], ['/audit', 'ListAuditEntries'],
  ['/settings', 'GetSettings'], ['/settings', 'GetServerInfo'],
];

describe('screens', () => {
  it('say what the API said, and show what there is when asked again', LONG, () => visit(async ({ page, to }) => {
    for (const [path, method] of SCREENS) {
      proxy.rule = (called) => (called === method ? FAILED : undefined);
      await to(path);
      const alert = page.locator('main').getByRole('alert').first();
      await alert.getByText('the disk is on fire').waitFor();
      await alert.getByText('The server failed').waitFor();
      assert.ok(await page.getByRole('heading', { level: 1 }).count() > 0, `${path} has its heading`);
      proxy.rule = () => undefined;
      await alert.getByRole('button', { name: 'Try again' }).click();
      await page.getByText('the disk is on fire').first().waitFor({ state: 'detached' });
      await settled(page);
    }
  }));

  it('have skeletons while the answer is slow, under the heading', LONG, () => visit(async ({ page, to }) => {
    for (const [path, method] of SCREENS) {
      const [called, seen] = [promised(), promised()];
      proxy.rule = (now) => {
        if (now !== method) return undefined;
        called.keep();
        return seen.kept;
      };
      await to(path);
      await called.kept;
      await page.locator('[aria-busy="true"]').first().waitFor();
      seen.keep();
      await settled(page);
      assert.equal(await page.getByRole('alert').count(), 0, path);
    }
  }));

  it('say when to ask again where it is too much', LONG, () => visit(async ({ page, to }) => {
    proxy.rule = (called) => (called === 'ListDeliveries' ? BUSY : undefined);
    await to('/deliveries');
    await page.getByRole('alert').getByText('That is too much at the moment').waitFor();
    await page.getByRole('alert').getByText('again in 7 s').waitFor();
  }));

  it('keep what they had when it cannot be fetched anew, with its age', LONG, () => visit(async ({ page, to }) => {
    await to('/destinations/acme/ledger');
    await settled(page);
    await page.getByText(/failed while it handled the request: 503/).waitFor();
    proxy.rule = (called) => (called === 'GetDestination' ? FAILED : undefined);
    await page.getByText(/What is shown is .* old/).waitFor();
    await page.getByText(/failed while it handled the request: 503/).waitFor();
    proxy.rule = () => undefined;
    await page.getByRole('button', { name: 'Try again' }).first().click();
    await page.getByText(/What is shown is .* old/).waitFor({ state: 'detached' });
  }));

  it('do not wait for ever for an answer', LONG, () => visit(async ({ page, to }) => {
    await page.clock.install();
    proxy.rule = (called) => (called === 'GetTenant' ? 'silence' : undefined);
    await to('/tenants/acme');
    await page.locator('[aria-busy="true"]').first().waitFor();
    await eventually(async () => {
      await page.clock.fastForward(20_000);
      return await page.getByText('It took too long').count() > 0;
    }, 'the end of patience');
  }));
});

describe('an act', () => {
  it('that fails says so in its dialog, keeps what was typed, and can be tried again', LONG, () => visit(async ({ page, to }) => {
    await to('/destinations/acme/crm');
    await settled(page);
    proxy.rule = (called) => (called === 'PauseDestination' ? FAILED : undefined);
    await page.getByRole('button', { name: 'Pause' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Why').fill('They move');
    await dialog.getByRole('button', { name: /^Pause/ }).click();
    await dialog.getByText('the disk is on fire').waitFor();
    assert.equal(await dialog.getByLabel('Why').inputValue(), 'They move');
    assert.ok(!(await on.carillond.call('DestinationService/GetDestination', { name: 'tenants/acme/destinations/crm' })).paused);
    proxy.rule = () => undefined;
    await dialog.getByRole('button', { name: /^Pause/ }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('They move').first().waitFor();
    await on.carillond.call('DestinationService/ResumeDestination', { name: 'tenants/acme/destinations/crm' });
  }));
});

describe('the way back', () => {
  it('leads through lists, filters and things as they were', LONG, () => visit(async ({ page, to }) => {
    await to('/');
    await settled(page);
    const menu = page.getByRole('navigation', { name: 'Main' });
    await menu.getByRole('link', { name: 'Deliveries' }).click();
    await page.getByRole('table', { name: 'Deliveries' }).waitFor();
    await page.getByRole('button', { name: 'Add filter' }).click();
    await page.getByRole('menuitem', { name: 'Given up' }).first().click();
    await page.getByRole('button', { name: 'Remove the filter State' }).waitFor();
    await page.getByRole('table', { name: 'Deliveries' }).getByText('Given up').first().waitFor();
    await page.getByRole('table', { name: 'Deliveries' }).getByRole('link').first().click();
    await page.getByRole('button', { name: 'Resend now' }).waitFor();
    await page.getByRole('link', { name: 'slow', exact: true }).first().click();
    await page.getByRole('heading', { name: 'slow' }).waitFor();
    await page.goBack();
    await page.getByRole('button', { name: 'Resend now' }).waitFor();
    await page.goBack();
    await page.getByRole('button', { name: 'Remove the filter State' }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.goForward();
    await page.getByRole('button', { name: 'Remove the filter State' }).waitFor();
    assert.match(page.url(), /state=DEAD/);
  }));
});
