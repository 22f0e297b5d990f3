import { Button } from '@mantine/core';
import { Link } from 'wouter';
import { useViewer } from '../../api/caller';
import { count } from '../../ui/format';
import { Foreign, OutcomeChip, Since } from '../../ui/parts';
import { OUTCOMES } from '../../ui/outcomes';
import { Needs } from '../../ui/status';
import { type Column, VirtualList } from '../../ui/VirtualList';
import { type Group, groupFilter } from './groups';

export interface Target {
  parent: string;
  filter: string;
}

/** The address of the rows of a group: what is filtered, and the group. */
export function groupAddress(params: URLSearchParams, group: Pick<Group, 'tenant' | 'destination' | 'outcome'>): string {
  const next = new URLSearchParams(params);
  next.set('to-tenant', group.tenant);
  next.set('destination', group.destination);
  if (OUTCOMES[group.outcome]?.filter) next.set('outcome', OUTCOMES[group.outcome].filter);
  return `/dead?${next}`;
}

/** Dead letters by destination and outcome, the largest group first. */
export function Groups({ groups, params, filter, onRequeue, onPurge, onNearEnd }: {
  groups: Group[]; params: URLSearchParams; filter: string; onRequeue: (target: Target) => void; onPurge: (target: Target) => void; onNearEnd?: (() => void) | undefined;
}) {
  const viewer = useViewer();
  const allTenants = viewer.tenant === undefined;
  const columns: Column[] = [
    { id: 'to', head: 'Destination' }, ...(allTenants ? [{ id: 'tenant', head: 'Tenant', secondary: true }] : []), { id: 'outcome', head: 'Last outcome' },
    { id: 'n', head: 'Count', className: 'r' }, { id: 'age', head: 'Oldest event', secondary: true, className: 'r' }, { id: 'age2', head: 'Last given up', secondary: true, className: 'r' }, { id: 'acts', head: <span className="vh">Actions</span>, secondary: true },
  ];
  const line = (group: Group) => {
    const target = { parent: group.name, filter: groupFilter(filter, group.outcome) };
    const what = `${group.destination}, ${OUTCOMES[group.outcome]?.label ?? ''}`;
    return [
      <Link key="d" className="strong" href={groupAddress(params, group)}><Foreign text={group.destination} /></Link>,
      ...(allTenants ? [<Foreign key="t" text={group.tenant} />] : []),
      <OutcomeChip key="o" outcome={group.outcome} />, <b key="n" className="num">{count(group.count)}</b>,
      <span key="a" className="num"><Since ms={group.oldest} /></span>, <span key="l" className="num"><Since ms={group.newest} /> ago</span>,
      <span key="x" className="row end">
        <Needs may={viewer.may('DeliveryService/ResendDeliveries')}><Button size="compact-xs" variant="default" aria-label={`Requeue: ${what}`} onClick={() => onRequeue(target)}>Requeue…</Button></Needs>
        <Needs may={viewer.may('DeliveryService/PurgeDeliveries')}><Button size="compact-xs" variant="default" aria-label={`Purge: ${what}`} onClick={() => onPurge(target)}>Purge…</Button></Needs>
      </span>,
    ];
  };
  return <VirtualList label="Dead letters by destination and outcome" columns={columns} rows={groups} keyOf={(group) => group.key} line={line} onNearEnd={onNearEnd} />;
}
