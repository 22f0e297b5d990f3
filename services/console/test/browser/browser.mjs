// A browser that fails a test on what nobody should see: errors of the console, violations of the policy, requests to
// another origin.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const ARGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'];

export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGS });

/** A page with its own session. `faults` fills with what should not be. */
export async function open(browser, base, { width = 1280, height = 860, scheme = 'light', token, allow = [], bypassCSP = false } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, locale: 'en-GB', timezoneId: 'Europe/Vienna', reducedMotion: 'reduce', bypassCSP });
  context.setDefaultTimeout(120_000);
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: new URL(base).origin });
  const faults = [];
  await context.exposeBinding('carillonFault', (_source, text) => { faults.push(`policy: ${text}`); });
  await context.addInitScript((given) => {
    document.addEventListener('securitypolicyviolation', (event) => window.carillonFault(`${event.effectiveDirective} ${event.blockedURI} ${(event.sample ?? '').slice(0, 60)}`));
    try {
      if (given && !sessionStorage.getItem('carillon.token')) sessionStorage.setItem('carillon.token', given);
    } catch { /* an empty page */ }
  }, token);
  const page = await context.newPage();
  page.on('console', (message) => {
    const text = message.text();
    if (['error', 'warning'].includes(message.type()) && !allow.some((each) => each.test(text))) faults.push(`console: ${text.slice(0, 300)}`);
  });
  page.on('pageerror', (error) => faults.push(`page: ${error.message}`));
  page.on('dialog', (dialog) => { faults.push(`dialog: ${dialog.message()}`); void dialog.dismiss(); });
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (origin !== new URL(base).origin && protocol !== 'data:' && protocol !== 'blob:') faults.push(`another origin: ${request.url()}`);
  });
  return { page, context, faults, to: (path) => page.goto(`${base}/console${path}`), close: () => context.close() };
}

/** What axe finds, as lines. The page has to be opened with bypassCSP. */
export async function axe(page) {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] });
    return violations.flatMap((each) => each.nodes.slice(0, 4).map((node) => `${each.id}: ${node.target.join(' ')} ${(node.any[0] ?? node.all[0] ?? node.none[0])?.message ?? ''}`.slice(0, 260)));
  });
}

/** How far what was shown already moved while the rest of a page came (the sum of the browser's layout shifts), and what
    moved. Before pages are opened; each begins at 0. */
export const watchShifts = (page) => page.addInitScript(() => {
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const { hadRecentInput, value, sources } of list.getEntries()) {
      if (!hadRecentInput) window.shifts.push({ value, moved: sources.map(({ node, previousRect, currentRect }) => `${node?.nodeName} ${node?.className ?? ''} ${Math.round(previousRect.y)} -> ${Math.round(currentRect.y)}`) });
    }
  }).observe({ type: 'layout-shift', buffered: true });
});
export const shiftsOf = (page) => page.evaluate(() => ({ sum: window.shifts.reduce((all, { value }) => all + value, 0), moved: window.shifts.flatMap(({ moved }) => moved) }));

/** Waits until nothing is loading. */
export async function settled(page) {
  await page.waitForSelector('h1');
  await page.waitForFunction(() => !document.querySelector('[aria-busy="true"]'));
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(250);
}

/** A secret in a dialog that does not go before it is stored. */
export async function once(page, label) {
  const secret = await page.getByLabel(label, { exact: true }).inputValue();
  assert.ok(await page.getByRole('button', { name: 'Done' }).isDisabled());
  await page.getByLabel('I have stored it').check();
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.ok(!(await page.content()).includes(secret), 'it is shown once');
  return secret;
}
