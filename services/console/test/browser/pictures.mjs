// The pictures of the README, of a carillond that has delivered for a while:
//
//   node pictures.mjs FOLDER [MINUTES]      an hour by default, as charts show one
//
// CARILLON_BIN: where carillond and its console.pak are. As root: receivers listen on 127.0.0.77:443, under names that a
// name server of this program's own answers for.
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch, settled } from './browser.mjs';
import { eventually, startCarillond, TOKENS } from './support.mjs';

const [, , folder, minutes = '60'] = process.argv;
const ADDRESS = '127.0.0.77';
const work = mkdtempSync(join(tmpdir(), 'pictures-'));

/** A certificate for all the names, which is believed. */
function certificate() {
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(work, name));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '90', '-subj', '/CN=receivers',
    '-addext', 'subjectAltName=DNS:*.acme.example,DNS:*.globex.example,DNS:*.initech.example', '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { key: readFileSync(key), cert: readFileSync(cert), file: cert };
}

/** Answers 127.0.0.77 for every name but those that begin with `old.`, which do not exist. */
async function nameServer() {
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const asked = query.subarray(0, query.indexOf(0, 12) + 5);
    const gone = asked.subarray(12, 16).toString() === '\x03old';
    const known = !gone && asked.readUInt16BE(asked.length - 4) === 1;
    const answer = Buffer.concat([asked, ...(known ? [Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...ADDRESS.split('.').map(Number)])] : [])]);
    answer.writeUInt16BE(0x8180 | (gone ? 3 : 0), 2);
    answer.writeUInt16BE(1, 4);
    answer.writeUInt16BE(known ? 1 : 0, 6);
    answer.writeUInt32BE(0, 8);
    socket.send(answer, from.port, from.address);
  });
  await new Promise((resolve) => { socket.bind(0, '127.0.0.1', resolve); });
  return socket;
}

const BUSY = { error: 'ledger_locked', message: 'The ledger of 2026-11 is being closed. Try again later.' };

/** What each host does with a request: after how long, and what it answers. */
const HOSTS = {
  'crm.acme.example': () => [18 + Math.random() * 40, 200, { received: true }],
  'billing.acme.example': () => (Math.random() < 0.35 ? [90, 503, BUSY] : [60 + Math.random() * 90, 202, { queued: true }]),
  'search.acme.example': () => [8 + Math.random() * 12, 204],
  'warehouse.globex.example': () => [25 + Math.random() * 60, 200, { ok: true }],
  'erp.globex.example': () => (Math.random() < 0.5 ? [9000, 200, {}] : [700 + Math.random() * 900, 200, {}]),
  'hooks.initech.example': () => [40 + Math.random() * 30, 200, { ok: true }],
  'reports.initech.example': () => [35, 401, { error: 'signature does not match' }],
};

async function receivers(tls) {
  const server = createServer(tls, (request, response) => {
    request.resume();
    request.on('end', () => {
      const [after, status, body] = HOSTS[request.headers.host]?.() ?? [5, 404, {}];
      setTimeout(() => {
        response.writeHead(status, { 'content-type': 'application/json', server: 'nginx', 'x-request-id': Math.random().toString(16).slice(2, 14) });
        response.end(body ? JSON.stringify(body) : undefined);
      }, after);
    });
  });
  await new Promise((resolve, reject) => { server.on('error', reject); server.listen(443, ADDRESS, resolve); });
  return server;
}

const TYPES = [
  ['order.paid', 'An order was paid for.', 'Orders', '{"order":"A-1042","total_cents":12900,"customer":{"id":"c_88","country":"NO"}}'],
  ['order.cancelled', 'An order was cancelled before it was sent.', 'Orders', '{"order":"A-1042","reason":"customer"}'],
  ['order.shipped', 'A parcel is on its way.', 'Orders', '{"order":"A-1042","carrier":"post","parcels":1}'],
  ['invoice.created', 'An invoice was written.', 'Billing', '{"invoice":"2026-0713","total_cents":12900}'],
  ['customer.updated', 'A customer changed their address.', 'Customers', '{"customer":"c_88","fields":["address"]}'],
];
const DESTINATIONS = [
  ['acme', 'crm', 'CRM', 'crm.acme.example', ['customer.*', 'order.*'], {}],
  ['acme', 'billing', 'Billing', 'billing.acme.example', ['order.paid', 'invoice.*'], { retry: { delays: { items: ['20s', '60s', '600s', '3600s'] } } }],
  ['acme', 'search', 'Search index', 'search.acme.example', ['*'], {}],
  ['globex', 'warehouse', 'Warehouse', 'warehouse.globex.example', ['order.*'], {}],
  ['globex', 'erp', 'ERP', 'erp.globex.example', ['invoice.*', 'order.paid'], { timeouts: { total: '2s' } }],
  ['initech', 'hooks', 'Website', 'hooks.initech.example', ['*'], {}],
  ['initech', 'reports', 'Reports', 'reports.initech.example', ['invoice.*'], { retry: { none: true } }],
  ['initech', 'archive', 'Archive', 'old.initech.example', ['invoice.*'], {}],
];

