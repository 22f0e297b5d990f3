import { BASE } from '../api/base';
import { session, signIn, type Looks } from '../api/session';
import { makeStore } from '../api/store';

// The console in a frame of another product: who may talk to it, and what is said (docs/console.md).

export const framed = (() => {
  try {
    return window.parent !== window;
  } catch {
    return true;
  }
})();

export const embedLooks = makeStore<Looks>({});

export type FromHost =
  | { type: 'token'; token: string }
  | { type: 'theme'; looks: Looks };

const MAX_TOKEN = 8192;

/** What a message of the host means; undefined for what is not understood. */
export function readMessage(data: unknown): FromHost | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const message = data as Record<string, unknown>;
  if (message['carillon'] !== 1) return undefined;
  if (message['type'] === 'token') {
    const { token } = message;
    const fits = typeof token === 'string' && token.length > 0 && token.length <= MAX_TOKEN && /^[\x21-\x7e]+$/.test(token);
    return fits ? { type: 'token', token } : undefined;
  }
  if (message['type'] === 'theme') {
    const { scheme, accent } = message;
    return {
      type: 'theme',
      looks: {
        scheme: scheme === 'light' || scheme === 'dark' ? scheme : undefined,
        accent: typeof accent === 'string' && /^#[0-9a-f]{6}$/i.test(accent) ? accent : undefined,
      },
    };
  }
  return undefined;
}

let origins: string[] = [];

/** To each page that may show this one; the browser delivers to the one that does. */
function post(message: Record<string, unknown>): void {
  for (const origin of origins) window.parent.postMessage({ carillon: 1, ...message }, origin);
}

export async function startEmbedding(): Promise<void> {
  if (!framed) return;
  try {
    const answer = await fetch(`${BASE.console}settings.json`);
    const settings: unknown = await answer.json();
    const listed = (settings as { embedOrigins?: unknown }).embedOrigins;
    origins = Array.isArray(listed) ? listed.filter((each): each is string => typeof each === 'string') : [];
  } catch {
    return;
  }
  // A host of another origin would get an error of the browser for each message: only the one that is there is told.
  const { ancestorOrigins } = location as { ancestorOrigins?: DOMStringList };
  if (ancestorOrigins?.[0]) origins = origins.filter((each) => each === ancestorOrigins[0]);
  window.addEventListener('message', (event) => {
    if (event.source !== window.parent || !origins.includes(event.origin)) return;
    const message = readMessage(event.data);
    if (message?.type === 'token') signIn(message.token, { portal: true, looks: session.get().looks });
    else if (message?.type === 'theme') embedLooks.set(message.looks);
  });
  let height = 0;
  new ResizeObserver(() => {
    const px = Math.ceil(document.body.scrollHeight);
    if (px === height) return;
    height = px;
    post({ type: 'height', px });
  }).observe(document.body);
  post({ type: 'ready' });
}

export const tellNavigated = (path: string) => { if (framed) post({ type: 'navigated', path }); };
export const tellExpiring = (seconds: number) => { if (framed) post({ type: 'token_expiring', seconds }); };
