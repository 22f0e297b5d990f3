import { Outcome } from '../gen/carillon/v1/destination_pb';
import type { AttemptDetail } from '../gen/carillon/v1/delivery_pb';
import { durationMs, millisOf, span, timeText, took } from './format';

// What each outcome of an attempt means to people. The class decides color and icon together; color never stands
// alone.

export type Tone = 'ok' | 'bad' | 'slow' | 'net' | 'own' | 'info';

export interface OutcomeWords {
  /** On a chip. */
  label: string;
  tone: Tone;
  /** As the API's filters write it. */
  filter: string;
}

export const OUTCOMES: Record<Outcome, OutcomeWords> = {
  [Outcome.UNSPECIFIED]: { label: 'None yet', tone: 'own', filter: '' },
  [Outcome.SUCCESS]: { label: 'Delivered', tone: 'ok', filter: 'OUTCOME_SUCCESS' },
  [Outcome.HTTP_3XX]: { label: 'Redirected', tone: 'bad', filter: 'OUTCOME_HTTP_3XX' },
  [Outcome.HTTP_4XX]: { label: 'Refused (4xx)', tone: 'bad', filter: 'OUTCOME_HTTP_4XX' },
  [Outcome.HTTP_429]: { label: 'Too many (429)', tone: 'bad', filter: 'OUTCOME_HTTP_429' },
  [Outcome.HTTP_5XX]: { label: 'Server error', tone: 'bad', filter: 'OUTCOME_HTTP_5XX' },
  [Outcome.CONNECT_TIMEOUT]: { label: 'No connection', tone: 'slow', filter: 'OUTCOME_CONNECT_TIMEOUT' },
  [Outcome.RESPONSE_TIMEOUT]: { label: 'No answer in time', tone: 'slow', filter: 'OUTCOME_RESPONSE_TIMEOUT' },
  [Outcome.DNS]: { label: 'Name not found', tone: 'net', filter: 'OUTCOME_DNS' },
  [Outcome.CONNECT_REFUSED]: { label: 'Connection refused', tone: 'net', filter: 'OUTCOME_CONNECT_REFUSED' },
  [Outcome.UNREACHABLE]: { label: 'No route', tone: 'net', filter: 'OUTCOME_UNREACHABLE' },
  [Outcome.RESET]: { label: 'Connection broke', tone: 'net', filter: 'OUTCOME_RESET' },
  [Outcome.TLS]: { label: 'TLS failed', tone: 'net', filter: 'OUTCOME_TLS' },
  [Outcome.PROTOCOL]: { label: 'Not HTTP', tone: 'net', filter: 'OUTCOME_PROTOCOL' },
  [Outcome.CANCELLED]: { label: 'Given up', tone: 'own', filter: 'OUTCOME_CANCELLED' },
  [Outcome.BLOCKED]: { label: 'Blocked', tone: 'own', filter: 'OUTCOME_BLOCKED' },
  [Outcome.LOCAL_SHORTAGE]: { label: 'Not sent', tone: 'own', filter: 'OUTCOME_LOCAL_SHORTAGE' },
};

/** In charts: four classes and Carillon's own decisions. */
export const CLASSES: { tone: Exclude<Tone, 'info'>; label: string; token: string }[] = [
  { tone: 'ok', label: 'Delivered', token: '--c-bar-ok' },
  { tone: 'bad', label: 'Refused or failed', token: '--c-bad-mark' },
  { tone: 'slow', label: 'Timed out', token: '--c-warn-mark' },
  { tone: 'net', label: 'Not reachable', token: '--c-net-mark' },
  { tone: 'own', label: 'Not sent', token: '--c-mute-mark' },
];

/** What is known of one attempt, or of the last one of a destination. */
export interface Facts {
  outcome: Outcome;
  status?: number;
  host: string;
  /** Address and port that was connected to. */
  remote?: string | undefined;
  tookMs?: number | undefined;
  detail?: AttemptDetail | undefined;
}

export type Act = 'use-url' | 'raise-timeout' | 'set-rate';
export interface Advice {
  title: string;
  advice: string[];
  act?: Act;
}

const inTime = (facts: Facts) => {
  const limit = facts.detail?.limit?.value;
  if (limit) return ` within ${limit}`;
  return facts.tookMs === undefined ? ' in time' : ` within ${took(facts.tookMs)}`;
};

function refused({ status = 0, host }: Facts): Advice {
  const title = status === 410
    ? `${host} says that it is gone for good (410)`
    : `${host} refused the request: ${status || '4xx'}`;
  const by: Record<number, string> = {
    401: 'It did not accept who we are: look at its signature check, and at Authorization under Policy.',
    403: 'It did not accept who we are: look at its signature check, and at Authorization under Policy.',
    404: 'Check the path of the URL.',
    405: 'It does not take POST at this path: check the path of the URL.',
    410: 'By default a destination is disabled then. Enable it when the receiver is back.',
    413: 'The body is too large for it: make batches smaller under Policy.',
    415: 'It expects another content type: choose another format under Policy.',
  };
  return { title, advice: [...(by[status] ? [by[status]] : []), 'Read the body of its answer: it usually says what is wrong.'] };
}

