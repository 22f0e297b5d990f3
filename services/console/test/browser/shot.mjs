// Pictures of the screens: node shot.mjs BASE TOKEN FOLDER [name,...]
import { mkdirSync } from 'node:fs';
import { launch, open, settled } from './browser.mjs';

const [, , base, token, folder, only] = process.argv;
mkdirSync(folder, { recursive: true });
const list = async (filter) => {
  const answer = await fetch(`${base}/carillon.v1.DeliveryService/ListDeliveries`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` }, body: JSON.stringify({ parent: 'tenants/acme/destinations/-', filter, pageSize: 1 }) });
  const { deliveries } = await answer.json();
  const [, tenant, , destination, , id] = deliveries[0].name.split('/');
  return `/deliveries/${tenant}/${destination}/${id}`;
};
const PAGES = {
  overview: '/', destinations: '/destinations', destination: '/destinations/acme/ledger', policy: '/destinations/acme/ledger?tab=policy', keys: '/destinations/acme/ledger?tab=keys',
  gets: '/destinations/acme/ledger?tab=gets', changes: '/destinations/acme/ledger?tab=changes', deliveries: '/deliveries', delivery: await list('outcome = OUTCOME_HTTP_5XX'), slow: await list('outcome = OUTCOME_RESPONSE_TIMEOUT'),
  wizard: '/new', 'wizard-destination': '/new?step=destination', none: '/nope',
};
const browser = await launch();
for (const [width, height] of [[1280, 860], [390, 844]]) for (const scheme of ['light', 'dark']) {
  if (process.env.SIZE && process.env.SIZE !== `${width}-${scheme}`) continue;
  const it = await open(browser, base, { width, height, scheme, token });
  for (const [name, path] of Object.entries(PAGES)) {
    if (only && !only.split(',').includes(name)) continue;
    await it.to(path);
    await settled(it.page).catch((error) => it.faults.push(String(error)));
    const over = await it.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    await it.page.screenshot({ path: `${folder}/${name}-${width}-${scheme}.png`, fullPage: !/deliveries|destinations/.test(name) });
    if (over > 0 || it.faults.length > 0) console.log(name, width, scheme, 'overflow', over, it.faults.splice(0));
  }
  await it.close();
}
await browser.close();
