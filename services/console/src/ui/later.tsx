import { cloneElement, type ComponentType, type LazyExoticComponent, type ReactElement, Suspense, useEffect, useState } from 'react';

// What is not needed before somebody asks for it: its code is fetched then.

/** Whether it was ever wanted. */
export function useOnceWanted(wanted: boolean): boolean {
  const [once, setOnce] = useState(wanted);
  if (wanted && !once) setOnce(true);
  return once;
}

/** False at first, then what is given: what opens gives the focus back only to who had it when it opened. */
export function useAfterMount(opened: boolean): boolean {
  const [there, setThere] = useState(false);
  useEffect(() => setThere(true), []);
  return there && opened;
}

export type LazyMenu = LazyExoticComponent<ComponentType<{ target: ReactElement }>>;

/** A button with a menu. The one that is shown in place of the first takes over its focus, then opens. */
export function MenuButton({ target, menu: Menu }: { target: ReactElement<{ onClick?: () => void }>; menu: LazyMenu }) {
  const [asked, setAsked] = useState(false);
  const waiting = cloneElement(target, { onClick: () => setAsked(true), 'aria-haspopup': 'menu', 'aria-expanded': false } as object);
  return asked ? <Suspense fallback={waiting}><Menu target={target} /></Suspense> : waiting;
}
