import { Tabs } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Attempt, HttpHeader } from '../gen/carillon/v1/delivery_pb';
import { Body } from './Code';
import { durationMs, took } from './format';
import { adviceFor, OUTCOMES } from './outcomes';
import { Card, Chip, Copy, Foreign, OutcomeChip } from './parts';
import { cut } from './text';

const MAX_VALUE = 512;

interface Step {
  label: string;
  ms: number | undefined;
  mark: string;
}

/** The parts of an attempt, one after another; absent where one did not happen. */
export function stepsOf(attempt: Attempt): { steps: Step[]; total: number; reused: boolean } {
  const { phases } = attempt;
  const total = durationMs(phases?.total) ?? 0;
  const [dns, connect, tls, wait] = [phases?.dns, phases?.connect, phases?.tls, phases?.firstByte].map(durationMs);
  const known = (dns ?? 0) + (connect ?? 0) + (tls ?? 0) + (wait ?? 0);
  const { tone } = OUTCOMES[attempt.outcome];
  const rest = Math.max(0, total - known);
  const answered = wait !== undefined;
  const stuck = !answered && tone !== 'own' ? rest : undefined;
  return {
    total, reused: phases?.reusedConnection ?? false,
    steps: [
      { label: 'Find the name', ms: dns, mark: 'wf-dns' }, { label: 'Connect', ms: connect, mark: 'wf-tcp' }, { label: 'TLS', ms: tls, mark: 'wf-tls' },
      { label: 'Wait for the answer', ms: answered ? wait : stuck, mark: answered ? 'wf-wait' : 'wf-gone' },
      { label: 'Read the answer', ms: answered ? rest : undefined, mark: 'wf-body' },
    ],
  };
}

/** Where the time of an attempt went. */
export function Waterfall({ attempt }: { attempt: Attempt }) {
  const { steps, total, reused } = stepsOf(attempt);
  const limit = attempt.detail?.limit;
  let begin = 0;
  return (
    <div className="wf">
      {steps.map(({ label, ms, mark }) => {
        const x = total > 0 ? (begin / total) * 100 : 0;
        const width = total > 0 && ms !== undefined ? Math.max((ms / total) * 100, 0.8) : 0;
        begin += ms ?? 0;
        return (
          <div key={label} className="wf-r">
            <span>{label}</span>
            <span className="wf-b"><svg width="100%" height="12" aria-hidden><rect className="wf-t" width="100%" height="12" rx="2" />{ms === undefined ? null : <rect className={mark} x={`${Math.min(x, 99.2)}%`} width={`${Math.min(width, 100 - Math.min(x, 99.2))}%`} height="12" rx="2" />}</svg></span>
            <span className="r num">{ms === undefined ? '–' : took(ms)}</span>
          </div>
        );
      })}
      <div className="wf-r wf-sum"><span>In all</span><span className="muted">{limit ? `ended by ${limit.name} of ${limit.value}` : reused ? 'over a connection that was open' : ''}</span><b className="r num">{took(total)}</b></div>
    </div>
  );
}

function HeaderRow({ name, value, blanked }: HttpHeader) {
  const { shown, more } = cut(value, MAX_VALUE);
  return <div><dt><Foreign text={name} /></dt><dd>{blanked ? <Chip tone="own">not shown</Chip> : <Foreign text={shown} />}{more > 0 ? <span className="muted"> … {more} more <Copy value={value} what={name} /></span> : null}</dd></div>;
}

export function HeaderList({ headers, label }: { headers: HttpHeader[]; label: string }) {
  if (headers.length === 0) return null;
  return <dl className="hdr" aria-label={label}>{headers.map((header, i) => <HeaderRow key={i} {...header} />)}</dl>;
}

/** What was sent and what came back. */
export function Exchange({ attempt, children }: { attempt: Attempt; children?: ReactNode }) {
  const { request, response } = attempt;
  return (
    <Card pad={false} className="in-card">
      <Tabs className="tabs" defaultValue="request" keepMounted={false}>
        <Tabs.List aria-label="Request and response">
          <Tabs.Tab value="request">Request</Tabs.Tab>
          <Tabs.Tab value="response">{response?.status ? `Response ${response.status}` : 'Response (none)'}</Tabs.Tab>
          {children ? <Tabs.Tab value="event">Event</Tabs.Tab> : null}
        </Tabs.List>
        <Tabs.Panel value="request">
          {request ? (
            <>
              <div className="req"><b className="mono">POST</b><Foreign text={request.url} className="mono grow" /><Copy value={request.url} what="URL" /></div>
              <HeaderList headers={request.headers} label="Request headers" />
              <Body body={request.body} total={Number(request.bodyBytes)} label="Request body" name="request.bin" />
            </>
          ) : <p className="pad muted">What was sent is not kept for this attempt (<code>delivery_log.details</code>).</p>}
        </Tabs.Panel>
        <Tabs.Panel value="response">
          {response?.status ? (
            <>
              <div className="req"><OutcomeChip outcome={attempt.outcome} status={response.status} /></div>
              <HeaderList headers={response.headers} label="Response headers" />
              <Body body={response.body} total={Number(response.bodyBytes)} label="Response body" name="response.bin" />
            </>
          ) : <p className="pad muted">No answer came.</p>}
        </Tabs.Panel>
        {children ? <Tabs.Panel value="event">{children}</Tabs.Panel> : null}
      </Tabs>
    </Card>
  );
}

export const wordsOf = (attempt: Attempt, host: string) => adviceFor({
  outcome: attempt.outcome, status: attempt.response?.status ?? 0, host, remote: attempt.remoteAddress,
  tookMs: durationMs(attempt.phases?.total), detail: attempt.detail,
});
