import { queries } from '../api/client';
import { signOut } from '../api/session';
import { Dialog } from '../ui/Dialog';
import { TokenForm } from './SignIn';

/** Over the page, when the server takes the token no more: what was typed into forms stays. */
export default function ExpiredDialog({ portal }: { portal: boolean }) {
  const close = () => { if (!portal) { signOut(); queries.clear(); } };
  return (
    <Dialog title="You have to sign in again" opened onClose={close}>
      <div className="stack">
        <p className="mt0">The server does not take your token any more: it ended, or was revoked. What you typed is still here.</p>
        {portal ? <p className="mt0">Go back to where your link came from, and open a new one.</p> : <TokenForm act="Sign in again" onDone={() => {}} />}
      </div>
    </Dialog>
  );
}
