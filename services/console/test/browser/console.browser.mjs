// The console in Chromium against a real carillond, screen by screen: node --test test/browser/console.browser.mjs
// CARILLON_BIN: where carillond and its console.pak are. PICTURES: a folder for a picture of each screen.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { axe, launch, open, settled } from './browser.mjs';
import { NOT_THERE, screensOf, visitAt } from './stage.mjs';
import { eventually, HOSTILE, proxy, seed, startCarillond, TOKENS } from './support.mjs';

const PICTURES = process.env.PICTURES;
const BUDGET = 270_000;

let carillond;
let receivers;
let browser;
let screens;
let host;  // a product that embeds the console
let front;  // a reverse proxy with a prefix of its own

before(async () => {
  if (PICTURES) mkdirSync(PICTURES, { recursive: true });
  host = createServer((_request, response) => { response.setHeader('content-type', 'text/html'); response.end('<!doctype html><title>Product</title><h1>Product</h1>'); });
  await new Promise((resolve) => { host.listen(0, '127.0.0.1', resolve); });
  front = await proxy('/ops/console/hooks');
  carillond = await startCarillond({ publicUrl: `${front.base}/`, console: { embed_origins: [`http://127.0.0.1:${host.address().port}`] } });
  front.to = carillond.base;
  receivers = await seed(carillond);
  browser = await launch();
  screens = await screensOf(carillond);
}, { timeout: 600_000 });

after(async () => {
  await browser?.close();
  await carillond?.stop();
  await receivers?.close();
  host?.close();
  front?.close();
}, { timeout: 300_000 });

const visit = (options, run) => visitAt(browser, carillond, options, run);

describe('screens', () => {
  // The colors do not depend on the width: both themes at one of them.
  for (const [width, height, scheme] of [[1280, 860, 'light'], [1280, 860, 'dark'], [360, 780, 'light']]) {
    it(`have nothing that axe finds: ${width} px, ${scheme}`, { timeout: 1_200_000 }, async () => {
      const found = [];
      const axed = await open(browser, carillond.base, { width, height, scheme, token: TOKENS.operator, allow: [NOT_THERE], bypassCSP: true });
      for (const [name, path] of Object.entries(screens)) {
        await axed.to(path);
        await settled(axed.page);
        const over = await axed.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        if (over > 0) found.push(`${name}: ${over} px too wide`);
        if (PICTURES) await axed.page.screenshot({ path: `${PICTURES}/${name}-${width}-${scheme}.png`, fullPage: !/^(destinations|deliveries|tenants|tokens|portal-links|audit|events|dead|replays|subscriptions$)/.test(name) });
        found.push(...(await axe(axed.page)).map((line) => `${name}: ${line}`));
      }
      await axed.close();
      assert.deepEqual(found, []);
    });
  }

  it('have no violation of the policy', { timeout: 1_200_000 }, async () => {
    const found = [];
    const seat = await open(browser, carillond.base, { width: 1280, height: 860, scheme: 'light', token: TOKENS.operator, allow: [NOT_THERE] });
    for (const [name, path] of Object.entries(screens)) {
      await seat.to(path);
      await settled(seat.page);
      found.push(...seat.faults.splice(0).map((fault) => `${name}: ${fault}`));
    }
    await seat.close();
    assert.deepEqual(found, []);
  });
});

