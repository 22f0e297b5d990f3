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

export const session = makeStore<Session>({
  token: recall('token'), ended: false, portal: recall('portal') === '1', looks: readLooks(),
});

export function signIn(token: string, from: { portal?: boolean; looks?: Looks } = {}): void {
  const looks = from.looks ?? {};
  remember('token', token);
  remember('portal', from.portal ? '1' : undefined);
  remember('looks', JSON.stringify(looks));
  session.set({ token, ended: false, portal: from.portal ?? false, looks });
}

export function signOut(): void {
  for (const name of ['token', 'portal', 'looks', 'tenant']) remember(name, undefined);
  session.set({ token: undefined, ended: false, portal: false, looks: {} });
}

/** The server says that the token is not good any more. */
export function sessionEnded(token: string | undefined): void {
  const now = session.get();
  if (token === undefined || now.token !== token || now.ended) return;
  session.set({ ...now, ended: true });
}
