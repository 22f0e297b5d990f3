import { createClient } from '@connectrpc/connect';
import { useTransport } from '@connectrpc/connect-query';
import { Checkbox, Textarea } from '@mantine/core';
import { useState } from 'react';
import { newRequestId } from '../../api/client';
import { readError } from '../../api/errors';
import { lastPart } from '../../api/names';
import { EventTypeService, type ImportEventTypesResponse } from '../../gen/carillon/v1/event_type_service_pb';
import { bytes as sizeOf, count } from '../../ui/format';
import { Confirm } from '../../ui/Dialog';
import { Foreign, Kv } from '../../ui/parts';
import { readMappings } from './mappings';
import { Breaking } from './SchemaDialog';

const MAX = 4 << 20;
const SHOWN = 20;
const names = (all: string[]) => (all.length === 0 ? 'none' : `${all.slice(0, SHOWN).map(lastPart).join(', ')}${all.length > SHOWN ? ` and ${count(all.length - SHOWN)} more` : ''}`);

/** Takes messages of a descriptor set as schemas: says first what would be made and changed. */
export function ImportDialog({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const client = createClient(EventTypeService, useTransport());
  const [set, setSet] = useState<Uint8Array>();
  const [text, setText] = useState('');
  const [force, setForce] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const [before, setBefore] = useState<ImportEventTypesResponse>();
  const mappings = readMappings(text);
  const error = failure ? readError(failure) : undefined;
  const breaks = error?.reason === 'INCOMPATIBLE_SCHEMA';
  const tooLarge = set !== undefined && set.length > MAX;
  const anew = () => { setBefore(undefined); setFailure(undefined); };
  const act = async () => {
    if (!set || !mappings) return;
    setBusy(true);
    setFailure(undefined);
    try {
      const answer = await client.importEventTypes({ descriptorSet: set, mappings, force, requestId: newRequestId(), validateOnly: !before });
      if (before) onDone();
      else setBefore(answer);
    } catch (problem) {
      setFailure(problem);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Confirm title="Import event types" act={before ? 'Import' : 'Check'} busy={busy} disabled={!set || tooLarge || !mappings} error={breaks ? undefined : failure} onClose={onClose} onAct={() => void act()}>
      <p className="mt0">A file as <code>protoc --include_imports --descriptor_set_out</code> or <code>buf build -o x.binpb</code> writes it. Messages with the option <code>carillon.v1.event_type</code> are taken, and those that are mapped.</p>
      <label className="file-l">Descriptor set <input type="file" onChange={(event) => {
        anew();
        const file = event.currentTarget.files?.[0];
        if (!file) setSet(undefined);
        else void file.slice(0, MAX + 1).arrayBuffer().then((data) => setSet(new Uint8Array(data)));
      }} /></label>
      {tooLarge ? <p className="mt0" role="alert">It has more than {sizeOf(MAX)}.</p> : null}
      <Textarea label="Mappings" description="A line each: acme.orders.v1.OrderPaid = order.paid" rows={3} classNames={{ input: 'mono' }} value={text} error={mappings ? undefined : 'must be lines such as acme.v1.OrderPaid = order.paid'} spellCheck={false} onChange={(event) => { anew(); setText(event.currentTarget.value); }} />
      {breaks ? <><Breaking error={error} /><Checkbox label="Take it nevertheless" checked={force} onChange={(event) => { setForce(event.currentTarget.checked); setBefore(undefined); }} /></> : null}
      {before ? <div role="status"><Kv rows={[['Would be made', <Foreign key="c" text={names(before.created)} />], ['Get this schema', <Foreign key="u" text={names(before.updated)} />], ['As before', <span key="n" className="num">{count(before.unchangedCount)}</span>]]} /></div> : null}
    </Confirm>
  );
}
