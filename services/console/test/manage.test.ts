import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { AuditEntrySchema } from '../src/gen/carillon/v1/audit_service_pb';
import { Role } from '../src/gen/carillon/v1/options_pb';
import { TenantSchema } from '../src/gen/carillon/v1/tenant_pb';
import { filterFor as auditFilter, slim } from '../src/screens/audit/query';
import { linkState } from '../src/screens/portal-links/state';
import { editTenant } from '../src/screens/tenant/limits';
import { listed, tokenFrom } from '../src/screens/tokens/form';
import { endSeconds, endState, NEVER_SECONDS } from '../src/ui/ends';
import { sizeText } from '../src/ui/format';
import { find } from '../src/ui/found';
import { diffLines, folded } from '../src/ui/lineDiff';

const NOW = Date.parse('2026-11-28T12:00:00Z');

describe('the end of a token', () => {
  it('is in whole seconds', () => {
    expect(endSeconds('1d', '', NOW + 999)).toBe(BigInt(Date.parse('2026-11-29T12:00:00Z') / 1000));
    expect(endSeconds('never', '', NOW)).toBe(NEVER_SECONDS);
    expect(endSeconds('on', '', NOW)).toBeUndefined();
    expect(endSeconds('on', '2026-11-01', NOW)).toBeUndefined();
    expect(Number(endSeconds('on', '2027-01-31', NOW)) * 1000).toBe(new Date(2027, 0, 31, 23, 59, 59).getTime());
  });
  it('is said in four words', () => {
    expect([undefined, Number(NEVER_SECONDS) * 1000, NOW - 1, NOW + 1000, NOW + 8 * 86_400_000].map((ms) => endState(ms, NOW))).toEqual(['never', 'never', 'over', 'soon', 'good']);
  });
});

it('asks for a token where it belongs', () => {
  const of = (more: object) => tokenFrom({ id: ' ci ', displayName: '', role: Role.PUBLISHER, tenants: '', types: 'order.*, order.paid order.*', seconds: undefined, own: undefined, ...more });
  expect(of({})).toMatchObject({ parent: '', tokenId: 'ci', token: { tenants: [], eventTypes: ['order.*', 'order.paid'] } });
  expect(of({ tenants: 'acme' })).toMatchObject({ parent: 'tenants/acme', token: { tenants: [] } });
  expect(of({ tenants: 'acme, b' })).toMatchObject({ parent: '', token: { tenants: ['acme', 'b'] } });
  expect(of({ tenants: 'acme, b', own: 'acme' })).toMatchObject({ parent: 'tenants/acme' });
  expect(of({ tenants: 'acme', role: Role.OPERATOR })).toMatchObject({ parent: '', token: { tenants: [], eventTypes: [] } });
  expect(of({ seconds: 7n }).token).toMatchObject({ expireTime: { seconds: 7n, nanos: 0 } });
  expect(listed(' a,,b\n a ')).toEqual(['a', 'b']);
});

it('says where a portal link is', () => {
  const label = (made: number, opened: number | undefined, end: number) => linkState({ made: NOW + made, opened, end: NOW + end }, NOW).label;
  expect(label(-1000, undefined, 3_600_000)).toBe('not opened yet');
  expect(label(-600_000, undefined, 3_600_000)).toBe('not opened in time');
  expect(label(-900_000, NOW - 1, 3_600_000)).toBe('in use');
  expect(label(-9_000_000, NOW - 1, -1)).toBe('ended');
  expect(label(-9_000_000, undefined, -1)).toBe('never opened');
});

