import { Drawer } from '@mantine/core';
import type { ReactNode } from 'react';
import { useAfterMount } from '../ui/later';

/** The menu where there is no room beside the page. */
export default function SideDrawer({ opened, onClose, children }: { opened: boolean; onClose: () => void; children: ReactNode }) {
  return (
    <Drawer.Root opened={useAfterMount(opened)} onClose={onClose} size={260} lockScroll={false}>
      <Drawer.Overlay />
      <Drawer.Content aria-label="Menu"><Drawer.Body className="drawer">{children}</Drawer.Body></Drawer.Content>
    </Drawer.Root>
  );
}
