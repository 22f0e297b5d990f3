import { useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { lazy, Suspense, useEffect } from 'react';
import { Route, Switch, useLocation } from 'wouter';
import { makeViewer, useCaller, useChosenTenant, ViewerContext } from '../api/caller';
import { queries } from '../api/client';
import { watchPage } from '../api/idle';
import { lockSession, session, sessionEnded } from '../api/session';
import { useStore } from '../api/store';
import { millisOf } from '../ui/format';
import { ErrorBox, PageLoading } from '../ui/status';
import { embedLooks, startEmbedding, tellExpiring, tellNavigated } from './embed';
import { applyAccent, schemeWasChosen } from './looks';
import { Shell } from './Shell';
import { deniedAtDoor, SignIn } from './SignIn';

const ExpiredDialog = lazy(() => import('./ExpiredDialog'));
const PortalDoor = lazy(() => import('./PortalDoor'));

const WARNING_MS = 60_000;
const MAX_TIMER = 2_000_000_000;

/** The colors that a portal session or a host asks for. */
function useLooks(): void {
  const asked = { ...useStore(session).looks, ...useStore(embedLooks) };
  const { setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  const scheme = useComputedColorScheme('light');
  useEffect(() => {
    if (asked.scheme && !schemeWasChosen()) setColorScheme(asked.scheme);
  }, [asked.scheme, setColorScheme]);
  useEffect(() => applyAccent(asked.accent, scheme === 'dark'), [asked.accent, scheme]);
}

/** Tells of the end of the credential a minute before, and when it has come. */
function useExpiry(end: number | undefined, token: string | undefined): void {
  useEffect(() => {
    if (end === undefined) return;
    const left = end - Date.now();
    if (left > MAX_TIMER) return;
    const warn = setTimeout(() => tellExpiring(Math.max(0, Math.round((end - Date.now()) / 1000))), Math.max(0, left - WARNING_MS));
    const over = setTimeout(() => { tellExpiring(0); sessionEnded(token); }, Math.max(0, left + 500));
    return () => { clearTimeout(warn); clearTimeout(over); };
  }, [end, token]);
}

/** Forgets token and data when nobody has done anything for a while. */
function useIdleLock(): void {
  useEffect(() => watchPage(() => {
    lockSession();
    void queries.cancelQueries();
    queries.clear();
    tellExpiring(0);
  }), []);
}

function SignedIn() {
  const { token, ended, portal } = useStore(session);
  const tenant = useChosenTenant();
  const { data, error, apiError, refetch } = useCaller(token !== undefined);
  useExpiry(millisOf(data?.expireTime), token);
  useIdleLock();
  if (!data) {
    if (error && deniedAtDoor(error)) return <SignIn />;
    if (apiError) return <main className="door" id="main"><div className="door-in"><h1>Carillon</h1><ErrorBox error={error} retry={() => void refetch()} /></div></main>;
    return <PageLoading />;
  }
  return (
    <ViewerContext value={makeViewer(data, tenant)}>
      <Shell />
      {ended ? <Suspense><ExpiredDialog portal={portal} /></Suspense> : null}
    </ViewerContext>
  );
}

export function App() {
  const { token } = useStore(session);
  const [path] = useLocation();
  useLooks();
  useEffect(() => void startEmbedding(), []);
  useEffect(() => tellNavigated(path), [path]);
  return (
    <Switch>
      <Route path="/p"><Suspense fallback={<PageLoading />}><PortalDoor /></Suspense></Route>
      <Route path="/sign-in"><SignIn /></Route>
      <Route>{token === undefined ? <SignIn /> : <SignedIn />}</Route>
    </Switch>
  );
}
