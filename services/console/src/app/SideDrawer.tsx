import { Button, Drawer } from '@mantine/core';
import { IconLogout } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useAfterMount } from '../ui/later';
import { forgetAll, WhoFacts } from './WhoFacts';

/** The menu where there is no room beside the page, with what the bar on top has no room for. */
export default function SideDrawer({ opened, onClose, children }: { opened: boolean; onClose: () => void; children: ReactNode }) {
  return (
    <Drawer.Root opened={useAfterMount(opened)} onClose={onClose} size={260} lockScroll={false}>
      <Drawer.Overlay />
      <Drawer.Content aria-label="Menu">
        <Drawer.Body className="drawer">
          {children}
          <div className="drawer-who"><WhoFacts /><Button variant="default" leftSection={<IconLogout size={14} aria-hidden />} onClick={forgetAll}>Sign out</Button></div>
        </Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  );
}
