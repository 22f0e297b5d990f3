// A carillond of its own for the tests in the browser: receivers that answer well and badly, tenants, events.
import { spawn } from 'node:child_process';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createServer, request as ask } from 'node:http';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BIN = process.env.CARILLON_BIN ?? '/usr/bin';
const PATIENCE_MS = 120_000;

class Ended extends Error {}

export async function eventually(look, what, patience = PATIENCE_MS) {
  const end = Date.now() + patience;
  let last;
  while (Date.now() < end) {
    try {
      const found = await look();
      if (found) return found;
    } catch (error) {
      if (error instanceof Ended) throw error;
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what} did not come${last ? `: ${last.message}` : ''}`);
}

const token = () => `car_${randomBytes(32).toString('base64url')}`;
const sha256 = (text) => createHash('sha256').update(text).digest('hex');

/** A receiver that answers as it is told. */
export async function receiver(answer = { status: 200, body: '{"received":true}' }) {
  const seen = [];
  const it = { answer, seen };
  const server = createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      seen.push({ headers: request.headers, body: Buffer.concat(parts).toString() });
      const { status, body = '', headers = { 'content-type': 'application/json' }, silent = false } = it.answer;
      if (silent) return;
      response.writeHead(status, headers);
      response.end(body);
    });
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address();
  return Object.assign(it, {
    url: `http://127.0.0.1:${port}/hooks`, port,
    close: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }),
  });
}

/** Whether a request has a signature by the secret. */
export const signs = (secret, { headers, body }) => {
  const mac = createHmac('sha256', Buffer.from(secret.replace('whsec_', ''), 'base64')).update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`).digest('base64');
  return headers['webhook-signature'].split(' ').includes(`v1,${mac}`);
};

/** A reverse proxy that takes the prefix away and passes on the rest. `seen`: the paths that were asked for. */
export async function proxy(prefix) {
  const it = { to: '', seen: [] };
  const server = createServer((request, response) => {
    it.seen.push(request.url);
    if (!request.url.startsWith(`${prefix}/`)) return response.writeHead(404).end('not behind this prefix');
    const passed = ask(`${it.to}${request.url.slice(prefix.length)}`, { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(response);
    });
    passed.on('error', () => { if (!response.headersSent) response.writeHead(502); response.end(); });
    response.on('close', () => passed.destroy());
    request.pipe(passed);
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return Object.assign(it, { base: `http://127.0.0.1:${server.address().port}${prefix}`, close: () => { server.closeAllConnections(); server.close(); } });
}

export const TOKENS = { operator: token(), acme: token(), reader: token() };

