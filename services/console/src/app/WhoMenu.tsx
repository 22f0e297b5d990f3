import { Menu } from '@mantine/core';
import { IconLogout } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { roleWords, useViewer } from '../api/caller';
import { queries } from '../api/client';
import { principalWords } from '../api/names';
import { signOut } from '../api/session';
import { OpenMenu } from '../ui/OpenMenu';
import { Time } from '../ui/parts';
import { framed } from './embed';

export default function WhoMenu({ target }: { target: ReactElement }) {
  const { caller } = useViewer();
  return (
    <OpenMenu target={target} position="bottom-end" width={260}>
      <div className="who-in">
        <b><bdi>{principalWords(caller.principal)}</bdi></b>
        <span className="muted">{roleWords(caller.role)}{caller.expireTime ? <>, until <Time at={caller.expireTime} form="full" /></> : null}</span>
      </div>
      {framed ? null : <Menu.Item leftSection={<IconLogout size={14} aria-hidden />} onClick={() => { signOut(); queries.clear(); }}>Sign out</Menu.Item>}
    </OpenMenu>
  );
}
