import { createClient } from '@connectrpc/connect';
import { useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { queries, transport } from '../api/client';
import { signIn, signOut } from '../api/session';
import { PortalService, PortalTheme_Scheme as Scheme } from '../gen/carillon/v1/portal_service_pb';
import { ErrorBox } from '../ui/status';

const SCHEMES: Partial<Record<Scheme, 'light' | 'dark'>> = { [Scheme.LIGHT]: 'light', [Scheme.DARK]: 'dark' };

/** Opens the link that stands behind `#`, once. */
export default function PortalDoor() {
  const [, go] = useLocation();
  const [error, setError] = useState<unknown>();
  const begun = useRef(false);
  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    const link = location.hash.slice(1);
    history.replaceState(null, '', location.pathname);
    if (!link) return go('/', { replace: true });
    createClient(PortalService, transport).openPortalSession({ link }).then(async ({ token, portalSession }) => {
      const theme = portalSession?.theme;
      queries.clear();
      signOut();
      signIn(token, { portal: true, looks: { scheme: theme ? SCHEMES[theme.scheme] : undefined, accent: theme?.accent || undefined } });
      go('/', { replace: true });
    }, setError);
  }, [go]);
  return (
    <main className="door" id="main">
      <title>Carillon</title>
      <div className="door-in">
        <h1>{error ? 'This link does not open any more' : 'Opening…'}</h1>
        {error ? <><p>Go back to where it came from, and ask for a new one.</p><ErrorBox error={error} /></> : null}
      </div>
    </main>
  );
}
