import { Kbd, Switch } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { recall, remember } from '../api/storage';
import { Dialog } from '../ui/Dialog';

const GO: Record<string, string> = { o: '/', d: '/destinations', e: '/events', l: '/deliveries', x: '/dead' };
const LIST: [string[], string][] = [
  [['g', 'o'], 'Overview'], [['g', 'd'], 'Destinations'], [['g', 'l'], 'Deliveries'], [['n'], 'New webhook'],
  [['g', 'e'], 'Events'], [['g', 'x'], 'Dead letters'],
  [['j'], 'Next row'], [['k'], 'Row before'], [['Enter'], 'Open a row'], [['x'], 'Select a row'], [['['], 'Newer delivery'], [[']'], 'Older delivery'],
  [['r'], 'Resend a delivery'], [['c'], 'Copy a delivery as curl'], [['t'], 'Deliveries: live on or off'], [['Ctrl', 'K'], 'Find'], [['/'], 'Filter'], [['.'], 'Light or dark'], [['?'], 'This list'], [['Esc'], 'Close what is on top'],
];
const CHORD_MS = 1200;

const typing = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || (/^(TEXTAREA|SELECT)$/.test(target.tagName) || (target instanceof HTMLInputElement && !/^(checkbox|radio)$/.test(target.type))));

const ROWS = '.vt-r, main tbody tr';
const rowOf = (element: Element | null) => element?.closest<HTMLElement>(ROWS) ?? undefined;

/** Along the rows of a list: the focus is on the link of one. */
function step(by: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>(ROWS)];
  const now = rowOf(document.activeElement);
  const box = rows[0]?.parentElement?.parentElement?.getBoundingClientRect();
  // The first that is seen whole: rows above it are drawn ahead.
  const first = rows.find((row) => row.getBoundingClientRect().top >= (box?.top ?? 0));
  const next = now ? rows[rows.indexOf(now) + by] : first;
  next?.querySelector<HTMLElement>('a, button')?.focus();
}

/** What the page has for a letter, by its attribute `data-key`. */
const pressable = (key: string) => [...document.querySelectorAll<HTMLElement>('[data-key]')].find((each) => each.dataset.key === key);

/** Letters that lead somewhere, and the list of them. They can be switched off. */
export function Shortcuts() {
  const [, go] = useLocation();
  const [shown, setShown] = useState(false);
  const [on, setOn] = useState(recall('letters') !== 'off');
  const chord = useRef(0);
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector('[role="dialog"]')) return;
      if (event.key === '?') return setShown(true);
      if (!on) return;
      if (Date.now() - chord.current < CHORD_MS && GO[event.key]) {
        chord.current = 0;
        return go(GO[event.key]!);
      }
      chord.current = event.key === 'g' ? Date.now() : 0;
      if (event.key === 'n') go('/new');
      else if (event.key === 'j' || event.key === 'k') step(event.key === 'j' ? 1 : -1);
      else if (event.key === 'x') rowOf(document.activeElement)?.querySelector<HTMLInputElement>('input[type=checkbox]')?.click();
      else if (event.key === '.') document.querySelector<HTMLElement>('[data-scheme]')?.click();
      else if (event.key === '/') {
        const field = document.querySelector<HTMLElement>('[data-filter-field]');
        if (field) {
          event.preventDefault();
          field.focus();
        }
      } else pressable(event.key)?.click();
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, [go, on]);
  return (
    <Dialog title="Keyboard" opened={shown} onClose={() => setShown(false)}>
      <dl className="keys-list">{LIST.map(([keys, what]) => <div key={what}><dt>{keys.map((key) => <Kbd key={key} size="xs">{key}</Kbd>)}</dt><dd>{what}</dd></div>)}</dl>
      <Switch label="Single letters do something" checked={on} onChange={(event) => { setOn(event.currentTarget.checked); remember('letters', event.currentTarget.checked ? undefined : 'off'); }} />
    </Dialog>
  );
}
