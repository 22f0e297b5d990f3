import { useQuery } from '@connectrpc/connect-query';
import { Link } from 'wouter';
import { lastPart, tenantOf, toDelivery } from '../../api/names';
import type { Destination } from '../../gen/carillon/v1/destination_pb';
import { DeliveryService } from '../../gen/carillon/v1/delivery_service_pb';
import { count } from '../../ui/format';
import { Card, DeliveryChip, Foreign, OutcomeChip, Time } from '../../ui/parts';
import { Empty, Loading, Query } from '../../ui/status';

/** The newest deliveries; the log has the others. */
export function RecentDeliveries({ destination }: { destination: Destination }) {
  const { name } = destination;
  const query = useQuery(DeliveryService.method.listDeliveries, { parent: name, pageSize: 50 }, { refetchInterval: 5_000 });
  const log = `/deliveries?to-tenant=${encodeURIComponent(tenantOf(name))}&destination=${lastPart(name)}`;
  return (
    <Card className="tab-card" title="Newest deliveries" pad={false} aside={<Link href={log}>Filter, follow, resend in the log</Link>}>
      <Query of={query} loading={<Loading rows={10} />}>
        {(data) => (data.deliveries.length === 0 ? <Empty title="No deliveries yet">Nothing that it asks for was published, or the log does not reach so far back.</Empty> : (
          <div className="scroll-x" tabIndex={0} role="region" aria-label="Newest deliveries">
            <table className="tbl rows">
              <thead><tr><th scope="col">Last attempt</th><th scope="col">Event type</th><th scope="col">Delivery</th><th scope="col" className="sec">Last outcome</th><th scope="col" className="r">Attempts</th></tr></thead>
              <tbody>
                {data.deliveries.map((each) => (
                  <tr key={each.name}>
                    <td><Time at={each.lastAttemptTime ?? each.acceptTime} /></td>
                    <td className="mono"><Link href={toDelivery(each.name)}><Foreign text={each.eventType} /></Link></td>
                    <td><DeliveryChip state={each.state} /></td><td className="sec"><OutcomeChip outcome={each.outcome} status={each.responseStatus} /></td>
                    <td className="r num">{count(each.attemptCount)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        ))}
      </Query>
    </Card>
  );
}
