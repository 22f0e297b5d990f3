import { roleWords, useViewer } from '../api/caller';
import { queries } from '../api/client';
import { principalWords } from '../api/names';
import { signOut } from '../api/session';
import { Time } from '../ui/parts';

export function forgetAll(): void {
  signOut();
  queries.clear();
}

/** Who is signed in, as what, and until when. */
export function WhoFacts() {
  const { caller } = useViewer();
  return (
    <div className="who-in">
      <b><bdi>{principalWords(caller.principal)}</bdi></b>
      <span className="muted">{roleWords(caller.role)}{caller.expireTime ? <>, until <Time at={caller.expireTime} form="full" /></> : null}</span>
    </div>
  );
}