function tls({ host, detail }: Facts): Advice {
  const facts = detail?.tls;
  const end = millisOf(facts?.notAfter);
  const begin = millisOf(facts?.notBefore);
  if (end !== undefined && end < Date.now()) {
    return { title: `The certificate of ${host} ended on ${timeText(end, 'date')}`, advice: ['Renew it at the receiver.'] };
  }
  if (begin !== undefined && begin > Date.now()) {
    return { title: `The certificate of ${host} begins on ${timeText(begin, 'date')}`, advice: ['Look at the clock of the machine that made it.'] };
  }
  if (facts && /host ?name|mismatch/i.test(facts.verifyError)) {
    const names = facts.names.slice(0, 3).join(', ');
    return { title: `The certificate is for other names${names ? `: ${names}` : ''}`, advice: [`Get one that is good for ${host}, or correct the URL.`] };
  }
  if (facts && /issuer|self.signed|chain/i.test(facts.verifyError)) {
    return {
      title: `The certificate of ${host} is not trusted: ${facts.verifyError}`,
      advice: ['The receiver should send its whole chain, the intermediate certificates too.',
        'An authority of your own goes under Policy, TLS, ca.'],
    };
  }
  return {
    title: facts?.verifyError ? `TLS with ${host} failed: ${facts.verifyError}` : `TLS with ${host} failed`,
    advice: ['Renew the certificate, or send the whole chain.', 'The receiver has to speak TLS 1.2 or newer at this port.'],
  };
}

/** The words for one outcome with its facts filled in. A new outcome does not compile until it has some. */
export function adviceFor(facts: Facts): Advice {
  const { outcome, host, remote, status, tookMs, detail } = facts;
  const at = remote || host;
  switch (outcome) {
    case Outcome.SUCCESS:
      return { title: `${host} answered ${status || 'success'}${tookMs === undefined ? '' : ` in ${took(tookMs)}`}`, advice: [] };
    case Outcome.HTTP_3XX:
      return {
        title: `${host} answered ${status || 'a redirect'}${detail?.redirectUrl ? ` to ${detail.redirectUrl}` : ''}`,
        advice: ['Redirects are not followed: enter the final URL in the destination.'],
        ...(detail?.redirectUrl ? { act: 'use-url' as const } : {}),
      };
    case Outcome.HTTP_4XX: return refused(facts);
    case Outcome.HTTP_429: {
      const wait = durationMs(detail?.retryAfter);
      return {
        title: `${host} asks for fewer requests${wait === undefined ? '' : `, and to wait ${span(wait)}`}`,
        advice: ['Set a rate that suits it under Policy.', 'Nothing is lost: it is tried again when the receiver allows it.'],
        act: 'set-rate',
      };
    }
    case Outcome.HTTP_5XX:
      return {
        title: `${host} failed while it handled the request: ${status || '5xx'}`,
        advice: status === 502 || status === 504
          ? ['The proxy in front got no answer from the application behind it.', 'Look for this webhook-id in its log.']
          : ['Look for this webhook-id in the log of the receiver.'],
      };
    case Outcome.CONNECT_TIMEOUT:
      return {
        title: `No connection to ${at} came about${inTime(facts)}`,
        advice: ['A firewall may drop our packets: allow our addresses.', 'Check that host and port are right.'],
      };
    case Outcome.RESPONSE_TIMEOUT:
      return {
        title: `${host} took the request, but did not answer${inTime(facts)}`,
        advice: ['Answer first, work afterwards: put the event in a queue and answer 202.', 'Or raise the timeout under Policy.'],
        act: 'raise-timeout',
      };
    case Outcome.DNS:
      return {
        title: `${detail?.dns?.host || host} does not resolve${detail?.dns?.code ? ` (${detail.dns.code})` : ''}`,
        advice: ['Check the spelling of the host.', 'If it was made today, its DNS entry may not be known everywhere yet.'],
      };
    case Outcome.CONNECT_REFUSED:
      return { title: `Nothing listens at ${at}`, advice: ['Check that the receiver runs, and that the port is right.'] };
    case Outcome.UNREACHABLE:
      return { title: `There is no route to ${at}`, advice: ['Check network and firewall between Carillon and the host.', 'It may have an IPv6 address only.'] };
    case Outcome.RESET:
      return {
        title: `The connection was closed${tookMs === undefined ? '' : ` after ${took(tookMs)}`}, before a whole answer came`,
        advice: ['A proxy or load balancer may close connections that are idle for less time than ours.', 'The receiver may have crashed.'],
      };
    case Outcome.TLS: return tls(facts);
    case Outcome.PROTOCOL:
      return { title: 'What came back is no HTTP answer', advice: ['Check http:// against https://, and that the port is right.'] };
    case Outcome.CANCELLED:
      return { title: 'Carillon ended the attempt itself', advice: ['At a restart it is sent again. What was removed, or is older than retry.max_age, is not.'] };
    case Outcome.BLOCKED:
      return {
        title: detail?.ssrf?.address
          ? `${detail.ssrf.address} is not allowed${detail.ssrf.rule ? ` (${detail.ssrf.rule})` : ''}. Nothing was sent`
          : 'The address is not allowed. Nothing was sent',
        advice: ['Use a public address, or ask the operator to allow the network.'],
      };
    case Outcome.LOCAL_SHORTAGE:
      return { title: 'This server was short of something. Nothing was sent', advice: ['The receiver is not to blame; it is tried again. The log of carillond says what there was too little of.'] };
    case Outcome.UNSPECIFIED:
      return { title: 'There was no attempt yet', advice: [] };
  }
}
