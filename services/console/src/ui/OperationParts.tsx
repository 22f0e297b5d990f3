import { IconBan, IconCheck, IconLoader2, IconPlayerPause, IconQuestionMark, IconX } from '@tabler/icons-react';
import { memo } from 'react';
import { Operation_State as State } from '../gen/carillon/v1/operation_pb';
import { OPERATION_STATES } from './operations';
import { Chip } from './parts';

const ICONS: Record<State, typeof IconX> = {
  [State.STATE_UNSPECIFIED]: IconQuestionMark, [State.RUNNING]: IconLoader2, [State.PAUSED]: IconPlayerPause, [State.SUCCEEDED]: IconCheck,
  [State.FAILED]: IconX, [State.CANCELLED]: IconBan,
};

export const OperationChip = memo(function OperationChip({ state }: { state: State }) {
  const { label, tone } = OPERATION_STATES[state] ?? OPERATION_STATES[0];
  const I = ICONS[state] ?? IconQuestionMark;
  return <Chip tone={tone} icon={<I size={12} stroke={2.2} aria-hidden />}>{label}</Chip>;
});

export function ProgressBar({ value, label }: { value: number; label: string }) {
  return <progress className="bar-p" aria-label={label} value={Math.min(Math.max(value, 0), 1)} max={1} />;
}
