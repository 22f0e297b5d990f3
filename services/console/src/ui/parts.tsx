import {
  IconBan, IconBolt, IconCheck, IconClock, IconClockX, IconLoader2, IconPlayerPause, IconPlugConnectedX,
  IconQuestionMark, IconShieldX, IconSkull, IconX,
} from '@tabler/icons-react';
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { memo, type ReactNode } from 'react';
import { Delivery_State } from '../gen/carillon/v1/delivery_pb';
import type { Outcome } from '../gen/carillon/v1/destination_pb';
import { millisOf, span, type TimeForm, timeText, utcText } from './format';
import { useNow } from './now';
import { OUTCOMES, type Tone } from './outcomes';
import { DELIVERY_STATES, DESTINATION_STATES, type DestinationState } from './states';
import { visible } from './text';

export { Copy } from './Copy';

type Icon = typeof IconX;
export const TONE_ICONS: Record<Tone, Icon> = {
  ok: IconCheck, bad: IconX, slow: IconClockX, net: IconPlugConnectedX, own: IconShieldX, info: IconClock,
};

export function Chip({ tone, icon, children, title }: { tone: Tone; icon?: ReactNode; children: ReactNode; title?: string }) {
  return <span className={`chip t-${tone}`} title={title}>{icon}{children}</span>;
}

const glyph = (I: Icon) => <I size={12} stroke={2.2} aria-hidden />;

export const OutcomeChip = memo(function OutcomeChip({ outcome, status }: { outcome: Outcome; status?: number }) {
  const { label, tone } = OUTCOMES[outcome] ?? OUTCOMES[0];
  return (
    <Chip tone={tone} icon={glyph(TONE_ICONS[tone])}>
      {status ? <b className="num">{status}</b> : null}{status && tone === 'bad' ? label.replace(/ \(.*\)$/, '') : label}
    </Chip>
  );
});

const STATE_ICONS: Partial<Record<DestinationState, Icon>> = {
  open: IconBolt, paused: IconPlayerPause, disabled: IconBan, idle: IconClock, unknown: IconQuestionMark,
};
export const StateChip = memo(function StateChip({ state }: { state: DestinationState }) {
  const { label, tone } = DESTINATION_STATES[state];
  return <Chip tone={tone} icon={glyph(STATE_ICONS[state] ?? TONE_ICONS[tone])}>{label}</Chip>;
});

const DELIVERY_ICONS: Partial<Record<Delivery_State, Icon>> = {
  [Delivery_State.DEAD]: IconSkull, [Delivery_State.IN_FLIGHT]: IconLoader2, [Delivery_State.HELD]: IconPlayerPause,
};
export const DeliveryChip = memo(function DeliveryChip({ state }: { state: Delivery_State }) {
  const { label, tone } = DELIVERY_STATES[state] ?? DELIVERY_STATES[0];
  return <Chip tone={tone} icon={glyph(DELIVERY_ICONS[state] ?? TONE_ICONS[tone])}>{label}</Chip>;
});

export function Card({ title, aside, children, pad = true, className }: {
  title?: ReactNode; aside?: ReactNode; children: ReactNode; pad?: boolean; className?: string;
}) {
  return (
    <section className={`card ${className ?? ''}`}>
      {title ? <header className="card-h"><h2>{title}</h2><div className="grow" />{aside}</header> : null}
      <div className={pad ? 'card-b' : ''}>{children}</div>
    </section>
  );
}

export function Kv({ rows }: { rows: [string, ReactNode][] }) {
  return <dl className="kv">{rows.map(([k, v]) => <div key={k}><dt>{k}</dt><dd>{v}</dd></div>)}</dl>;
}

/** Text of others in a line. */
export function Foreign({ text, className }: { text: string; className?: string }) {
  return <bdi className={className}>{visible(text)}</bdi>;
}

/** A time in the viewer's zone, UTC on hover. */
export function Time({ at, ms, form = 'auto' }: { at?: Timestamp | undefined; ms?: number | undefined; form?: TimeForm }) {
  const value = ms ?? millisOf(at);
  if (value === undefined) return <span className="muted">–</span>;
  return <time className="num" dateTime={new Date(value).toISOString()} title={utcText(value)}>{timeText(value, form)}</time>;
}

/** How long ago, or until when; counts on. */
export function Since({ at, ms }: { at?: Timestamp | undefined; ms?: number | undefined }) {
  const now = useNow();
  const value = ms ?? millisOf(at);
  if (value === undefined) return <span className="muted">–</span>;
  return <time className="num" dateTime={new Date(value).toISOString()} title={utcText(value)}>{span(Math.abs(now - value))}</time>;
}

/** A small line over time; the label says what it shows. */
export const Spark = memo(function Spark({ data, tone = 'accent', w = 96, h = 24, label }: {
  data: number[]; tone?: string; w?: number; h?: number; label: string;
}) {
  const max = Math.max(...data, 1);
  const points = data.map((v, i) => `${((i / Math.max(data.length - 1, 1)) * w).toFixed(1)},${(h - 2 - (v / max) * (h - 4)).toFixed(1)}`).join(' ');
  return (
    <svg className={`spark s-${tone}`} width={w} height={h} viewBox={`0 0 ${w} ${h}`} preserveAspectRatio="none" role="img" aria-label={label}>
      {data.length > 1 ? <><polygon points={`0,${h} ${points} ${w},${h}`} /><polyline points={points} /></> : null}
    </svg>
  );
});

const bar = (x: number, top: number, width: number, height: number) => `M${x.toFixed(1)} ${top.toFixed(1)}h${width.toFixed(1)}v${height.toFixed(1)}h-${width.toFixed(1)}z`;

/** Traffic over time as bars: their height is how much, their red part what failed. A path for each color, since lists
    have one in each row. */
export const Bars = memo(function Bars({ ok, bad, label }: { ok: number[]; bad: number[]; label: string }) {
  const max = Math.max(...ok.map((v, i) => v + (bad[i] ?? 0)), 1);
  const step = 116 / Math.max(ok.length, 1);
  const width = step * 0.72;
  const paths = { track: '', 'm-ok': '', 'm-bad': '' };
  ok.forEach((good, i) => {
    const failed = bad[i] ?? 0;
    const all = ((good + failed) / max) * 20;
    const red = failed > 0 ? Math.max((failed / max) * 20, 1.5) : 0;
    if (all === 0) paths.track += bar(i * step, 20, width, 1);
    else if (all > red) paths['m-ok'] += bar(i * step, 21 - all, width, all - red);
    if (red > 0) paths['m-bad'] += bar(i * step, 21 - red, width, red);
  });
  return (
    <svg className="hbars" width={116} height={22} viewBox="0 0 116 22" role="img" aria-label={label}>
      {Object.entries(paths).map(([name, d]) => (d ? <path key={name} className={name} d={d} /> : null))}
    </svg>
  );
});
