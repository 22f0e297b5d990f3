import { useQuery } from '@connectrpc/connect-query';
import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { lastPart, tenantOf, prefixed } from '../api/names';
import { DestinationService } from '../gen/carillon/v1/destination_service_pb';
import { ErrorBox } from './status';
import { visible } from './text';

/** One destination of a tenant, found by its name. `without`: those that are not offered. */
export function DestinationSelect({ parent, value, onChange, without = [], label = 'Destination', clears = false }: {
  parent: string; value: string; onChange: (name: string) => void; without?: string[]; label?: string;
  /** It stands empty again after a choice. */
  clears?: boolean;
}) {
  const [text, setText] = useState('');
  const [asked] = useDebouncedValue(text, 250);
  const { data, error } = useQuery(DestinationService.method.listDestinations, { parent, pageSize: 50, filter: asked ? [`display_name = ${prefixed(asked)}`, ...(parent === 'tenants/-' ? [] : [`name = ${prefixed(`${parent}/destinations/${asked}`)}`])].join(' OR ') : '' });
  const many = parent === 'tenants/-';
  const choices = (data?.destinations ?? []).filter(({ name }) => !without.includes(name))
    .map((each) => ({ value: each.name, label: visible(`${each.displayName || lastPart(each.name)} · ${many ? `${tenantOf(each.name)} · ` : ''}${each.url}`) }));
  if (value && !choices.some((each) => each.value === value)) choices.unshift({ value, label: lastPart(value) });
  return (
    <div className="stack">
      <Select label={label} searchable placeholder="Search by name" data={choices} value={value || null} onSearchChange={(typed) => setText(typed.split(' · ')[0] ?? '')} filter={({ options }) => options}
        onChange={(name) => { onChange(name ?? ''); if (clears) setText(''); }} nothingFoundMessage="None is called so" comboboxProps={{ withinPortal: false }} />
      {error ? <ErrorBox error={error} /> : null}
    </div>
  );
}
