import { useQuery } from '@connectrpc/connect-query';
import { Button } from '@mantine/core';
import { IconArrowRight, IconCheck } from '@tabler/icons-react';
import { Link } from 'wouter';
import { useViewer } from '../../api/caller';
import { EventService } from '../../gen/carillon/v1/event_service_pb';
import { Card, Copy } from '../../ui/parts';
import { Needs, PageLoading, useAnswered } from '../../ui/status';

const TERMINAL = "carillon listen --forward http://127.0.0.1:3000/hooks\ncarillon trigger session.create";

/** While there is no destination: what to do. */
export function FirstSteps() {
  const viewer = useViewer();
  const query = useQuery(EventService.method.listEvents, { parent: viewer.parent, pageSize: 1 },
    { enabled: viewer.may('EventService/ListEvents'), refetchInterval: 5_000 });
  if (!useAnswered(query)) return <PageLoading />;
  const published = (query.data?.events.length ?? 0) > 0;
  const may = viewer.may('DestinationService/CreateDestination');
  return (
    <div className="page first">
      <title>First steps · Carillon</title>
      <h1>Nobody listens yet</h1>
      <p className="sub">Events are accepted and kept for a while. They go nowhere until a webhook asks for them; then you can replay what you missed.</p>
      <ol className="fsteps">
        <li className={published ? 'done' : ''}>
          <span className="fnum">{published ? <IconCheck size={15} aria-label="done" /> : 1}</span>
          <div><h2>Publish an event</h2><p>Your services call EventPublisher/Publish over gRPC or JSON.{published ? ' Some have arrived.' : ''}</p></div>
        </li>
        <li>
          <span className="fnum">2</span>
          <div>
            <h2>Make a webhook</h2><p>Choose events, name a URL, send a test. It takes a minute.</p>
            <Needs may={may}>{may ? <Button component={Link} href="/new" rightSection={<IconArrowRight size={14} aria-hidden />}>New webhook</Button> : <Button>New webhook</Button>}</Needs>
          </div>
        </li>
        <li>
          <span className="fnum">3</span>
          <div><h2>See it arrive</h2><p>Every attempt is kept here, with its request, its answer and where the time went.</p></div>
        </li>
      </ol>
      <Card title="Or from a terminal" pad={false} aside={<Copy value={TERMINAL} what="commands" />}><pre className="code" tabIndex={0} role="region" aria-label="Commands">{TERMINAL}</pre></Card>
    </div>
  );
}