describe('differences', () => {
  const text = (before: string, after: string) => diffLines(before, after).map(({ kind, text: line }) => `${{ same: ' ', gone: '-', new: '+' }[kind]}${line}`);
  it('keep what both have', () => {
    expect(text('a\nb\nc\nd', 'a\nx\nc\nd\ne')).toEqual([' a', '-b', '+x', ' c', ' d', '+e']);
    expect(text('', 'a\nb')).toEqual(['+a', '+b']);
    expect(text('a', '')).toEqual(['-a']);
    expect(text('a\nb', 'a\nb')).toEqual([' a', ' b']);
  });
  it('leave the texts as they were', () => {
    const before = Array.from({ length: 60 }, (_, i) => String(i % 7)).join('\n');
    const after = Array.from({ length: 50 }, (_, i) => String((i * i) % 5)).join('\n');
    const lines = diffLines(before, after);
    expect(lines.filter(({ kind }) => kind !== 'new').map((line) => line.text).join('\n')).toBe(before);
    expect(lines.filter(({ kind }) => kind !== 'gone').map((line) => line.text).join('\n')).toBe(after);
  });
  it('fold what is far from them', () => {
    const lines = diffLines(Array.from({ length: 20 }, (_, i) => `l${i}`).join('\n'), Array.from({ length: 20 }, (_, i) => (i === 10 ? 'x' : `l${i}`)).join('\n'));
    expect(folded(lines, 2).map((line) => (line.kind === 'skipped' ? line.count : line.text))).toEqual([8, 'l8', 'l9', 'l10', 'x', 'l11', 'l12', 7]);
  });
});

describe('audit', () => {
  it('asks as the address says, and for nothing else', () => {
    const of = (text: string) => auditFilter(new URLSearchParams(text), NOW);
    expect(of('')).toBe('');
    expect(of('result=refused&what=DestinationService')).toBe('NOT code = 0 AND method = "carillon.v1.DestinationService/*"');
    expect(of('what=x" OR y')).toBe('');
    expect(of('span=1h')).toBe('create_time >= "2026-11-28T11:00:00.000Z"');
    expect(of('resource=tenants/a/destinations/"b')).toBe('changes.resource:"tenants/a/destinations/\\"b"');
    expect(of('q=acme')).toContain('changes.resource:"tenants/acme*"');
    expect(of('from=never')).toBe('');
  });
  it('says who did what where', () => {
    const entry = create(AuditEntrySchema, { name: 'tenants/acme/auditEntries/1', method: 'carillon.v1.DestinationService/PauseDestination', principal: 'token:tokens/ops', role: Role.OPERATOR, code: 7, errorReason: 'ROLE_FORBIDDEN' });
    expect(slim(entry)).toMatchObject({ words: 'Destination paused, refused', who: 'token ops', role: 'operator', tenant: 'acme', refused: 'ROLE_FORBIDDEN' });
  });
});

describe('limits of a tenant', () => {
  const tenant = create(TenantSchema, { name: 'tenants/acme', limits: { maxDestinations: 6, maxBacklogBytes: 10n * 1024n ** 3n } });
  it('are changed one by one', () => {
    const { tenant: after, mask, changes } = editTenant(tenant, { 'limits.max_destinations': '', 'limits.publish_bytes_per_second': '4MiB', 'limits.max_backlog_bytes': '10GiB', display_name: 'Acme' });
    expect(after.limits).toMatchObject({ publishBytesPerSecond: 4n * 1024n ** 2n, maxBacklogBytes: 10n * 1024n ** 3n });
    expect(after.limits?.maxDestinations).toBeUndefined();
    expect(mask).toEqual(['limits', 'display_name']);
    expect(changes.map(({ before, after: now }) => [before, now])).toEqual([['6', ''], ['', '4MiB'], ['', 'Acme']]);
  });
  it('say what is none', () => {
    expect(editTenant(tenant, { 'limits.max_backlog_bytes': 'much' }).errors).toEqual({ 'limits.max_backlog_bytes': 'must be a size such as 256KiB' });
  });
  it('are written as the file writes them', () => {
    expect([0, 1000, 1024, 10 * 1024 ** 3, 1536 * 1024].map(sizeText)).toEqual(['0', '1000', '1KiB', '10GiB', '1536KiB']);
  });
});

it('finds rows by words', () => {
  expect(find(['Acme billing', 'other'], ' BILL ac ', (row) => row)).toEqual(['Acme billing']);
  expect(find(['a', 'b'], ' ', (row) => row)).toEqual(['a', 'b']);
});
