import { Delivery_State, Delivery_Trigger } from '../gen/carillon/v1/delivery_pb';
import {
  type Destination, Destination_State, DestinationStatus_Circuit as Circuit, DestinationStatus_Reason as Reason,
} from '../gen/carillon/v1/destination_pb';
import { principalWords } from '../api/names';
import { millisOf } from './format';
import { OUTCOMES, type Tone } from './outcomes';

export type DestinationState = 'healthy' | 'failing' | 'timing-out' | 'unreachable' | 'open' | 'paused' | 'disabled' | 'idle' | 'unknown';

export const DESTINATION_STATES: Record<DestinationState, { label: string; tone: Tone }> = {
  healthy: { label: 'Healthy', tone: 'ok' },
  failing: { label: 'Failing', tone: 'bad' },
  'timing-out': { label: 'Timing out', tone: 'slow' },
  unreachable: { label: 'Unreachable', tone: 'net' },
  open: { label: 'Breaker open', tone: 'slow' },
  paused: { label: 'Paused', tone: 'info' },
  disabled: { label: 'Disabled', tone: 'own' },
  idle: { label: 'No traffic yet', tone: 'own' },
  unknown: { label: 'Not known', tone: 'own' },
};

/** What a destination is in, the worst first. */
export function stateOf(destination: Pick<Destination, 'state' | 'status'>): DestinationState {
  const { state, status } = destination;
  if (state === Destination_State.DISABLED) return 'disabled';
  if (state === Destination_State.PAUSED) return 'paused';
  if (state === Destination_State.STATE_UNSPECIFIED || !status) return 'unknown';
  if (status.failingSince) {
    const { tone } = OUTCOMES[status.lastOutcome];
    return tone === 'slow' ? 'timing-out' : tone === 'net' ? 'unreachable' : 'failing';
  }
  if (status.circuit === Circuit.OPEN) return 'open';
  return status.lastAttemptTime ? 'healthy' : 'idle';
}

/** Which the API's filter takes; `idle` and `unknown` it cannot tell. */
export const STATE_FILTERS: Partial<Record<DestinationState, string>> = {
  failing: 'state = ACTIVE AND status.failing_since:* AND NOT status.last_outcome = OUTCOME_CONNECT_TIMEOUT AND NOT status.last_outcome = OUTCOME_RESPONSE_TIMEOUT AND NOT status.last_outcome = OUTCOME_DNS AND NOT status.last_outcome = OUTCOME_CONNECT_REFUSED AND NOT status.last_outcome = OUTCOME_UNREACHABLE AND NOT status.last_outcome = OUTCOME_RESET AND NOT status.last_outcome = OUTCOME_TLS AND NOT status.last_outcome = OUTCOME_PROTOCOL',
  'timing-out': 'state = ACTIVE AND status.failing_since:* AND (status.last_outcome = OUTCOME_CONNECT_TIMEOUT OR status.last_outcome = OUTCOME_RESPONSE_TIMEOUT)',
  unreachable: 'state = ACTIVE AND status.failing_since:* AND (status.last_outcome = OUTCOME_DNS OR status.last_outcome = OUTCOME_CONNECT_REFUSED OR status.last_outcome = OUTCOME_UNREACHABLE OR status.last_outcome = OUTCOME_RESET OR status.last_outcome = OUTCOME_TLS OR status.last_outcome = OUTCOME_PROTOCOL)',
  open: 'status.circuit = OPEN',
  paused: 'state = PAUSED',
  disabled: 'state = DISABLED',
};
export const TROUBLE_FILTER = 'state = DISABLED OR status.failing_since:* OR status.circuit = OPEN';

/** Why a destination is disabled or paused. */
export const REASONS: Record<Reason, string> = {
  [Reason.REASON_UNSPECIFIED]: '', [Reason.PRINCIPAL]: 'By hand', [Reason.CONFIGURED]: 'The configuration file says so',
  [Reason.GONE]: 'It answered 410 Gone', [Reason.FAILING]: 'Every attempt failed for too long', [Reason.RETRIES_EXHAUSTED]: 'A delivery used up its retries',
  [Reason.TENANT_DISABLED]: 'Its tenant is disabled', [Reason.RECEIVER]: 'The receiver asked for a pause',
};

/** Why the state is what it is, in one line. */
export function whyOf(destination: Destination): string {
  const { status } = destination;
  if (!status) return 'Delivery did not tell in time';
  switch (status.reason) {
    case Reason.PRINCIPAL: {
      const by = principalWords(status.principal);
      return status.message ? `${by}: ${status.message}` : `by ${by}`;
    }
    case Reason.REASON_UNSPECIFIED: break;
    default: return REASONS[status.reason];
  }
  if (!status.lastAttemptTime) return 'No attempt since the server started';
  if (status.failingSince) {
    const { label } = OUTCOMES[status.lastOutcome];
    return status.lastResponseStatus ? `${status.lastResponseStatus} on every attempt` : `${label} on every attempt`;
  }
  return status.lastResponseStatus ? `Last answered ${status.lastResponseStatus}` : OUTCOMES[status.lastOutcome].label;
}

export const sinceOf = ({ status, state }: Destination): number | undefined =>
  state === Destination_State.ACTIVE ? millisOf(status?.failingSince ?? status?.lastAttemptTime) : millisOf(status?.stateTime);

export const DELIVERY_STATES: Record<Delivery_State, { label: string; tone: Tone; filter: string }> = {
  [Delivery_State.STATE_UNSPECIFIED]: { label: 'Not known', tone: 'own', filter: '' },
  [Delivery_State.QUEUED]: { label: 'Waiting', tone: 'info', filter: 'QUEUED' },
  [Delivery_State.IN_FLIGHT]: { label: 'Being sent', tone: 'info', filter: 'IN_FLIGHT' },
  [Delivery_State.SCHEDULED]: { label: 'Retry planned', tone: 'info', filter: 'SCHEDULED' },
  [Delivery_State.HELD]: { label: 'Held', tone: 'own', filter: 'HELD' },
  [Delivery_State.DELIVERED]: { label: 'Delivered', tone: 'ok', filter: 'DELIVERED' },
  [Delivery_State.DEAD]: { label: 'Given up', tone: 'bad', filter: 'DEAD' },
};

export const TRIGGERS: Record<Delivery_Trigger, string> = {
  [Delivery_Trigger.TRIGGER_UNSPECIFIED]: '', [Delivery_Trigger.PUBLISH]: '', [Delivery_Trigger.RESEND]: 'resent',
  [Delivery_Trigger.REPLAY]: 'replayed', [Delivery_Trigger.TEST]: 'test',
};
