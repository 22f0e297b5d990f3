import { useMutation } from '@connectrpc/connect-query';
import { Button, NativeSelect } from '@mantine/core';
import { useState } from 'react';
import { useViewer } from '../../api/caller';
import { newRequestId } from '../../api/client';
import { lastPart } from '../../api/names';
import type { Destination, Key } from '../../gen/carillon/v1/destination_pb';
import { KeyService } from '../../gen/carillon/v1/destination_service_pb';
import { readDuration } from '../../ui/format';
import { Confirm, Dialog } from '../../ui/Dialog';
import { Card, Copy, Foreign, Time } from '../../ui/parts';
import { SecretOnce, Stored, Verification } from '../../ui/Secret';
import { Empty, Needs } from '../../ui/status';
import { KeyChip } from './KeyList';

const OVERLAPS = [
  { value: '24h', label: '24 h (default)' }, { value: '1h', label: '1 h' }, { value: '7d', label: '7 days' }, { value: '30d', label: '30 days' },
  { value: '0', label: 'not at all: the old one is of no use at once' },
];

const secretOf = (key: Key | undefined) => (key?.secret?.source.case === 'value' ? key.secret.source.value : '');

/** After a key was made: its secret, this once. */
function NewSecret({ item, onClose }: { item: Key; onClose: () => void }) {
  const [stored, setStored] = useState(false);
  return (
    <Dialog title={`The secret of ${lastPart(item.name)}`} opened onClose={() => { if (stored) onClose(); }} size={640}>
      <div className="stack">
        <p className="mt0">Copy it now. It is stored encrypted and never shown again; you can always make a new one.</p>
        <SecretOnce secret={secretOf(item)} label="secret" />
        {item.publicKey ? <p className="mt0">Public key: <code>{item.publicKey}</code> <Copy value={item.publicKey} what="public key" /></p> : <Verification />}
        <Stored checked={stored} onChange={setStored} />
        <div className="dialog-f"><Button disabled={!stored} onClick={onClose}>Done</Button></div>
      </div>
    </Dialog>
  );
}

function Rotate({ item, onClose, onMade }: { item: Key; onClose: () => void; onMade: (made: Key | undefined) => void }) {
  const [overlap, setOverlap] = useState('24h');
  const [requestId] = useState(newRequestId);
  const rotate = useMutation(KeyService.method.rotateKey, { onSuccess: (answer) => onMade(answer.key) });
  const name = lastPart(item.name);
  return (
    <Confirm title={`Rotate ${name}?`} act={`Rotate ${name}`} busy={rotate.isPending} error={rotate.error} onClose={onClose}
      onAct={() => rotate.mutate({ name: item.name, overlap: readDuration(overlap)!, requestId })}>
      <p className="mt0">A new key takes its place. Both sign every request until the overlap is over, so that the receiver can change in the meantime.</p>
      <NativeSelect label="The old one goes on signing for" data={OVERLAPS} value={overlap} onChange={(event) => setOverlap(event.currentTarget.value)} />
    </Confirm>
  );
}

function Revoke({ item, onClose, onDone }: { item: Key; onClose: () => void; onDone: () => void }) {
  const [requestId] = useState(newRequestId);
  const remove = useMutation(KeyService.method.deleteKey, { onSuccess: onDone });
  const name = lastPart(item.name);
  return (
    <Confirm title={`Revoke ${name}?`} act={`Revoke ${name}`} danger busy={remove.isPending} error={remove.error} onClose={onClose} onAct={() => remove.mutate({ name: item.name, requestId })}>
      <p className="mt0">It signs no request from now on. A receiver that knows only this key refuses what comes.</p>
    </Confirm>
  );
}

/** Keys that sign: age, end, rotation with overlap. */
export function Keys({ destination, onChanged }: { destination: Destination; onChanged: () => void }) {
  const viewer = useViewer();
  const [open, setOpen] = useState<{ what: 'rotate' | 'revoke'; item: Key }>();
  const [made, setMade] = useState<Key>();
  const create = useMutation(KeyService.method.createKey, { onSuccess: (key) => { setMade(key); onChanged(); } });
  const close = () => setOpen(undefined);
  const may = (method: string) => viewer.may(`KeyService/${method}`);
  const { keys, origin, name } = destination;
  return (
    <div className="cols-2-1">
      <Card title="Keys" pad={false} aside={<Needs may={may('CreateKey')} origin={origin}><Button variant="default" loading={create.isPending} onClick={() => create.mutate({ parent: name, key: {}, requestId: newRequestId() })}>Add a key</Button></Needs>}>
        {keys.length === 0 ? <Empty title="Requests are not signed">Without a key the receiver cannot know who calls.</Empty> : (
          <div className="scroll-x" tabIndex={0} role="region" aria-label="Keys">
            <table className="tbl">
              <thead><tr><th scope="col">Key</th><th scope="col">State</th><th scope="col" className="sec">Ends with</th><th scope="col" className="sec">Made</th><th scope="col">Ends</th><th scope="col"><span className="vh">Actions</span></th></tr></thead>
              <tbody>
                {keys.map((item, i) => (
                  <tr key={item.name}>
                    <td><b><Foreign text={lastPart(item.name)} /></b><span className="cell-2">{i === 0 ? 'signs first' : item.publicKey ? 'ed25519' : 'HMAC-SHA256'}</span></td>
                    <td><KeyChip item={item} /></td><td className="mono sec">{item.secret?.lastCharacters ? `…${item.secret.lastCharacters}` : '–'}</td>
                    <td className="sec"><Time at={item.createTime} form="date" /></td><td>{item.expireTime ? <Time at={item.expireTime} form="full" /> : <span className="muted">never</span>}</td>
                    <td className="r nowrap">
                      <span className="row end">
                        <Needs may={may('RotateKey')} origin={origin}><Button size="compact-xs" variant="default" onClick={() => setOpen({ what: 'rotate', item })}>Rotate…</Button></Needs>
                        <Needs may={may('DeleteKey')} origin={origin}><Button size="compact-xs" variant="default" onClick={() => setOpen({ what: 'revoke', item })}>Revoke…</Button></Needs>
                      </span>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Card>
      <Card title="Check the signature"><p className="mt0">Paste this into the receiver. It refuses what was not signed with your secret, and what is older than 5 minutes.</p><Verification /></Card>
      {open?.what === 'rotate' ? <Rotate item={open.item} onClose={close} onMade={(key) => { close(); setMade(key); onChanged(); }} /> : null}
      {open?.what === 'revoke' ? <Revoke item={open.item} onClose={close} onDone={() => { close(); onChanged(); }} /> : null}
      {made ? <NewSecret item={made} onClose={() => setMade(undefined)} /> : null}
      {create.error ? <Dialog title="No key was made" opened onClose={() => create.reset()}><p>{String(create.error.rawMessage)}</p></Dialog> : null}
    </div>
  );
}
