import { describe, expect, it } from 'vitest';
import { underTenant } from '../src/app/underTenant';

describe('what is shown once another tenant is looked at', () => {
  it('is the overview in place of what another tenant has', () => {
    for (const path of ['/destinations/acme/d1', '/events/acme/e1', '/deliveries/acme/d1/x', '/replays/acme/o1', '/subscriptions/acme/s1/edit', '/tenants/acme', '/tenants/acme%2Einc']) {
      expect(underTenant('other', path, '?tab=keys')).toBe('/');
    }
  });

  it('is the same page of what this tenant has, and of all', () => {
    expect(underTenant('acme', '/destinations/acme/d1', '?tab=keys')).toBe('/destinations/acme/d1?tab=keys');
    expect(underTenant('acme.inc', '/tenants/acme%2Einc', '')).toBe('/tenants/acme%2Einc');
    expect(underTenant(undefined, '/events/acme/e1', '')).toBe('/events/acme/e1');
  });

  it('is the same list without what names something of another', () => {
    expect(underTenant('other', '/deliveries', '?state=DEAD&to-tenant=acme&destination=d1')).toBe('/deliveries?state=DEAD');
    expect(underTenant('other', '/audit', '?in=acme')).toBe('/audit');
    expect(underTenant('other', '/replays/new', '?destination=tenants/acme/destinations/d1')).toBe('/replays/new');
    expect(underTenant(undefined, '/deliveries', '?to-tenant=acme')).toBe('/deliveries?to-tenant=acme');
  });
});
