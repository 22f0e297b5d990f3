import { Code, ConnectError, type Interceptor } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-web';
import { QueryCache, QueryClient } from '@tanstack/react-query';
import { BASE } from './base';
import { answered, notAnswered, whenUp } from './connection';
import { readError } from './errors';
import { session, sessionEnded } from './session';

const MAX_RETRIES = 2;
/** A call that has no answer by then is given up; what takes long at the server is an operation. */
const PATIENCE_MS = 45_000;

const credentials: Interceptor = (next) => async (request) => {
  const { token } = session.get();
  // A portal link is its own credential.
  const open = request.method.name === 'OpenPortalSession';
  // A token that is only tried comes with the call.
  const own = open || request.header.has('Authorization');
  if (token !== undefined && !own) request.header.set('Authorization', `Bearer ${token}`);
  try {
    const response = await next(request);
    answered();
    return response;
  } catch (error) {
    const { code } = readError(error);
    if (code === Code.Unauthenticated && !own) sessionEnded(token);
    if (code === Code.Unavailable) notAnswered();
    else if (code !== Code.Canceled) answered();
    throw error;
  }
};

/** Requests go by POST: what filters ask for would otherwise stand in the logs of proxies. */
export const transport = createConnectTransport({
  baseUrl: BASE.root, useBinaryFormat: false, useHttpGet: false, defaultTimeoutMs: PATIENCE_MS, interceptors: [credentials],
});

/** Only what may be another time: whoever waited long is told. */
function mayHelp(failures: number, error: unknown): boolean {
  return failures < MAX_RETRIES && ConnectError.from(error).code === Code.Unavailable;
}

export const queries = new QueryClient({
  queryCache: new QueryCache(),
  defaultOptions: {
    queries: { staleTime: 5_000, retry: mayHelp, refetchOnWindowFocus: true, networkMode: 'always' },
    mutations: { networkMode: 'always' },
  },
});

whenUp(() => void queries.invalidateQueries());

/** A request id: a click that is repeated after a lost answer changes nothing twice. */
export function newRequestId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
