import { forgetSeen, keptTooLong } from './idle';
import { recall, remember } from './storage';
import { makeStore } from './store';

// Who is signed in: a bearer token, in memory, and in session storage so that a reload keeps it. Never in a cookie,
// in local storage or in an address.

export interface Looks {
  scheme?: 'light' | 'dark' | undefined;
  accent?: string | undefined;
}

export interface Session {
  token: string | undefined;
  /** The server refused the token; pages keep what they show until there is another one. */
  ended: boolean;
  /** It came from a portal link. */
  portal: boolean;
  /** It was signed in, and nobody did anything for too long; there is no token any more. */
  locked: boolean;
  looks: Looks;
}

function readLooks(): Looks {
  try {
    const looks: unknown = JSON.parse(recall('looks') ?? '{}');
    return typeof looks === 'object' && looks !== null ? (looks as Looks) : {};
  } catch {
    return {};
  }
}

if (recall('token') !== undefined && keptTooLong()) forgetToken();

export const session = makeStore<Session>({
  token: recall('token'), ended: false, portal: recall('portal') === '1', locked: recall('locked') === '1', looks: readLooks(),
});

function forgetToken(): void {
  remember('token', undefined);
  remember('locked', '1');
  forgetSeen();
}

/** Nobody is there: the token is forgotten. Address, tenant and looks stay for who signs in again. */
export function lockSession(): void {
  const now = session.get();
  if (now.token === undefined) return;
  forgetToken();
  session.set({ ...now, token: undefined, ended: false, locked: true });
}

export function signIn(token: string, from: { portal?: boolean; looks?: Looks } = {}): void {
  const looks = from.looks ?? {};
  remember('token', token);
  remember('portal', from.portal ? '1' : undefined);
  remember('locked', undefined);
  remember('looks', JSON.stringify(looks));
  session.set({ token, ended: false, portal: from.portal ?? false, locked: false, looks });
}

export function signOut(): void {
  for (const name of ['token', 'portal', 'locked', 'looks', 'tenant']) remember(name, undefined);
  forgetSeen();
  session.set({ token: undefined, ended: false, portal: false, locked: false, looks: {} });
}

/** The server says that the token is not good any more. */
export function sessionEnded(token: string | undefined): void {
  const now = session.get();
  if (token === undefined || now.token !== token || now.ended) return;
  session.set({ ...now, ended: true });
}
