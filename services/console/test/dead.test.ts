import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { DeliverySchema } from '../src/gen/carillon/v1/delivery_pb';
import { Outcome } from '../src/gen/carillon/v1/destination_pb';
import { deadFilter } from '../src/screens/dead/Dead';
import { groupAddress } from '../src/screens/dead/Groups';
import { groupFilter, sorted, withDeliveries } from '../src/screens/dead/groups';
import { timestampOf } from '../src/ui/format';

const T0 = Date.UTC(2026, 10, 28);
const dead = (name: string, outcome: Outcome, accepted: number, ended?: number) => create(DeliverySchema, {
  name: `${name}/deliveries/1`, outcome, acceptTime: timestampOf(T0 + accepted), ...(ended === undefined ? {} : { endTime: timestampOf(T0 + ended) }),
});
const [CRM, OTHER] = ['tenants/a/destinations/crm', 'tenants/b/destinations/crm'];

describe('dead letters', () => {
  it('are counted by destination and outcome, over pages', () => {
    const first = withDeliveries(new Map(), [dead(CRM, Outcome.HTTP_5XX, 5_000, 9_000), dead(CRM, Outcome.DNS, 1), dead(OTHER, Outcome.HTTP_5XX, 2)]);
    const all = sorted(withDeliveries(first, [dead(CRM, Outcome.HTTP_5XX, 3_000, 8_000)]));
    expect(all.map(({ key, count }) => [key, count])).toEqual([[`a/crm/${Outcome.HTTP_5XX}`, 2], [`a/crm/${Outcome.DNS}`, 1], [`b/crm/${Outcome.HTTP_5XX}`, 1]]);
    expect(all[0]).toMatchObject({ name: CRM, oldest: T0 + 3_000, newest: T0 + 9_000 });
    expect(first.get(`a/crm/${Outcome.HTTP_5XX}`)?.count).toBe(1);
  });
  it('are asked for with what the address says, and never anything else', () => {
    expect(deadFilter(new URLSearchParams(''), T0)).toBe('state = DEAD');
    expect(deadFilter(new URLSearchParams('state=QUEUED&outcome=OUTCOME_DNS'), T0)).toBe('state = DEAD AND outcome = OUTCOME_DNS');
  });
  it('of a group are found and dealt with by its outcome', () => {
    expect(groupFilter('state = DEAD', Outcome.TLS)).toBe('state = DEAD AND outcome = OUTCOME_TLS');
    expect(groupFilter('state = DEAD', Outcome.UNSPECIFIED)).toBe('state = DEAD');
    expect(groupAddress(new URLSearchParams('span=1h'), { tenant: 'a', destination: 'crm', outcome: Outcome.TLS })).toBe('/dead?span=1h&to-tenant=a&destination=crm&outcome=OUTCOME_TLS');
  });
});
