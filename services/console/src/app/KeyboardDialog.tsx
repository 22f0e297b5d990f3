import { Kbd, Switch } from '@mantine/core';
import { Dialog } from '../ui/Dialog';
import { useAfterMount } from '../ui/later';

const LIST: [string[], string][] = [
  [['g', 'o'], 'Overview'], [['g', 'd'], 'Destinations'], [['g', 'l'], 'Deliveries'], [['n'], 'New webhook'],
  [['g', 'e'], 'Events'], [['g', 'x'], 'Dead letters'],
  [['j'], 'Next row'], [['k'], 'Row before'], [['Enter'], 'Open a row'], [['x'], 'Select a row'], [['Shift', 'x'], 'Select all from the last one'], [['['], 'Newer delivery'], [[']'], 'Older delivery'],
  [['r'], 'Resend a delivery'], [['c'], 'Copy a delivery as curl'], [['t'], 'Deliveries: live on or off'], [['Ctrl', 'K'], 'Find'], [['/'], 'Filter'], [['.'], 'Light or dark'], [['?'], 'This list'], [['Esc'], 'Close what is on top'],
];

/** What single letters do, and whether they do. */
export default function KeyboardDialog({ opened, onClose, on, onSwitch }: { opened: boolean; onClose: () => void; on: boolean; onSwitch: (on: boolean) => void }) {
  return (
    <Dialog title="Keyboard" opened={useAfterMount(opened)} onClose={onClose}>
      <dl className="keys-list">{LIST.map(([keys, what]) => <div key={what}><dt>{keys.map((key) => <Kbd key={key} size="xs">{key}</Kbd>)}</dt><dd>{what}</dd></div>)}</dl>
      <Switch label="Single letters do something" checked={on} onChange={(event) => onSwitch(event.currentTarget.checked)} />
    </Dialog>
  );
}