describe('signing in', () => {
  it('takes a token, says what is wrong with another, and forgets it', { timeout: 300_000 }, () => visit({ allow: [/status of 401/] }, async ({ page, to }) => {
    await to('/deliveries');
    await page.getByLabel('Token', { exact: true }).fill('car_wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('CREDENTIALS_INVALID').waitFor();
    await page.getByLabel('Token', { exact: true }).fill(`Bearer ${TOKENS.acme}`);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Deliveries' }).waitFor();  // what was asked for
    assert.equal(await page.evaluate(() => document.cookie + JSON.stringify(localStorage)), '{}');
    await page.reload();
    await page.getByRole('heading', { name: 'Deliveries' }).waitFor();
    await page.getByRole('button', { name: /Signed in as/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in to Carillon' }).waitFor();
    assert.equal(await page.evaluate(() => sessionStorage.getItem('carillon.token')), null);
  }));

  it('by a portal link shows one tenant and nothing of others', { timeout: 400_000 }, async () => {
    const { url } = await carillond.call('PortalService/CreatePortalSession', { parent: 'tenants/acme', portalSession: { subject: 'user-17', theme: { scheme: 'DARK', accent: '#ffcc00' } } });
    const link = url.split('#')[1];
    assert.match(link, /^[A-Za-z0-9_-]{43}$/);
    await visit({ allow: [/status of 401/] }, async ({ page, to }) => {
      const calls = [];
      page.on('response', async (response) => {
        if (!response.url().includes('/carillon.v1.')) return;
        calls.push({ url: response.url(), status: response.status(), text: (response.request().postData() ?? '') + await response.text().catch(() => '') });
      });
      await to(`/p#${link}`);
      await page.getByRole('heading', { name: 'Overview' }).waitFor();
      assert.equal(new URL(page.url()).hash, '');
      assert.equal(await page.locator('html').getAttribute('data-mantine-color-scheme'), 'dark');
      assert.notEqual(await page.evaluate(() => document.documentElement.style.getPropertyValue('--c-accent')), '');
      for (const path of Object.values(screens).filter((each) => each !== '/sign-in')) {
        await to(path);
        await settled(page);
        assert.ok(!(await page.locator('body').innerText()).includes('hidden-from-acme'), path);
      }
      await settled(page);
      for (const call of calls) {
        assert.ok(!/other\.inc|hidden-from-acme/.test(call.text), call.url);
        assert.notEqual(call.status, 403, `${call.url} is not for portals`);
      }
      await to(`/p#${link}`);  // once only
      await page.getByRole('heading', { name: 'This link does not open any more' }).waitFor();
    }).catch((error) => {
      // The wrong destination of the screens is a 404, which Chromium writes down.
      if (!/status of 404/.test(error.message)) throw error;
    });
  });

  it('is asked for again when the token ends, over the page', { timeout: 300_000 }, async () => {
    const made = await carillond.call('TokenService/CreateToken', { parent: 'tenants/acme', tokenId: 'short', token: { role: 'ROLE_TENANT_ADMIN' } });
    await visit({ token: made.token, allow: [/status of 401/] }, async ({ page, to }) => {
      await to('/new?step=destination');
      await page.getByLabel('URL').fill('https://typed.example/hooks');
      await carillond.call('TokenService/DeleteToken', { name: 'tenants/acme/tokens/short' });
      await page.getByRole('heading', { name: 'You have to sign in again' }).waitFor();
      await page.getByLabel('Token', { exact: true }).fill(TOKENS.acme);
      await page.getByRole('button', { name: 'Sign in again' }).click();
      await page.getByRole('heading', { name: 'You have to sign in again' }).waitFor({ state: 'detached' });
      assert.equal(await page.getByLabel('URL').inputValue(), 'https://typed.example/hooks');
    });
  });

  it('is locked after 30 minutes in which nobody does anything, and leads back to the same address', { timeout: 400_000 }, () => visit({}, async ({ page, to }) => {
    const calls = [];
    page.on('request', (request) => { if (request.url().includes('/carillon.v1.')) calls.push(request.url()); });
    const kept = () => page.evaluate(() => Object.entries(sessionStorage).filter(([, value]) => value.includes('car_')).length);
    const unlock = async () => {
      await page.getByLabel('Token', { exact: true }).fill(TOKENS.acme);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('tab', { name: 'Keys', selected: true }).waitFor();
    };
    await page.clock.install();
    await to('/destinations/acme/ledger?tab=keys');
    await unlock();
    assert.equal(await kept(), 1);
    await page.clock.fastForward('29:30');
    await page.getByText(/You are signed out in less than a minute/).waitFor();
    await page.getByRole('button', { name: 'Stay signed in' }).click();
    await page.locator('.banner').waitFor({ state: 'detached' });
    await page.clock.fastForward('29:00');
    await page.getByRole('heading', { name: 'ledger' }).waitFor();
    await page.clock.fastForward('02:00');
    await page.getByRole('heading', { name: 'Locked' }).waitFor();
    assert.equal(await kept(), 0);
    assert.ok(!(await page.locator('body').innerText()).includes('ledger'));
    calls.length = 0;
    await page.clock.fastForward('10:00');
    await page.reload();
    await page.getByRole('heading', { name: 'Locked' }).waitFor();
    assert.deepEqual(calls, []);
    await unlock();
    assert.ok(page.url().endsWith('/destinations/acme/ledger?tab=keys'));
  }));

  it('is not locked while something is done in another tab', { timeout: 400_000 }, () => visit({ token: TOKENS.acme }, async ({ page, to, context }) => {
    await page.clock.install();
    await to('/');
    await settled(page);
    const other = await context.newPage();
    await other.goto(`${carillond.base}/console/deliveries`);
    await settled(other);
    await page.clock.fastForward('29:30');
    await other.getByText(/You are signed out in less than a minute/).waitFor();
    await page.getByText(/You are signed out in less than a minute/).waitFor();
    await other.getByRole('heading', { name: 'Deliveries' }).click();
    await page.locator('.banner').waitFor({ state: 'detached' });
    await page.clock.fastForward('20:00');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.clock.fastForward('10:00');
    await page.getByRole('heading', { name: 'Locked' }).waitFor();
    await other.getByRole('heading', { name: 'Locked' }).waitFor();
  }));

  it('as a reader shows what may not be done, and why', { timeout: 300_000 }, () => visit({ token: TOKENS.reader }, async ({ page, to }) => {
    await to('/destinations/acme/crm');
    await settled(page);
    const pause = page.getByRole('button', { name: 'Pause' });
    assert.ok(await pause.isDisabled());
    await page.getByRole('group', { name: 'Needs the role tenant administrator' }).first().hover();
    await page.getByRole('tooltip', { name: 'Needs the role tenant administrator' }).waitFor();
    assert.equal(await page.getByRole('link', { name: 'New webhook' }).count(), 0);
  }));
});

describe('settings', () => {
  it('say what the file sets, and nothing secret', { timeout: 300_000 }, () => visit({ token: TOKENS.operator }, async ({ page, to }) => {
    await to('/');
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByRole('heading', { name: 'Settings' }).waitFor();
    const row = (path) => page.getByRole('row', { name: `Copy ${path}` }).innerText();
    assert.match(await row('journal.min_free_bytes'), /\s0\n\s*[\w.-]+:\d+\s+Default: 256MiB/);
    assert.match(await row('secrets.master_key'), /set, never shown[^]*:\d+/);
    assert.match(await row('server.max_payload_bytes'), /256KiB\s+default/);
    await page.getByText('What is set', { exact: true }).click();
    await page.getByRole('button', { name: 'Copy server.max_payload_bytes' }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Copy journal.data_dir' }).click();
    await eventually(async () => await page.evaluate(() => navigator.clipboard.readText()) === 'journal.data_dir', 'the name in the clipboard');
    assert.ok(!/7{64}|[0-9a-f]{64}/.test(await page.locator('main').innerText()));
    assert.ok(page.url().endsWith('/settings?only=set'));
  }));

  it('are no business of tenants', { timeout: 300_000 }, () => visit({ token: TOKENS.acme }, async ({ page, to }) => {
    await to('/settings');
    await page.getByText('It needs the role operator.').waitFor();
    assert.equal(await page.getByRole('link', { name: 'Settings' }).count(), 0);
  }));
});

describe('addresses', () => {
  it('survive a reload and go back', { timeout: 300_000 }, () => visit({ token: TOKENS.acme }, async ({ page, to }) => {
    await to('/destinations/acme/ledger?tab=keys');
    await page.getByRole('tab', { name: 'Keys', selected: true }).waitFor();
    await page.reload();
    await page.getByRole('tab', { name: 'Keys', selected: true }).waitFor();
    await page.getByRole('link', { name: 'Destinations' }).first().click();
    await page.getByRole('heading', { name: 'Destinations' }).waitFor();
    await page.waitForFunction(() => document.activeElement?.tagName === 'H1');
    await page.goBack();
    await page.getByRole('tab', { name: 'Keys', selected: true }).waitFor();
  }));

  it('hold filters', { timeout: 300_000 }, () => visit({ token: TOKENS.acme }, async ({ page, to }) => {
    await to('/deliveries?state=DEAD');
    await page.getByText('Given up').first().waitFor();
    const rows = page.getByRole('table', { name: 'Deliveries' }).getByRole('row');
    const all = await rows.allInnerTexts();
    assert.ok(all.length > 5 && all.slice(1).every((text) => text.includes('Given up')), all.join('\n'));
    await page.getByRole('button', { name: 'Remove the filter State' }).click();
    await page.getByRole('table', { name: 'Deliveries' }).getByText('Retry planned').first().waitFor();
    assert.ok(!page.url().includes('state='));
  }));
});

describe('behind a proxy with a path in front', () => {
  it('pages, deep links, files, calls and portal links have it', { timeout: 400_000 }, async () => {
    front.seen.length = 0;
    const { url } = await carillond.call('PortalService/CreatePortalSession', { parent: 'tenants/acme', portalSession: { subject: 'user-18' } });
    assert.ok(url.startsWith(`${front.base}/console/p#`), url);
    const seat = await open(browser, front.base, { allow: [/status of 404/] });
    const { page, to } = seat;
    try {
      await page.goto(url);
      await page.getByRole('heading', { name: 'Overview' }).waitFor();
      await page.evaluate(() => sessionStorage.clear());
      await to('/destinations/acme/ledger?tab=keys');
      await page.getByLabel('Token', { exact: true }).fill(TOKENS.acme);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('tab', { name: 'Keys', selected: true }).waitFor();
      await page.reload();
      await page.getByRole('tab', { name: 'Keys', selected: true }).waitFor();
      await page.getByRole('link', { name: 'Deliveries' }).first().click();
      await page.getByRole('heading', { name: 'Deliveries' }).waitFor();
      assert.equal(page.url(), `${front.base}/console/deliveries`);
      for (const path of [screens.delivery, screens.event, '/no/such/page/so/far/down', '/']) {
        await to(path);
        await settled(page);
      }
      await page.getByRole('link', { name: 'Audit' }).click();
      await page.getByRole('heading', { name: 'Audit' }).waitFor();
      await page.goto(`${front.base}/console`);
      await page.getByRole('heading', { name: 'Overview' }).waitFor();
      assert.equal(page.url(), `${front.base}/console/`);
      assert.deepEqual(front.seen.filter((path) => !path.startsWith('/ops/console/hooks/')), []);
      for (const part of ['/assets/', '/boot.js', '/icon.svg', '/carillon.v1.']) assert.ok(front.seen.some((path) => path.includes(part)), part);
      assert.deepEqual(seat.faults, []);
    } finally {
      await seat.close();
    }
  });
});

describe('what others wrote', () => {
  it('is shown as text', { timeout: 300_000 }, () => visit({ token: TOKENS.acme }, async ({ page, to }) => {
    await to(screens.delivery);
    await page.getByRole('tab', { name: 'Response 503' }).click();
    const body = await page.getByRole('region', { name: 'Response body' }).innerText();
    assert.ok(body.includes('<script>alert(1)</script><img src=x onerror=alert(1)>⟦U+202E⟧gnp.exe'), body);
    await page.getByText('"><script>alert(2)</script>').waitFor();
    await page.getByRole('tab', { name: 'Event' }).click();
    const payload = await page.getByRole('region', { name: 'Payload' }).innerText();
    assert.ok(payload.includes('9007199254740993') || payload.includes(HOSTILE.slice(0, 20)), payload);
    assert.equal(await page.locator('main script, main img[src=x]').count(), 0);
  }));
});

describe('dialogs', () => {
  for (const scheme of ['light', 'dark']) {
    it(`have nothing that axe finds: ${scheme}`, { timeout: 600_000 }, () => visit({ token: TOKENS.operator, scheme, bypassCSP: true }, async ({ page, to }) => {
      const found = [];
      const look = async (name) => {
        await page.getByRole('dialog').waitFor();
        await page.waitForFunction(() => !document.querySelector('[role="dialog"] [aria-busy="true"]'));
        await page.waitForFunction(() => document.getAnimations().every((each) => each.playState !== 'running' || each.effect?.getComputedTiming().endTime === Infinity));
        if (PICTURES) await page.screenshot({ path: `${PICTURES}/dialog-${name}-${scheme}.png` });
        found.push(...(await axe(page)).map((line) => `${name}: ${line}`));
        await page.keyboard.press('Escape');
        await page.getByRole('dialog').waitFor({ state: 'detached' });
      };
      await to('/destinations/acme/ledger?tab=keys');
      await settled(page);
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox', { name: 'Find' }).fill('led');
      await page.getByRole('option', { name: /ledger/ }).waitFor();
      await look('find');
      await page.keyboard.press('?');
      await look('keyboard');
      await page.getByRole('button', { name: 'Pause' }).click();
      await look('pause');
      await page.getByRole('button', { name: 'More actions' }).click();
      await page.getByRole('menuitem', { name: 'Delete…' }).click();
      await look('delete');
      await page.getByRole('button', { name: 'Rotate…' }).first().click();
      await look('rotate');
      await page.getByRole('button', { name: 'Send test' }).click();
      await page.getByRole('button', { name: 'Send the test' }).click();
      await page.getByRole('dialog').getByText('Where the time went').waitFor();
      await look('test');
      await to('/deliveries?to-tenant=acme&destination=ledger');
      await settled(page);
      await page.getByRole('button', { name: 'Resend all that match…' }).click();
      await page.getByRole('button', { name: /^Resend [0-9]+$/ }).waitFor();
      await look('resend');
      await to('/dead?to-tenant=acme&destination=slow');
      await settled(page);
      await page.getByRole('button', { name: 'Purge all that match…' }).click();
      await page.getByLabel(/^Type [0-9]+ to purge them/).waitFor();
      assert.ok(await page.getByRole('button', { name: /^Purge [0-9]+$/ }).isDisabled());
      await look('purge');
      await to(screens.event);
      await settled(page);
      await page.getByRole('button', { name: 'Replay to…' }).click();
      await look('replay');
      await to('/subscriptions/acme/crm/edit');
      await settled(page);
      await page.getByRole('button', { name: 'Delete…' }).click();
      await look('subscription');
      assert.deepEqual(found, []);
    }));
  }
});

describe('what is fetched when somebody asks for it', () => {
  it('takes the focus and gives it back', { timeout: 300_000 }, () => visit({ token: TOKENS.operator, width: 390, height: 844 }, async ({ page, to }) => {
    await to('/');
    await settled(page);
    for (const [name, role] of [['Tenant: All tenants', 'menu'], ['Menu', 'dialog'], [/Event id, destination/, 'dialog']]) {
      for (let i = 0; i < 2; ++i) {  // fetched, then there
        const button = page.getByRole('button', { name, exact: true });
        await button.focus();
        await page.keyboard.press('Enter');
        const layer = page.getByRole(role);
        await layer.waitFor();
        await page.waitForFunction((wanted) => document.querySelector(`[role="${wanted}"]`)?.contains(document.activeElement), role);
        await page.keyboard.press('Escape');
        await layer.waitFor({ state: 'detached' });
        await page.waitForFunction((wanted) => document.activeElement?.getAttribute('aria-label') === wanted || document.activeElement?.textContent.includes('Event id'), name);
      }
    }
  }));

  it('has the way out where the bar has no room for it', { timeout: 300_000 }, () => visit({ token: TOKENS.acme, width: 360, height: 780 }, async ({ page, to }) => {
    await to('/');
    await settled(page);
    await page.getByRole('button', { name: 'Menu', exact: true }).click();
    await page.getByRole('dialog').getByText('tenant administrator').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in to Carillon' }).waitFor();
    assert.equal(await page.evaluate(() => sessionStorage.getItem('carillon.token')), null);
  }));

  it('and cannot be fetched leaves the rest of the console', { timeout: 300_000 }, () => visit({ token: TOKENS.operator, allow: [/Failed to load resource|ERR_FAILED|dynamically imported module|React|reading 'default'/] }, async ({ page, to }) => {
    await page.route(/assets\/Tokens-/, (route) => route.abort());
    await to('/');
    await settled(page);
    await page.getByRole('link', { name: 'Tokens' }).click();  // reloads first: there may be an update
    await page.getByRole('heading', { name: 'This page failed' }).waitFor();
    await page.getByRole('button', { name: 'Reload' }).waitFor();
    await page.getByRole('link', { name: 'Deliveries' }).click();
    await page.getByRole('heading', { name: 'Deliveries' }).waitFor();
  }));
});

describe('in a frame', () => {
  it('of an origin that may, it takes a token and a theme, and tells its height', { timeout: 300_000 }, async () => {
    const origin = `http://127.0.0.1:${host.address().port}`;
    const context = await browser.newContext();
    try {
      const page = await context.newPage();
      await page.goto(origin);
      await page.evaluate((address) => {
        window.told = [];
        window.addEventListener('message', (event) => window.told.push([event.origin, event.data]));
        const frame = document.createElement('iframe');
        frame.src = address;
        frame.style.width = '1000px';
        frame.style.height = '600px';
        document.body.append(frame);
      }, `${carillond.base}/console/`);
      const told = (type) => page.waitForFunction((wanted) => window.told.find(([, data]) => data.type === wanted), type).then((handle) => handle.jsonValue());
      assert.deepEqual(await told('ready'), [carillond.base, { carillon: 1, type: 'ready' }]);
      const frame = page.frameLocator('iframe');
      await frame.getByRole('heading', { name: 'Not signed in' }).waitFor();
      await page.evaluate(([token, to]) => {
        const { contentWindow } = document.querySelector('iframe');
        contentWindow.postMessage({ carillon: 1, type: 'token', token }, to);
        contentWindow.postMessage({ carillon: 1, type: 'theme', scheme: 'dark', accent: '#00aa55' }, to);
      }, [TOKENS.acme, carillond.base]);
      await frame.getByRole('heading', { name: 'Overview' }).waitFor();
      await frame.locator('html[data-mantine-color-scheme="dark"]').waitFor();
      assert.ok((await told('height'))[1].px > 100);
      assert.equal(await frame.getByRole('link', { name: 'Carillon' }).count(), 0);
      await frame.getByRole('link', { name: 'Deliveries' }).click();
      await page.waitForFunction(() => window.told.some(([, data]) => data.type === 'navigated' && data.path === '/deliveries'));
    } finally {
      await context.close();
    }
  });

  it('of another origin it is not shown', { timeout: 300_000 }, async () => {
    const other = createServer((_request, response) => { response.setHeader('content-type', 'text/html'); response.end(`<!doctype html><iframe src="${carillond.base}/console/"></iframe>`); });
    await new Promise((resolve) => { other.listen(0, '127.0.0.1', resolve); });
    const context = await browser.newContext();
    try {
      const page = await context.newPage();
      const refused = page.waitForEvent('console', { predicate: (message) => /frame-ancestors/.test(message.text()) });
      await page.goto(`http://127.0.0.1:${other.address().port}`);
      await refused;
    } finally {
      await context.close();
      other.close();
    }
  });
});

describe('the server', () => {
  it('may restart under the page', { timeout: 600_000 }, () => visit({ token: TOKENS.acme, allow: [NOT_THERE] }, async ({ page, to }) => {
    await to('/');
    await settled(page);
    await carillond.kill();
    await page.getByText(/The server does not answer/).first().waitFor();
    await carillond.startAgain();
    await page.locator('.banner').waitFor({ state: 'detached' });
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
  }));

  it('serves pages for a year and asks of the others each time', async () => {
    const get = (path, headers = {}) => fetch(`${carillond.base}${path}`, { headers, redirect: 'manual' });
    const root = await get('/console');
    assert.deepEqual([root.status, root.headers.get('location')], [308, 'console/']);
    const index = await get('/console/deliveries');
    assert.equal(index.headers.get('cache-control'), 'no-cache');
    assert.equal((await get('/console/', { 'if-none-match': index.headers.get('etag') })).status, 304);
    const script = /src="\.(\/assets\/[^"]+\.js)"/.exec(await index.text())[1];
    assert.match(await (await get('/console/destinations/acme/ledger')).text(), /src="\.\.\/\.\.\/assets\//);
    assert.match((await get(`/console${script}`)).headers.get('cache-control'), /immutable/);
    assert.equal((await get('/console/assets/none.js')).status, 404);
    assert.match(await (await get('/console/licenses.txt')).text(), /react[\s\S]*MIT/i);
    const lock = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'));
    const bill = await (await get('/console/sbom.cdx.json')).json();
    for (const { name, version } of bill.components) assert.equal(lock.packages[`node_modules/${name}`]?.version, version, name);
    for (const name of ['react', 'uplot', '@fontsource-variable/inter']) assert.ok(bill.components.some((each) => each.name === name), name);
  });

  it('keeps the first load small', { timeout: 300_000 }, () => visit({ token: TOKENS.operator }, async ({ page, to }) => {
    const coming = [];
    page.on('response', (response) => {
      if (!response.url().includes('/console/')) return;
      coming.push(response.allHeaders().then((headers) => [response.url(), Number(headers['content-length'] ?? 0)]));
    });
    await to('/');
    await settled(page);
    const sizes = await Promise.all(coming);
    const sum = sizes.reduce((all, [, size]) => all + size, 0);
    assert.ok(sizes.length > 4 && sum <= BUDGET, `${sum} bytes: ${sizes.map((each) => each.join(' ')).join('\n')}`);
  }));
});
