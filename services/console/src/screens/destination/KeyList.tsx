import { IconLock } from '@tabler/icons-react';
import { lastPart } from '../../api/names';
import type { Key } from '../../gen/carillon/v1/destination_pb';
import { millisOf } from '../../ui/format';
import { useNow } from '../../ui/now';
import { Chip, Foreign, Time } from '../../ui/parts';

const SOON = 7 * 86_400_000;

export function KeyChip({ item }: { item: Key }) {
  const now = useNow();
  const end = millisOf(item.expireTime);
  if (end === undefined) return <Chip tone="ok">signs</Chip>;
  if (end <= now) return <Chip tone="own">ended</Chip>;
  return <Chip tone={end - now < SOON ? 'slow' : 'ok'}>{end - now < SOON ? 'ends soon' : 'signs'}</Chip>;
}

export function KeyList({ keys }: { keys: Key[] }) {
  if (keys.length === 0) return <p className="muted mt0">None: requests are not signed.</p>;
  return (
    <ul className="keys">
      {keys.map((item, i) => (
        <li key={item.name}>
          <IconLock size={15} aria-hidden />
          <div className="grow min0"><b><Foreign text={lastPart(item.name)} /></b><span className="cell-2">{item.createTime ? <>made <Time at={item.createTime} form="date" /></> : 'of the file'}{i === 0 ? ' · signs first' : ''}{item.expireTime ? <> · ends <Time at={item.expireTime} form="full" /></> : null}</span></div>
          <KeyChip item={item} />
        </li>
      ))}
    </ul>
  );
}
