import { useQuery } from '@connectrpc/connect-query';
import { ActionIcon, Autocomplete, Button, Checkbox, NativeSelect, SegmentedControl, TextInput } from '@mantine/core';
import { IconPlus, IconSearch, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { lastPart } from '../../api/names';
import { type EventType, EventType_State } from '../../gen/carillon/v1/event_type_pb';
import { EventTypeService, type SuggestMembersResponse_Member as Member } from '../../gen/carillon/v1/event_type_service_pb';
import { count } from '../../ui/format';
import { Card, Foreign } from '../../ui/parts';
import { Empty, PageLoading, Query, useAnswered } from '../../ui/status';
import { type Comparison, COMPARISONS, type Condition, type Draft, kindOf, memberName, needsValue } from './draft';
import { Beside } from './Preview';

type Change = (changes: Partial<Draft>) => void;

/** `sync.run.completed` belongs to `sync`, unless it has a tag. */
export function groupsOf(types: EventType[]): [string, EventType[]][] {
  const by = new Map<string, EventType[]>();
  for (const type of types) {
    const group = type.tags[0] ?? lastPart(type.name).split('.')[0] ?? '';
    by.set(group, [...(by.get(group) ?? []), type]);
  }
  return [...by];
}

export function Catalog({ types, draft, change }: { types: EventType[]; draft: Draft; change: Change }) {
  const [text, setText] = useState('');
  const wanted = text.trim().toLowerCase();
  const shown = types.filter((type) => !wanted || `${type.name} ${type.displayName} ${type.description} ${type.tags.join(' ')}`.toLowerCase().includes(wanted));
  const toggle = (name: string, on: boolean) => change({ types: on ? [...draft.types, name] : draft.types.filter((each) => each !== name) });
  return (
    <>
      <div className="pad-b"><TextInput leftSection={<IconSearch size={14} aria-hidden />} placeholder={`Search ${count(types.length)} event types`} aria-label="Search event types" value={text} onChange={(event) => setText(event.currentTarget.value)} /></div>
      <div className="cat" role="group" aria-label="Event types" tabIndex={0}>
        {shown.length === 0 ? <Empty title="No event type is called so" /> : groupsOf(shown).map(([group, members]) => (
          <fieldset key={group}>
            <legend><Foreign text={group} /></legend>
            {members.map((type) => {
              const id = lastPart(type.name);
              return <Checkbox key={id} checked={draft.types.includes(id)} onChange={(event) => toggle(id, event.currentTarget.checked)} label={<span className="cat-l"><code><Foreign text={id} /></code></span>} description={type.description || type.displayName || undefined} />;
            })}
          </fieldset>
        ))}
      </div>
    </>
  );
}

function ConditionRow({ condition, members, onChange, onRemove }: { condition: Condition; members: Member[]; onChange: (next: Condition) => void; onRemove: (() => void) | undefined }) {
  const member = members.find((each) => memberName(each.path) === condition.member);
  const sample = member?.sample ? member.sample.replace(/^"|"$/g, '') : '';
  const values = [...new Set([...(member?.values ?? []).map((value) => value.replace(/^"|"$/g, '')), ...(sample && member?.kind !== 4 && member?.kind !== 5 ? [sample] : [])])];
  return (
    <div className="flt">
      <Autocomplete className="grow" aria-label="Member of the payload" placeholder="Member, e.g. customer.country" comboboxProps={{ withinPortal: false }} limit={50}
        data={members.map((each) => memberName(each.path))} value={condition.member}
        onChange={(text) => onChange({ ...condition, member: text.trim(), kind: kindOf(members.find((each) => memberName(each.path) === text.trim())) })} />
      <NativeSelect aria-label="Comparison" data={COMPARISONS} value={condition.comparison} onChange={(event) => onChange({ ...condition, comparison: event.currentTarget.value as Comparison })} />
      {needsValue(condition.comparison) ? (
        <Autocomplete className="grow" aria-label="Value" placeholder={sample || 'Value'} comboboxProps={{ withinPortal: false }} data={values} value={condition.value} onChange={(value) => onChange({ ...condition, value })} />
      ) : null}
      {onRemove ? <ActionIcon variant="subtle" color="gray" aria-label="Remove this condition" onClick={onRemove}><IconX size={14} aria-hidden /></ActionIcon> : null}
    </div>
  );
}

export function Conditions({ draft, change }: { draft: Draft; change: Change }) {
  const { data } = useQuery(EventTypeService.method.suggestMembers, { types: draft.types.slice(0, 100), pageSize: 500 }, { enabled: draft.types.length > 0, staleTime: 60_000 });
  const set = (i: number, next: Condition) => change({ conditions: draft.conditions.map((each, at) => (at === i ? next : each)) });
  return (
    <div className="stack">
      {draft.conditions.map((condition, i) => (
        <ConditionRow key={i} condition={condition} members={data?.members ?? []} onChange={(next) => set(i, next)}
          onRemove={draft.conditions.length > 1 ? () => change({ conditions: draft.conditions.filter((_, at) => at !== i) }) : undefined} />
      ))}
      <div><Button variant="subtle" leftSection={<IconPlus size={13} aria-hidden />} disabled={draft.conditions.length >= 16} onClick={() => change({ conditions: [...draft.conditions, { member: '', comparison: 'is', value: '', kind: 'text' }] })}>And</Button></div>
    </div>
  );
}

/** Which events, and of them which; beside it what would have been sent. */
export function EventsStep({ draft, change }: { draft: Draft; change: Change }) {
  const query = useQuery(EventTypeService.method.listEventTypes, { pageSize: 1000 }, { staleTime: 30_000 });
  if (!useAnswered(query)) return <PageLoading />;
  return (
    <div className="wz">
      <div className="stack min0">
        <Card title="Which events?" aside={<span className="muted num" role="status">{draft.types.length} chosen</span>} pad={false}>
          <Query of={query}>
            {(data) => {
              const types = data.eventTypes.filter((type) => type.state !== EventType_State.ARCHIVED);
              return types.length === 0 ? <Empty title="There are no event types yet">Whoever publishes registers them first.</Empty> : <Catalog types={types} draft={draft} change={change} />;
            }}
          </Query>
        </Card>
        <Card title="Only some of them?" aside={<SegmentedControl aria-label="All, or only some" value={draft.filtered ? 'some' : 'all'} data={[{ value: 'all', label: 'All' }, { value: 'some', label: 'Only those where…' }]} onChange={(value) => change({ filtered: value === 'some' })} />}>
          {draft.filtered ? <Conditions draft={draft} change={change} /> : <p className="mt0 muted">Every event of these types.</p>}
        </Card>
      </div>
      <Beside draft={draft} type={draft.types.at(-1)} />
    </div>
  );
}
