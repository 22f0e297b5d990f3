import { Button, NativeSelect } from '@mantine/core';
import { useState } from 'react';
import { newRequestId } from '../../api/client';
import { Exchange, Waterfall } from '../../ui/AttemptView';
import { Card } from '../../ui/parts';
import { ErrorBox, Needs } from '../../ui/status';
import { useViewer } from '../../api/caller';
import { useSendTest, Verdict } from '../destination/TestDialog';

/** Sends a sample to the new webhook. */
export function TestStep({ destination, url, types }: { destination: string; url: string; types: string[] }) {
  const viewer = useViewer();
  const exact = types.filter((type) => !type.includes('*'));
  const [type, setType] = useState(exact[0] ?? '');
  const test = useSendTest();
  const attempt = test.data?.attempt;
  return (
    <div className="wz">
      <div className="stack min0">
        <Card title="Send a test">
          <div className="stack">
            <p className="mt0">A full sample of <code>{type}</code>, signed and sent like a real event, with the header <code>webhook-test: true</code>. It does not count in the destination’s health.</p>
            <div className="row">
              {exact.length > 1 ? <NativeSelect className="grow" aria-label="Event type" data={exact} value={type} onChange={(event) => setType(event.currentTarget.value)} /> : null}
              <Needs may={viewer.may('DestinationService/TestDestination')}><Button loading={test.isPending} onClick={() => test.mutate({ name: destination, eventType: `eventTypes/${type}`, requestId: newRequestId() })}>{attempt ? 'Send again' : 'Send the test'}</Button></Needs>
            </div>
            {test.error ? <ErrorBox error={test.error} /> : null}
            {attempt ? <Verdict attempt={attempt} url={url} /> : null}
          </div>
        </Card>
        {attempt ? <Card title="Where the time went"><Waterfall attempt={attempt} /></Card> : null}
      </div>
      <div className="stack min0">{attempt ? <Exchange attempt={attempt} /> : null}</div>
    </div>
  );
}
