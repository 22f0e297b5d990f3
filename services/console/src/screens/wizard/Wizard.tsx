import { createClient } from '@connectrpc/connect';
import { useQuery, useTransport } from '@connectrpc/connect-query';
import { Autocomplete, Button, Stepper } from '@mantine/core';
import { IconArrowRight } from '@tabler/icons-react';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { useViewer } from '../../api/caller';
import { newRequestId, queries } from '../../api/client';
import { readError } from '../../api/errors';
import { lastPart, toDestination } from '../../api/names';
import type { Destination } from '../../gen/carillon/v1/destination_pb';
import { DestinationService } from '../../gen/carillon/v1/destination_service_pb';
import { SubscriptionService } from '../../gen/carillon/v1/subscription_service_pb';
import { TenantService } from '../../gen/carillon/v1/tenant_service_pb';
import { useAddress } from '../../ui/Filters';
import { Card } from '../../ui/parts';
import { ErrorBox, NoRights } from '../../ui/status';
import { hostOf } from '../destination/hint';
import { DestinationStep } from './DestinationStep';
import { type Draft, draftFilter, emptyDraft, idFrom, isId, keepDraft, loadDraft, missing, readStep, STEPS, type Step, typeWords } from './draft';
import { EventsStep } from './EventsStep';
import { SecretStep, secretsOf } from './SecretStep';
import { TestStep } from './TestStep';

interface Made {
  destination: Destination | undefined;
  name: string;
  url: string;
}

