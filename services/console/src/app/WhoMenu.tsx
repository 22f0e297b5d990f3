import { Menu } from '@mantine/core';
import { IconLogout } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { OpenMenu } from '../ui/OpenMenu';
import { framed } from './embed';
import { forgetAll, WhoFacts } from './WhoFacts';

export default function WhoMenu({ target }: { target: ReactElement }) {
  return (
    <OpenMenu target={target} position="bottom-end" width={260}>
      <WhoFacts />
      {framed ? null : <Menu.Item leftSection={<IconLogout size={14} aria-hidden />} onClick={forgetAll}>Sign out</Menu.Item>}
    </OpenMenu>
  );
}
