// What a page's main thread works between two frames, in its own CPU time: a machine that is busy with other things does
// not lengthen it.
const MAIN = 'CrRendererMain';
const FRAME = 'Commit';
const TASK = 'RunTask';

/** What `work` below takes of CPU time on a machine for which limits of CPU time are written. */
const REFERENCE_MS = 45;

/** How many times slower this machine is, at least 1: by the CPU time of fixed work, the quickest of some turns. */
export function slowness() {
  const work = () => {
    const begun = process.cpuUsage();
    const words = Array.from({ length: 60_000 }, (_, i) => String((i * 7_919) % 100_003));
    JSON.parse(JSON.stringify(words.sort()));
    const { user, system } = process.cpuUsage(begun);
    return (user + system) / 1000;
  };
  return Math.max(1, Math.min(...Array.from({ length: 7 }, work)) / REFERENCE_MS);
}

/** Records while `run` runs. Frames: CPU time in ms of all that the main thread did from one frame to the next. */
export async function framesOf(browser, page, run) {
  const cdp = await browser.newBrowserCDPSession();
  const done = new Promise((resolve) => { cdp.once('Tracing.tracingComplete', resolve); });
  await cdp.send('Tracing.start', { transferMode: 'ReturnAsStream', traceConfig: { includedCategories: ['devtools.timeline', 'disabled-by-default-devtools.timeline'] } });
  await page.evaluate(() => {
    window.gaps = [];
    let before = performance.now();
    const tick = (now) => {
      window.gaps?.push(now - before);
      before = now;
      if (window.gaps) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  await run();
  const gaps = await page.evaluate(() => {
    const { gaps: all } = window;
    window.gaps = undefined;
    return all;
  });
  await cdp.send('Tracing.end');
  const { stream } = await done;
  const { traceEvents } = JSON.parse(await readAll(cdp, stream));
  await cdp.detach();
  return { ...workOf(traceEvents), gaps };
}

async function readAll(cdp, handle) {
  const parts = [];
  for (;;) {
    const { data, base64Encoded, eof } = await cdp.send('IO.read', { handle, size: 1 << 20 });
    parts.push(Buffer.from(data, base64Encoded ? 'base64' : 'utf8'));
    if (eof) break;
  }
  await cdp.send('IO.close', { handle });
  return Buffer.concat(parts).toString();
}

function workOf(events) {
  const threads = new Map();  // main threads of pages, by process
  for (const { name, pid, tid, args } of events) if (name === 'thread_name' && args.name === MAIN) threads.set(pid, tid);
  const of = new Map();
  for (const each of events) {
    if (threads.get(each.pid) !== each.tid || each.ph === 'M') continue;
    if (!of.has(each.pid)) of.set(each.pid, []);
    of.get(each.pid).push(each);
  }
  // The page that scrolls is the one that works most.
  const work = (list) => list.reduce((all, { name, tdur = 0 }) => all + (name === TASK ? tdur : 0), 0);
  const [busiest = []] = [...of.values()].sort((a, b) => work(b) - work(a));
  busiest.sort((a, b) => a.ts - b.ts);
  const frames = [];
  let sum = 0;
  for (const { name, ph, tdur = 0 } of busiest) {
    if (name === TASK) sum += tdur / 1000;
    if (name !== FRAME || ph !== 'X') continue;
    frames.push(sum);
    sum = 0;
  }
  return { frames };
}
