import { ExplainEventResponse_Route_Reason as Reason } from '../gen/carillon/v1/event_service_pb';

/** Why an event goes to a destination, or does not. */
export const REASONS: Record<Reason, string> = {
  [Reason.REASON_UNSPECIFIED]: 'It is not known why', [Reason.MATCHED]: 'A subscription sends it here',
  [Reason.TYPE_NOT_SUBSCRIBED]: 'No subscription that leads here has its type', [Reason.FILTER_NOT_MET]: 'One has its type, but its condition does not hold',
  [Reason.SUBSCRIPTION_DISABLED]: 'One would match, but it is disabled', [Reason.CHANGED_SINCE]: 'Subscriptions, or the destination, changed since',
  [Reason.REPLAYED]: 'A replay sent it here',
};
