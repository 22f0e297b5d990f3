import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { recall, remember } from '../api/storage';
import { useOnceWanted } from '../ui/later';
import { RANGE_EVENT } from '../ui/ranges';

const KeyboardDialog = lazy(() => import('./KeyboardDialog'));

const GO: Record<string, string> = { o: '/', d: '/destinations', e: '/events', l: '/deliveries', x: '/dead' };
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
  const wanted = useOnceWanted(shown);
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
      else if (event.key === 'X') rowOf(document.activeElement)?.dispatchEvent(new Event(RANGE_EVENT, { bubbles: true }));
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
  return wanted ? <Suspense><KeyboardDialog opened={shown} onClose={() => setShown(false)} on={on} onSwitch={(next) => { setOn(next); remember('letters', next ? undefined : 'off'); }} /></Suspense> : null;
}