/** Makes what the draft says. A repetition after a lost answer makes nothing twice. */
function useMake(draft: Draft) {
  const transport = useTransport();
  const [ids, setIds] = useState(() => [newRequestId(), newRequestId()] as const);
  const [mark] = useState(() => newRequestId().slice(0, 8));
  const [made, setMade] = useState<Made>();
  const [subscribed, setSubscribed] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const make = async (): Promise<boolean> => {
    const parent = `tenants/${draft.tenant}`;
    setBusy(true);
    setError(undefined);
    try {
      let target = made;
      if (!target && draft.existing) {
        const found = await createClient(DestinationService, transport).getDestination({ name: draft.existing });
        target = { destination: undefined, name: draft.existing, url: found.url };
      } else if (!target) {
        const proposed = idFrom(draft.url);
        const destination = await createClient(DestinationService, transport).createDestination({
          parent, destinationId: draft.id || (isId(proposed) ? proposed : `webhook-${mark}`), requestId: ids[0],
          destination: { url: draft.url, displayName: draft.displayName.trim(), description: draft.description.trim() },
        });
        target = { destination, name: destination.name, url: destination.url };
      }
      setMade(target);
      if (!subscribed) {
        const filter = draftFilter(draft);
        await createClient(SubscriptionService, transport).createSubscription({
          parent, requestId: ids[1], subscriptionId: `${lastPart(target.name).slice(0, 54)}-${mark}`, subscription: { types: draft.types, destinations: [target.name], ...(filter ? { filter } : {}) },
        });
        setSubscribed(true);
      }
      void queries.invalidateQueries();
      return true;
    } catch (failure) {
      setIds([newRequestId(), newRequestId()]);
      setError(failure);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { make, made, done: made !== undefined && subscribed, busy, error };
}

const NEXT: Record<Step, string> = { events: 'Destination', destination: 'Make the webhook', secret: 'Test', test: 'Done' };

/** An operator who looks at all tenants says for which one the webhook is. */
function ChooseTenant({ onChoose }: { onChoose: (tenant: string) => void }) {
  const viewer = useViewer();
  const [text, setText] = useState('');
  const { data } = useQuery(TenantService.method.listTenants, { pageSize: 200 }, { enabled: viewer.may('TenantService/ListTenants') });
  const fits = /^[A-Za-z0-9_.-]{1,128}$/.test(text) && !['-', '.', '..'].includes(text);
  return (
    <div className="wz one">
      <Card title="For which tenant?">
        <form className="stack" onSubmit={(event) => { event.preventDefault(); if (fits) onChoose(text); }}>
          <Autocomplete label="Tenant" description="Its events are sent, and it sees the webhook" data={(data?.tenants ?? []).map((each) => lastPart(each.name))} comboboxProps={{ withinPortal: false }} value={text} onChange={(value) => setText(value.trim())} error={text && !fits ? '1-128 of A-Z a-z 0-9 _ . -' : undefined} autoComplete="off" />
          <div><Button type="submit" disabled={!fits}>Go on</Button></div>
        </form>
      </Card>
    </div>
  );
}

export default function Wizard() {
  const viewer = useViewer();
  const [, go] = useLocation();
  const [params, changeAddress] = useAddress();
  const [draft, setDraft] = useState(() => loadDraft(viewer.tenant ?? ''));
  const [stored, setStored] = useState(false);
  const { make, made, done, busy, error } = useMake(draft);
  const asked = readStep(params.get('step'));
  // Behind what is made nothing goes back; before it nothing goes on.
  const step: Step = done ? (asked === 'test' ? 'test' : 'secret') : asked === 'secret' || asked === 'test' ? 'destination' : asked;
  const at = STEPS.indexOf(step);
  const tenant = viewer.tenant ?? draft.tenant;
  const whole = { ...draft, tenant };
  const change = (changes: Partial<Draft>) => setDraft((old) => {
    const next = { ...old, tenant, ...changes };
    keepDraft(next);
    return next;
  });
  const to = (next: Step) => changeAddress({ step: next === 'events' ? undefined : next });
  if (!viewer.may('DestinationService/CreateDestination')) return <div className="page"><h1>New webhook</h1><NoRights role="tenant administrator" /></div>;
  const lacks = missing(whole, step);
  const mustStore = step === 'secret' && secretsOf(made?.destination).length > 0 && !stored;
  const onward = async () => {
    if (step === 'events') to('destination');
    else if (step === 'destination') { if (await make()) { keepDraft(undefined); to('secret'); } }
    else if (step === 'secret') to('test');
    else go(toDestination(made!.name));
  };
  const cancel = () => { keepDraft(undefined); setDraft(emptyDraft(tenant)); go('/'); };
  const apiError = error ? readError(error) : undefined;
  return (
    <div className="page wizard">
      <title>New webhook · Carillon</title>
      <div className="head"><div><h1>New webhook</h1><p className="sub">Tell a URL what happens, from the next event on.</p></div></div>
      {tenant === '' ? <ChooseTenant onChoose={(chosen) => change({ tenant: chosen })} /> : (
        <>
          <Stepper active={at} size="xs" className="steps" iconSize={24} allowNextStepsSelect={false} onStepClick={(i) => { if (!done && i < at) to(STEPS[i]!); }}>
            <Stepper.Step label="Events" description={at > 0 && whole.types.length > 0 ? typeWords(whole.types) : undefined} /><Stepper.Step label="Destination" description={at > 1 ? hostOf(made?.url ?? whole.url) : undefined} />
            <Stepper.Step label="Secret" description={at > 2 ? 'made' : undefined} /><Stepper.Step label="Test" />
          </Stepper>
          {step === 'events' ? <EventsStep draft={whole} change={change} /> : null}
          {step === 'destination' ? <DestinationStep draft={whole} change={change} error={apiError} /> : null}
          {step === 'secret' ? <SecretStep made={made?.destination} stored={stored} onStored={setStored} /> : null}
          {step === 'test' && made ? <TestStep destination={made.name} url={made.url} types={whole.types} /> : null}
          {error ? <ErrorBox error={error} /> : null}
          <div className="wz-f">
            {done ? null : <Button variant="default" size="sm" onClick={() => (at === 0 ? cancel() : to(STEPS[at - 1]!))}>{at === 0 ? 'Cancel' : 'Back'}</Button>}
            <span className="grow" />
            <span className="muted w-md" role="status">{lacks ?? (mustStore ? 'Say that you have stored the secret.' : done ? `${lastPart(made!.name)} is in force.` : at === 0 ? 'Nothing is saved yet.' : 'The webhook is made with the next step.')}</span>
            <Button size="sm" loading={busy} disabled={lacks !== undefined || mustStore || (step === 'destination' && draft.existing === '' && !whole.url)} rightSection={step === 'test' ? undefined : <IconArrowRight size={15} aria-hidden />} onClick={() => void onward()}>{NEXT[step]}</Button>
          </div>
        </>
      )}
    </div>
  );
}
