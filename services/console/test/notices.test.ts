import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { DestinationStatus_Reason as Reason, Outcome } from '../src/gen/carillon/v1/destination_pb';
import { Notice_Kind as Kind, NoticeSchema } from '../src/gen/carillon/v1/notice_service_pb';
import { filterOf } from '../src/screens/notices/filter';
import { noticeText, noticeWords } from '../src/screens/notices/words';
import { timeText } from '../src/ui/format';

const NOW = Date.now();
const at = (ms: number) => ({ seconds: BigInt(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1_000_000 });
const notice = (kind: Kind, more: object = {}) =>
  create(NoticeSchema, { destination: 'tenants/acme/destinations/crm', kind, firstTime: at(NOW), lastTime: at(NOW), count: 1n, ...more });

describe('what happened', () => {
  it('tells unreachable, timing out and failing apart', () => {
    const opened = (outcome: Outcome, responseStatus = 0) => noticeWords(notice(Kind.CIRCUIT_OPENED, { outcome, responseStatus, sinceTime: at(NOW - 60_000) }));
    const since = `failing since ${timeText(NOW - 60_000, 'short')}`;
    expect(opened(Outcome.DNS)).toEqual({ tone: 'net', before: '', after: 'became unreachable', more: `Name not found · ${since}` });
    expect(opened(Outcome.RESPONSE_TIMEOUT)).toMatchObject({ tone: 'slow', after: 'stopped answering', more: `No answer in time · ${since}` });
    expect(opened(Outcome.HTTP_5XX, 503)).toMatchObject({ tone: 'bad', after: 'is failing', more: `503 · ${since}` });
  });

  it('says how long a breaker was open', () => {
    expect(noticeWords(notice(Kind.CIRCUIT_CLOSED, { sinceTime: at(NOW - 14 * 60_000) })).more).toBe('breaker closed after 14 min');
    expect(noticeWords(notice(Kind.CIRCUIT_CLOSED)).more).toBe('breaker closed');
  });

  it('counts deliveries in front of the name', () => {
    expect(noticeText(notice(Kind.DEAD, { count: 37n, outcome: Outcome.HTTP_5XX, responseStatus: 500 }))).toBe('37 deliveries to crm given up');
    expect(noticeText(notice(Kind.EVICTED))).toBe('1 delivery to crm given up');
    expect(noticeWords(notice(Kind.DEAD, { outcome: Outcome.DNS })).more).toBe('Name not found on the last attempt');
    expect(noticeWords(notice(Kind.DEAD, { outcome: Outcome.CANCELLED })).more).toBe('purged, too old, or no longer wanted');
  });

  it('says how often, and since when', () => {
    const twice = notice(Kind.PAUSED, { count: 2n, firstTime: at(NOW - 600_000) });
    expect(noticeWords(twice).more).toBe(`2 times since ${timeText(NOW - 600_000, 'short')}`);
    const dead = notice(Kind.DEAD, { count: 2n, outcome: Outcome.TLS, firstTime: at(NOW - 600_000) });
    expect(noticeWords(dead).more).toBe(`TLS failed on the last attempt · since ${timeText(NOW - 600_000, 'short')}`);
  });

  it('says who did it', () => {
    expect(noticeWords(notice(Kind.PAUSED, { principal: 'token:tokens/ops' })).more).toBe('by token ops');
    expect(noticeWords(notice(Kind.DISABLED, { principal: 'token:tokens/ops', reason: Reason.PRINCIPAL })).more).toBe('by token ops');
  });

  it('says why something was disabled, and what the server did', () => {
    expect(noticeWords(notice(Kind.DISABLED, { reason: Reason.GONE })).more).toBe('It answered 410 Gone');
    expect(noticeText(notice(Kind.RELOADED, { destination: '', message: '2 destinations' }))).toBe('Configuration reloaded');
    expect(noticeWords(notice(Kind.STARTED, { destination: '', message: '1.2.3' })).more).toBe('version 1.2.3');
  });

  it('has words for each kind', () => {
    for (const kind of Object.values(Kind).filter((each): each is Kind => typeof each === 'number')) expect(noticeText(notice(kind))).not.toBe('');
  });

  it('is filtered as the API says it', () => {
    const of = (query: string, within = '') => filterOf(new URLSearchParams(query), within);
    expect(of('')).toBe('');
    expect(of('kind=dead')).toBe('(kind = DEAD OR kind = EVICTED)');
    expect(of('kind=nonsense')).toBe('');
    expect(of('destination=tenants/acme/destinations/crm&kind=state')).toBe('(kind = DISABLED OR kind = ENABLED OR kind = PAUSED OR kind = RESUMED) AND destination = "tenants/acme/destinations/crm"');
    expect(of('q=cr', 'tenants/acme')).toBe('destination = "tenants/acme/destinations/cr*"');
  });
});
