import { useMutation, useQuery } from '@connectrpc/connect-query';
import { Autocomplete, Button, SegmentedControl, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { useViewer } from '../../api/caller';
import { newRequestId } from '../../api/client';
import { fieldError, readError } from '../../api/errors';
import { destinationIdOf, lastPart, toOperation } from '../../api/names';
import { DeliveryService } from '../../gen/carillon/v1/delivery_service_pb';
import { EventTypeService } from '../../gen/carillon/v1/event_type_service_pb';
import { count } from '../../ui/format';
import { DestinationSelect } from '../../ui/DestinationSelect';
import { useAddress } from '../../ui/Filters';
import { Card, Foreign } from '../../ui/parts';
import { RateField } from '../../ui/RateField';
import { Empty, ErrorBox, Loading, NoRights, Query } from '../../ui/status';
import { type Asked, lacking, localText, readAsked, requestFor, SELECTIONS } from './request';
import './replays.css';

const WAIT_MS = 500;
const SHOWN = 30;
const QUICK: [string, number][] = [['1 h', 3_600_000], ['24 h', 86_400_000], ['3 d', 3 * 86_400_000]];

function TimeField({ id, label, empty }: { id: 'from' | 'to'; label: string; empty: string }) {
  const [params, change] = useAddress();
  const given = params.get(id);
  const [text, setText] = useState(localText(given ? Date.parse(given) : undefined));
  useEffect(() => setText((old) => {
    const ms = given ? Date.parse(given) : NaN;
    return !Number.isNaN(ms) && Date.parse(old) === ms ? old : localText(Number.isNaN(ms) ? undefined : ms);
  }), [given]);
  return (
    <TextInput type="datetime-local" step={1} label={label} description={empty} value={text} onChange={(event) => {
      const typed = event.currentTarget.value;
      setText(typed);
      const ms = Date.parse(typed);
      if (typed === '') change({ [id]: undefined });
      else if (!Number.isNaN(ms)) change({ [id]: new Date(ms).toISOString() });
    }} />
  );
}

/** How many it would be, asked a moment after the last change; `current`: it is the answer to what the form says. */
function useCount(asked: Asked, lacks: string | undefined) {
  const request = requestFor({ ...asked, rate: '' });
  const now = JSON.stringify(request, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  const whole = lacks === undefined;
  // The same as long as it says the same: what is put off would otherwise be another each time, and come again for ever.
  const said = useMemo(() => ({ now, request, whole }), [now, whole]);
  const [settled] = useDebouncedValue(said, WAIT_MS);
  const query = useQuery(DeliveryService.method.replayEvents, { ...settled.request, validateOnly: true }, { enabled: whole && settled.whole, retry: false, staleTime: 10_000, gcTime: 0, placeholderData: keepPreviousData });
  return { query, current: settled.now === now && query.data !== undefined && !query.isPlaceholderData && !query.error };
}

function Before({ asked, lacks, counted: { query, current } }: { asked: Asked; lacks: string | undefined; counted: ReturnType<typeof useCount> }) {
  if (lacks !== undefined) return <Card title="What would be sent"><p className="mt0 muted" role="status">{lacks}</p></Card>;
  return (
    <Card title="What would be sent" pad={false}>
      <Query of={query} loading={<Loading rows={4} />}>
        {({ matchedCount, estimated, sample }) => (
          <div className={current ? '' : 'stale'}>
            <p className="pad big-n" role="status"><b className="num">{estimated ? 'about ' : ''}{count(matchedCount)}</b> {matchedCount === 1n ? 'event' : 'events'} to <Foreign text={destinationIdOf(asked.destination)} /></p>
            {matchedCount === 0n ? <Empty title="None">{asked.selection.value === 'missing' ? 'Whatever was asked for has arrived there, or waits for a retry.' : asked.selection.value === 'subscribed' ? 'Nothing of this range is subscribed there. All takes what is not.' : 'The journal has none in this range.'}</Empty> : (
              <>
                <p className="pad-x muted m0">The first of them, by their places in the journal:</p>
                <p className="pad-b mono sample">{sample.slice(0, SHOWN).map((name) => lastPart(name)).join(', ')}{sample.length > SHOWN ? ', …' : ''}</p>
              </>
            )}
          </div>
        )}
      </Query>
    </Card>
  );
}

function Form() {
  const viewer = useViewer();
  const [, go] = useLocation();
  const [params, change] = useAddress();
  const [requestId, setRequestId] = useState(newRequestId);
  const asked = readAsked(params);
  const lacks = lacking(asked);
  const replay = useMutation(DeliveryService.method.replayEvents, {
    onSuccess: ({ operation }) => {
      if (operation) go(toOperation(operation.name));
    },
    onError: () => setRequestId(newRequestId()),
  });
  const counted = useCount(asked, lacks);
  const types = useQuery(EventTypeService.method.listEventTypes, { pageSize: 1000 }, { enabled: viewer.may('EventTypeService/ListEventTypes'), staleTime: 60_000 });
  const error = replay.error ? readError(replay.error) : undefined;
  const before = counted.current ? counted.query.data : undefined;
  const matched = before?.matchedCount;
  return (
    <>
      <div className="wz">
        <Card title="What, and where to">
          <form className="stack" onSubmit={(event) => { event.preventDefault(); replay.mutate({ ...requestFor(asked), requestId }); }}>
            <DestinationSelect parent={viewer.parent} value={asked.destination} onChange={(destination) => change({ destination })} />
            <div className="fields">
              <TimeField id="from" label="Accepted from" empty="Empty: the oldest that is kept" />
              <TimeField id="to" label="Until, exclusive" empty="Empty: now" />
            </div>
            <div className="row wrap"><span className="muted">The last</span>{QUICK.map(([label, ms]) => <Button key={label} type="button" size="compact-xs" variant="default" onClick={() => change({ from: new Date(Math.floor((Date.now() - ms) / 1000) * 1000).toISOString(), to: undefined })}>{label}</Button>)}</div>
            <div>
              <p className="field-l" id="selection-l">Which of them</p>
              <SegmentedControl aria-labelledby="selection-l" data={SELECTIONS.map(({ value, label }) => ({ value, label }))} value={asked.selection.value} onChange={(value) => change({ selection: value === 'subscribed' ? undefined : value })} />
              <p className="cell-2 mt4">{asked.selection.says}</p>
            </div>
            <Autocomplete label="Event type" placeholder="any" data={(types.data?.eventTypes ?? []).map(({ name }) => lastPart(name))} limit={50} value={asked.type} comboboxProps={{ withinPortal: false }} onChange={(type) => change({ type: type.trim() })} />
            <TextInput label="Filter" description="As that of ListEvents: id, type, ordering_key, attributes, accept_time, position" placeholder='ordering_key = "customer-17"' value={asked.filter} error={fieldError(error, 'filter', '')} autoComplete="off" spellCheck={false} onChange={(event) => change({ filter: event.currentTarget.value })} />
            <RateField value={asked.rate} onChange={(rate) => change({ rate })} />
            {replay.error ? <ErrorBox error={replay.error} /> : null}
            <div className="dialog-f">
              <Button component={Link} href="/replays" variant="default">Cancel</Button>
              <Button type="submit" loading={replay.isPending} disabled={lacks !== undefined || matched === 0n || matched === undefined}>{matched === undefined ? 'Replay' : `Replay ${before?.estimated ? 'about ' : ''}${count(matched)}`}</Button>
            </div>
          </form>
        </Card>
        <div className="stack min0">
          <Before asked={asked} lacks={lacks} counted={counted} />
          <Card title="What happens"><p className="m0">Events go beside what is published meanwhile, with the same <code>webhook-id</code>. Where the breaker is open or the destination is paused they wait. It goes on when you close this tab, and its rate can be changed while it runs.</p></Card>
        </div>
      </div>
    </>
  );
}

/** The form of a replay; all of it stands in the address. */
export default function NewReplay() {
  const viewer = useViewer();
  return (
    <div className="page">
      <title>Start a replay · Carillon</title>
      <nav className="crumbs" aria-label="Where you are"><Link href="/replays">Replays</Link></nav>
      <div className="head"><div><h1>Start a replay</h1><p className="sub">Events of the journal go to one destination again, or for the first time.</p></div></div>
      {viewer.may('DeliveryService/ReplayEvents') ? <Form /> : <NoRights role="tenant administrator" />}
    </div>
  );
}
