import { Button, CloseButton, Menu, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconFilter, IconSearch } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { useAddress } from './address';

export { useAddress };

export interface Choice {
  value: string;
  label: string;
}
export interface FilterField {
  /** Its name in the address. */
  id: string;
  label: string;
  choices: Choice[];
}

/** A text field whose content stands in the address a moment after it was typed. */
export function SearchField({ id, label, width = 280 }: { id: string; label: string; width?: number }) {
  const [params, change] = useAddress();
  const [text, setText] = useState(params.get(id) ?? '');
  const written = useRef(text);
  const write = useDebouncedCallback((value: string) => {
    written.current = value;
    change({ [id]: value.trim() });
  }, 300);
  const given = params.get(id) ?? '';
  useEffect(() => {
    if (given !== written.current.trim()) {
      written.current = given;
      setText(given);
    }
  }, [given]);
  return (
    <TextInput
      className="search" style={{ width }} value={text} aria-label={label} placeholder={label} data-filter-field
      leftSection={<IconSearch size={14} aria-hidden />}
      rightSectionWidth={30}
      rightSection={text ? <CloseButton size={24} iconSize={13} aria-label={`Clear: ${label}`} onClick={() => { setText(''); write(''); }} /> : null}
      onChange={(event) => { setText(event.currentTarget.value); write(event.currentTarget.value); }}
    />
  );
}

/** Filters as chips, all of them in the address. */
export function FilterBar({ fields, search, aside }: { fields: FilterField[]; search?: { id: string; label: string } | undefined; aside?: React.ReactNode }) {
  const [params, change] = useAddress();
  const set = fields.filter((field) => params.get(field.id));
  return (
    <div className="filters" role="search">
      {search ? <SearchField id={search.id} label={search.label} /> : null}
      {set.map((field) => {
        const value = params.get(field.id)!;
        const label = field.choices.find((choice) => choice.value === value)?.label ?? value;
        return (
          <span key={field.id} className="fchip">
            <span className="muted">{field.label}:</span> <b><bdi>{label}</bdi></b>
            <CloseButton size={24} iconSize={13} aria-label={`Remove the filter ${field.label}`} onClick={() => change({ [field.id]: undefined })} />
          </span>
        );
      })}
      <Menu position="bottom-start" withinPortal={false} closeOnItemClick>
        <Menu.Target><Button variant="subtle" leftSection={<IconFilter size={14} aria-hidden />}>Add filter</Button></Menu.Target>
        <Menu.Dropdown className="filter-menu">
          {fields.filter((field) => !params.get(field.id)).map((field) => (
            <div key={field.id}>
              <Menu.Label>{field.label}</Menu.Label>
              {field.choices.map((choice) => <Menu.Item key={choice.value} onClick={() => change({ [field.id]: choice.value })}>{choice.label}</Menu.Item>)}
            </div>
          ))}
        </Menu.Dropdown>
      </Menu>
      <span className="grow" />
      {aside}
    </div>
  );
}

export const clearFilters = (fields: FilterField[], ...others: string[]) =>
  Object.fromEntries([...fields.map((field) => field.id), ...others].map((id) => [id, undefined]));

/** What links have set, as chips that can be taken away. `words`: the label of each name in the address. */
export function linkedFields(params: URLSearchParams, words: Record<string, string>): FilterField[] {
  return Object.entries(words).filter(([id]) => params.get(id)).map(([id, label]) => {
    const value = params.get(id)!;
    const shown = id === 'from' || id === 'to' ? new Date(value).toLocaleString() : value;
    return { id, label, choices: [{ value, label: shown }] };
  });
}
