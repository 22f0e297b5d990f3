import { ActionIcon, CopyButton, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';

export function Copy({ value, what }: { value: string; what: string }) {
  return (
    <CopyButton value={value} timeout={1500}>{({ copied, copy }) => (
      <Tooltip label={copied ? 'Copied' : `Copy ${what}`} withArrow openDelay={300}>
        <ActionIcon size={24} variant="subtle" color="gray" onClick={copy} aria-label={copied ? `${what} copied` : `Copy ${what}`}>
          {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
        </ActionIcon>
      </Tooltip>)}
    </CopyButton>
  );
}
