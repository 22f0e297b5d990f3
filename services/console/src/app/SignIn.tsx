import { createClient } from '@connectrpc/connect';
import { Button, PasswordInput } from '@mantine/core';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { BASE } from '../api/base';
import { queries, transport } from '../api/client';
import { readError } from '../api/errors';
import { session, signIn } from '../api/session';
import { useStore } from '../api/store';
import { TokenService } from '../gen/carillon/v1/access_service_pb';
import { ErrorBox } from '../ui/status';
import { framed } from './embed';

/** Tries a token before it takes the place of the one before. */
async function tryToken(token: string): Promise<void> {
  await createClient(TokenService, transport).getCaller({}, { headers: { Authorization: `Bearer ${token}` } });
}

/** Asks for a token and signs in with it. */
export function TokenForm({ onDone, act }: { onDone: () => void; act: string }) {
  const [text, setText] = useState('');
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const submit = async () => {
    const token = text.trim().replace(/^Bearer\s+/i, '');
    if (!token || busy) return;
    setBusy(true);
    setError(undefined);
    try {
      await tryToken(token);
      signIn(token);
      await queries.invalidateQueries();
      onDone();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className="stack" onSubmit={(event) => { event.preventDefault(); void submit(); }}>
      <PasswordInput
        size="sm" label="Token" description="car_… or a JSON Web Token of your login" value={text} autoComplete="off" data-autofocus
        visibilityToggleButtonProps={{ 'aria-label': 'Show the token' }} onChange={(event) => setText(event.currentTarget.value)}
      />
      {error ? <ErrorBox error={error} /> : null}
      <div className="row"><Button type="submit" size="sm" loading={busy} disabled={!text.trim()}>{act}</Button></div>
    </form>
  );
}

const FRAMED = 'The page that shows this one has to sign you in. Reload it.';
const LINKED = 'Nobody did anything here for 30 minutes. Go back to where your link came from, and open a new one.';

/** In the place of the page that was asked for, which comes after it; `/sign-in` leads to the first. */
export function SignIn() {
  const [path, go] = useLocation();
  const { locked, portal } = useStore(session);
  const done = () => { if (path === '/sign-in') go('/', { replace: true }); };
  const heading = framed ? 'Not signed in' : locked ? 'Locked' : 'Sign in to Carillon';
  return (
    <main className="door" id="main">
      <title>{locked ? 'Locked · Carillon' : 'Sign in · Carillon'}</title>
      <div className="door-in">
        <img src={`${BASE.console}icon.svg`} width={40} height={40} alt="" />
        <h1>{heading}</h1>
        {framed ? <p>{FRAMED}</p> : locked && portal ? <p>{LINKED}</p> : (
          <>
            <p>{locked ? 'Nobody did anything here for 30 minutes, so your token was forgotten. Paste it again to go on where you were.' : 'Paste a token. It stays in this tab and is forgotten when you close it.'}</p>
            <TokenForm act="Sign in" onDone={done} />
            <p className="muted" hidden={locked}>No token yet? <code>carillon tokens generate</code> makes the first one, for <code>access.tokens</code> in the configuration file.</p>
          </>
        )}
      </div>
    </main>
  );
}

export const deniedAtDoor = (error: unknown): boolean => readError(error).reason.startsWith('CREDENTIALS_');