/** Starts carillond and waits until it is ready. `publicUrl`: where portal links lead. `config`: more of its configuration. */
export async function startCarillond({ publicUrl = 'http://127.0.0.1:1', ...config } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'console-'));
  const file = join(folder, 'carillon.yaml');
  const log = join(folder, 'log');
  const whole = {
    server: { publish_address: '127.0.0.1:0', admin_address: '127.0.0.1:0' },
    journal: { data_dir: join(folder, 'data'), min_free_bytes: 0 },
    guard: { allow_networks: ['127.0.0.0/8'], allow_ports: ['1-65535'] },
    secrets: { master_key: { env: 'MASTER_KEY' } },
    delivery_log: { details: 'all' },
    access: {
      public_url: publicUrl,
      tokens: [
        { name: 'ops', role: 'operator', sha256: sha256(TOKENS.operator) },
        { name: 'acme-admin', role: 'tenant_admin', tenants: ['acme'], sha256: sha256(TOKENS.acme) },
        { name: 'acme-reader', role: 'reader', tenants: ['acme'], sha256: sha256(TOKENS.reader) },
      ],
    },
    event_types: [
      { name: 'order.paid', description: 'An order was paid for.', tags: ['Orders'], sample: '{"order":"A-17","total_cents":9007199254740993,"customer":{"country":"NO"}}' },
      { name: 'order.cancelled', description: 'An order was cancelled.', tags: ['Orders'] },
    ],
    ...config,
  };
  writeFileSync(file, JSON.stringify(whole));  // JSON is YAML
  let child;
  let base;
  const start = async (port = 0) => {
    if (port) {
      whole.server.admin_address = `127.0.0.1:${port}`;
      writeFileSync(file, JSON.stringify(whole));
    }
    writeFileSync(log, '');
    const { openSync, closeSync } = await import('node:fs');
    const out = openSync(log, 'a');
    child = spawn(join(BIN, 'carillond'), ['--config', file], { stdio: ['ignore', out, out], env: { ...process.env, MASTER_KEY: '7'.repeat(64) } });
    closeSync(out);
    const line = await eventually(() => {
      if (child.exitCode !== null) throw new Ended(readFileSync(log, 'utf8'));
      return readFileSync(log, 'utf8').split('\n').find((each) => each.includes('"message":"ready"'));
    }, 'the line that carillond is ready');
    base = `http://${JSON.parse(line).admin_address}`;
  };
  const end = (signal = 'SIGTERM') => new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', resolve);
    child.kill(signal);
  });
  await start();
  const call = async (method, request, as = TOKENS.operator) => {
    const response = await fetch(`${base}/carillon.v1.${method}`, {
      method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${as}` }, body: JSON.stringify(request),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${method}: ${JSON.stringify(answer)}`);
    return answer;
  };
  return {
    call, get base() { return base; }, get port() { return Number(new URL(base).port); },
    publish: (tenant, type, payload, more = {}) => call('EventPublisher/Publish', { events: [{ id: randomBytes(8).toString('hex'), type, tenant, json: typeof payload === 'string' ? payload : JSON.stringify(payload), ...more }] }),
    restart: async () => { const { port } = new URL(base); await end('SIGKILL'); await start(Number(port)); },
    kill: () => end('SIGKILL'), startAgain: () => start(Number(new URL(base).port)),
    stop: async () => { await end(); rmSync(folder, { recursive: true, force: true }); },
  };
}

export const HOSTILE = '<img src=x onerror=alert(1)>\u202egnp.exe';

/** Tenants with destinations in every state, and events for them. Returns what has to be closed. */
export async function seed(carillond) {
  const good = await receiver();
  const failing = await receiver({ status: 503, body: `<script>alert(1)</script>${HOSTILE}`, headers: { 'content-type': 'text/html', 'x-odd': '"><script>alert(2)</script>' } });
  const slow = await receiver({ silent: true });
  const make = async (tenant, id, url, more = {}) => {
    await carillond.call('DestinationService/CreateDestination', { parent: `tenants/${tenant}`, destinationId: id, destination: { url, ...more } });
    await carillond.call('SubscriptionService/CreateSubscription', { parent: `tenants/${tenant}`, subscriptionId: id, subscription: { types: ['contact.*', 'order.*'], destinations: [id] } });
  };
  await make('acme', 'crm', good.url, { displayName: 'CRM', description: 'Keeps contacts up to date.' });
  await make('acme', 'ledger', failing.url, { retry: { delays: { items: ['3600s'] } } });
  await make('acme', 'slow', slow.url, { timeouts: { total: '0.2s', connect: '0.1s' }, retry: { none: true } });
  await make('acme', 'nowhere', 'http://127.0.0.1:9/hooks', { retry: { delays: { items: ['60s', '600s'] } } });
  await make('acme', 'resting', good.url);
  await make('other.inc', 'hidden-from-acme', good.url);
  await carillond.call('DestinationService/PauseDestination', { name: 'tenants/acme/destinations/resting', reason: `Maintenance ${HOSTILE}` });
  for (let i = 0; i < 12; ++i) {
    await carillond.publish('acme', i % 3 ? 'order.cancelled' : 'order.paid', { order: `A-${i}`, total_cents: i, customer: { country: i % 2 ? 'NO' : 'AT' }, text: HOSTILE });
    await carillond.publish('other.inc', 'order.paid', { secret: 'of another tenant' });
  }
  await carillond.publish('acme', 'order.paid', '{"id":9007199254740993,"nested":{"list":[1,2,{"a":null}]}}');
  await eventually(() => good.seen.length >= 25 && failing.seen.length > 0 && slow.seen.length > 0, 'the first deliveries');
  await eventually(async () => (await carillond.call('DestinationService/ListDestinations', { parent: 'tenants/acme', filter: 'status.failing_since:*' })).totalSize >= 3, 'destinations that fail');
  return { good, failing, slow, close: () => Promise.all([good.close(), failing.close(), slow.close()]) };
}
