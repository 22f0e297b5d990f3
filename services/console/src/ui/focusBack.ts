import { useEffect, useRef } from 'react';

// Where the focus was before dialogs were opened. One may follow another: what opened the first gets it back after the
// last. Mantine gives back only what stays mounted while it is closed.

let opener: HTMLElement | undefined;

function remember(): void {
  const { activeElement: now } = document;
  // A button that is busy has lost the focus to nothing by the time the next dialog opens.
  if (!(now instanceof HTMLElement) || document.querySelector('[role="dialog"]')) return;
  // An item goes with its menu; what opened the menu stays.
  const menu = now.closest('[role="menu"]')?.getAttribute('aria-labelledby');
  opener = (menu ? document.getElementById(menu) : null) ?? now;
}

function giveBack(): void {
  const { activeElement: now, body } = document;
  if (document.querySelector('[role="dialog"]') || (now && now !== body)) return;
  const usable = opener?.isConnected && opener !== body && !opener.matches(':disabled');
  const heading = document.querySelector<HTMLElement>('main h1');
  if (!usable) heading?.setAttribute('tabindex', '-1');
  (usable ? opener : heading)?.focus({ preventScroll: true });
}

export function useFocusBack(opened: boolean): void {
  const was = useRef(false);
  // Before the dialog takes the focus, which is in an effect.
  if (opened && !was.current) remember();
  was.current = opened;
  useEffect(() => {
    if (!opened) return;
    return () => void setTimeout(giveBack, 0);
  }, [opened]);
}
