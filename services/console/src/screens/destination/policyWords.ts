import type { Destination } from '../../gen/carillon/v1/destination_pb';
import { Format, Success } from '../../gen/carillon/v1/destination_pb';
import { durationText } from '../../ui/format';

export const FORMATS: Record<Format, string> = {
  [Format.UNSPECIFIED]: 'Standard Webhooks', [Format.STANDARD]: 'Standard Webhooks', [Format.PAYLOAD]: 'the bare payload',
  [Format.ARRAY]: 'JSON array of payloads', [Format.CLOUDEVENTS]: 'CloudEvents', [Format.CLOUDEVENTS_BATCH]: 'CloudEvents, batch',
  [Format.CLOUDEVENTS_BINARY]: 'CloudEvents, binary',
};
export const SUCCESSES: Record<Success, string> = {
  [Success.SUCCESS_UNSPECIFIED]: '200 to 299', [Success.SUCCESS_2XX]: '200 to 299', [Success.SUCCESS_BELOW_400]: 'any answer but 400 to 599',
  [Success.SUCCESS_ANY_RESPONSE]: 'any answer',
};

export function retryWords({ retry }: Destination): string {
  const schedule = retry?.schedule;
  if (schedule?.case === 'none' && schedule.value) return 'never';
  if (schedule?.case === 'delays' && schedule.value.items.length > 0) return `after ${schedule.value.items.map(durationText).join(', ')}`;
  if (schedule?.case === 'exponential') {
    const { first, factor, cap, attempts } = schedule.value;
    return `from ${durationText(first) || '5s'}, × ${factor ?? 2}, at most ${durationText(cap) || '1h'}, ${attempts ?? 12} attempts`;
  }
  return 'nine times within 3 days';
}

function breakerWords({ breaker }: Destination): string {
  if (breaker?.off) return 'off';
  const row = breaker?.consecutiveFailures ?? 10;
  const share = breaker?.failureRate ?? 0.5;
  const parts = [row > 0 ? `${row} in a row` : '', share > 0 ? `${Math.round(share * 100)} % in ${durationText(breaker?.window) || '1m'}` : ''].filter(Boolean);
  return parts.join(', or ') || 'off';
}

/** How a destination wants to be called, in a few lines. */
export function policyRows(destination: Destination): [string, string][] {
  const { format, success, timeouts, concurrency, rate, batch } = destination;
  return [
    ['Format', FORMATS[format]], ['Counts as delivered', SUCCESSES[success]],
    ['Time-outs', `connect ${durationText(timeouts?.connect) || '5s'} · total ${durationText(timeouts?.total) || '15s'}`],
    ['Retries', retryWords(destination)], ['Concurrency', `${concurrency ?? 32}${destination.adaptiveConcurrency ? ', adapts' : ''}`],
    ['Rate', rate ? `${rate.perSecond} a second, burst ${rate.burst ?? 1}` : 'no limit'],
    ...(batch ? [['Batches', `up to ${batch.maxEvents ?? 100} events`] as [string, string]] : []),
    ['Breaker', breakerWords(destination)],
  ];
}
