import { Button } from '@mantine/core';
import { IconLock, IconPlugConnectedX, IconUsers } from '@tabler/icons-react';
import { chooseTenant, useViewer } from '../api/caller';
import { ask, connection } from '../api/connection';
import { locksAt } from '../api/idle';
import { useStore } from '../api/store';
import { queries } from '../api/client';
import { useNow } from '../ui/now';

/** While the server does not answer. */
export function OfflineBanner() {
  const { down, retryAt } = useStore(connection);
  return (
    <div role="status" className="banner-place">{down ? <Offline retryAt={retryAt} /> : null}</div>
  );
}

function Offline({ retryAt }: { retryAt: number }) {
  const now = useNow();
  const seconds = Math.max(0, Math.ceil((retryAt - now) / 1000));
  return (
    <div className="banner b-warn">
      <IconPlugConnectedX size={16} aria-hidden />
      <span>The server does not answer. {seconds > 0 ? `Trying again in ${seconds} s` : 'Trying now'}</span>
      <Button size="compact-xs" variant="default" onClick={() => void ask()}>Try now</Button>
    </div>
  );
}

/** In the minute before it locks. Whatever is done keeps it open, the button as well as anything else. */
export function IdleBanner() {
  const at = useStore(locksAt);
  return <div role="alert" className="banner-place">{at === undefined ? null : <Idle at={at} />}</div>;
}

function Idle({ at }: { at: number }) {
  const now = useNow();
  return (
    <div className="banner b-as">
      <IconLock size={16} aria-hidden />
      <span>Nothing was done here for a while. You are signed out in less than a minute<span aria-hidden>: {Math.max(0, Math.ceil((at - now) / 1000))} s</span>.</span>
      <Button size="compact-xs" variant="default">Stay signed in</Button>
    </div>
  );
}

/** An operator looks at one tenant: everything is done in the own name. */
export function AsTenantBanner() {
  const viewer = useViewer();
  if (!viewer.asTenant) return null;
  return (
    <div className="banner b-as">
      <IconUsers size={16} aria-hidden />
      <span>You look at the tenant <b><bdi>{viewer.tenant}</bdi></b>. What you do is recorded under your own name.</span>
      <Button size="compact-xs" variant="default" onClick={() => { chooseTenant(undefined); void queries.invalidateQueries(); }}>All tenants</Button>
    </div>
  );
}
