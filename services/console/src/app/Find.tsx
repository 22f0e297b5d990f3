import { IconSearch } from '@tabler/icons-react';
import { lazy, Suspense, useEffect, useState } from 'react';
import { useOnceWanted } from '../ui/later';

const FindDialog = lazy(() => import('./FindDialog'));

/** Goes straight to a thing: by its id, its name or its URL. Ctrl K. */
export function Find() {
  const [opened, setOpened] = useState(false);
  const wanted = useOnceWanted(opened);
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.altKey) return;
      event.preventDefault();
      setOpened(true);
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, []);
  return (
    <>
      <button type="button" className="find" onClick={() => setOpened(true)}>
        <IconSearch size={15} aria-hidden /><span className="find-l">Event id, destination, URL</span><span className="grow" /><kbd>Ctrl K</kbd>
      </button>
      {wanted ? <Suspense><FindDialog opened={opened} onClose={() => setOpened(false)} /></Suspense> : null}
    </>
  );
}