async function fill({ call }) {
  for (const [tenant, id, displayName, host, types, more] of DESTINATIONS) {
    await call('DestinationService/CreateDestination', { parent: `tenants/${tenant}`, destinationId: id, destination: { displayName, url: `https://${host}/webhooks`, ...more } });
    await call('SubscriptionService/CreateSubscription', { parent: `tenants/${tenant}`, subscriptionId: id, subscription: { types, destinations: [id] } });
  }
}

/** Publishes until the end, more and less in turns. */
async function publish(carillond, end) {
  for (let i = 0; Date.now() < end; ++i) {
    const [type, , , sample] = TYPES[Math.floor(Math.random() ** 2 * TYPES.length)];
    const payload = { ...JSON.parse(sample), ...(type.startsWith('order') ? { order: `A-${1042 + i}` } : {}) };
    if (payload.customer?.country) payload.customer.country = ['NO', 'AT', 'NO', 'DE', 'SE'][Math.floor(Math.random() * 5)];
    await carillond.publish(['acme', 'acme', 'globex', 'initech'][i % 4], type, payload, { orderingKey: `c_${i % 40}` });
    await new Promise((resolve) => { setTimeout(resolve, 250 + 180 * Math.sin(Date.now() / 90_000) + Math.random() * 200); });
  }
}

/** A picture at twice the pixels, as WebP. */
async function picture(context, page, name) {
  await settled(page);
  const { data } = await (await context.newCDPSession(page)).send('Page.captureScreenshot', { format: 'webp', quality: 88 });
  writeFileSync(join(folder, `${name}.webp`), Buffer.from(data, 'base64'));
  console.log(`${name}: ${Math.round(data.length * 0.75 / 1024)} KiB`);
}

async function signedIn(browser, base, token) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, deviceScaleFactor: 2, locale: 'en-GB', timezoneId: 'UTC', reducedMotion: 'reduce' });
  context.setDefaultTimeout(60_000);
  await context.addInitScript((given) => sessionStorage.setItem('carillon.token', given), token);
  const page = await context.newPage();
  return { page, to: (path) => page.goto(`${base}/console${path}`), take: (name) => picture(context, page, name) };
}

async function pictures(carillond) {
  const browser = await launch();
  const operator = await signedIn(browser, carillond.base, TOKENS.operator);
  await operator.to('/?range=1h');
  await operator.take('overview');
  const tried = { parent: 'tenants/acme/destinations/billing', filter: 'outcome = OUTCOME_HTTP_5XX AND attempt_count = 3', pageSize: 1 };
  const [failed] = await eventually(async () => (await carillond.call('DeliveryService/ListDeliveries', tried)).deliveries, 'a delivery that failed three times');
  await operator.to(`/deliveries/acme/billing/${failed.name.split('/').at(-1)}`);
  await operator.page.getByRole('tab', { name: /^Response/ }).click();
  await operator.take('delivery');
  const { page, to, take } = await signedIn(browser, carillond.base, TOKENS.acme);
  await to('/new');
  await page.getByLabel('order.paid').check();
  await page.getByText('Only those where…').click();
  await page.getByRole('combobox', { name: 'Member of the payload' }).fill('customer.country');
  await page.getByRole('combobox', { name: 'Value' }).fill('NO');
  await page.getByRole('region', { name: 'Recent events and whether they match' }).getByText('yes').first().waitFor();
  await page.mouse.move(0, 0);
  await page.keyboard.press('Escape');
  await take('wizard');
  await browser.close();
}

mkdirSync(folder, { recursive: true });
const tls = certificate();
process.env.SSL_CERT_FILE = tls.file;
const names = await nameServer();
const server = await receivers(tls);
const carillond = await startCarillond({
  resolver: { servers: [`127.0.0.1:${names.address().port}`] },
  event_types: TYPES.map(([name, description, tag, sample]) => ({ name, description, tags: [tag], sample })),
});
try {
  await fill(carillond);
  const end = Date.now() + Number(minutes) * 60_000;
  await Promise.all([publish(carillond, end), (async () => {
    // Looked at while it goes on.
    await new Promise((resolve) => { setTimeout(resolve, Math.max(0, end - Date.now() - 30_000)); });
    await pictures(carillond);
  })()]);
} finally {
  await carillond.stop();
  server.closeAllConnections();
  server.close();
  names.close();
  rmSync(work, { recursive: true, force: true });
}
