import { quoted } from '../../api/names';
import { ReplayEventsRequest_Selection as Selection } from '../../gen/carillon/v1/delivery_service_pb';
import type { Operation_Request as Request } from '../../gen/carillon/v1/operation_pb';
import { millisOf, timestampOf } from '../../ui/format';
import { readRate } from '../../ui/RateField';

// What a replay asks for, as the address of its form has it.

export const SELECTIONS: { value: string; selection: Selection; label: string; says: string }[] = [
  { value: 'subscribed', selection: Selection.SUBSCRIBED, label: 'Subscribed', says: 'What the subscriptions of now send there, also what has arrived once already.' },
  { value: 'missing', selection: Selection.MISSING, label: 'Missing', says: 'Of those, the ones that never arrived there and wait for no retry.' },
  { value: 'all', selection: Selection.ALL, label: 'All', says: 'Every event of the tenant in this range, whatever is subscribed.' },
];

const timeOf = (text: string | null): number | undefined => {
  const ms = text ? Date.parse(text) : NaN;
  return Number.isNaN(ms) ? undefined : ms;
};

export interface Asked {
  destination: string;
  from: number | undefined;
  to: number | undefined;
  type: string;
  filter: string;
  selection: (typeof SELECTIONS)[number];
  rate: string;
}

export function readAsked(params: URLSearchParams): Asked {
  return {
    destination: params.get('destination') ?? '', from: timeOf(params.get('from')), to: timeOf(params.get('to')), type: params.get('type') ?? '', filter: params.get('filter') ?? '',
    selection: SELECTIONS.find(({ value }) => value === params.get('selection')) ?? SELECTIONS[0]!, rate: params.get('rate') ?? '',
  };
}

/** What keeps it from being asked; undefined: nothing. */
export function lacking({ destination, from, to, rate }: Asked): string | undefined {
  if (!/^tenants\/[^/]+\/destinations\/[^/]+$/.test(destination)) return 'Choose a destination.';
  if (from !== undefined && to !== undefined && from >= to) return 'The range ends before it begins.';
  if (Number.isNaN(readRate(rate))) return 'The rate is none.';
  return undefined;
}

export function requestFor(asked: Asked) {
  const { destination, from, to, type, filter, selection } = asked;
  const parts = [...(type ? [`type = ${quoted(type)}`] : []), ...(filter.trim() ? [type ? `(${filter.trim()})` : filter.trim()] : [])];
  const rate = readRate(asked.rate);
  return {
    destination, selection: selection.selection, filter: parts.join(' AND '),
    ...(from === undefined ? {} : { startTime: timestampOf(from) }), ...(to === undefined ? {} : { endTime: timestampOf(to) }),
    ...(rate === undefined || Number.isNaN(rate) ? {} : { maxRate: rate }),
  };
}

/** `2026-11-28T01:40:26` of the viewer's zone, as inputs of the browser have it. */
export function localText(ms: number | undefined): string {
  if (ms === undefined) return '';
  const at = new Date(ms);
  return new Date(ms - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

const ONE_TYPE = /^type = ("(?:[^"\\]|\\.)*")(?: AND \(([^()]*)\))?$/;

/** A filter as the form has it: `requestFor` makes the same filter of both. */
export function parted(filter: string): { type: string; filter: string } {
  const [, type, rest = ''] = ONE_TYPE.exec(filter) ?? [];
  if (type === undefined) return { type: '', filter };
  const plain = type.slice(1, -1).replace(/\\(.)/g, '$1');
  return quoted(plain) === type ? { type: plain, filter: rest } : { type: '', filter };
}

/** The words for which events of a range an operation means. */
export const selectionOf = (request: Request) => SELECTIONS.find(({ selection }) => Number(selection) === Number(request.selection)) ?? SELECTIONS[0]!;

/** The address of a form that asks for what an operation was asked for. */
export function likeThis({ target, request }: { target: string; request?: Request | undefined }): string {
  const params = new URLSearchParams({ destination: request?.destination || target });
  if (request) {
    const { type, filter } = parted(request.filter);
    const [from, to, { value }] = [millisOf(request.startTime), millisOf(request.endTime), selectionOf(request)];
    if (from !== undefined) params.set('from', new Date(from).toISOString());
    if (to !== undefined) params.set('to', new Date(to).toISOString());
    if (type) params.set('type', type);
    if (filter) params.set('filter', filter);
    if (value !== 'subscribed') params.set('selection', value);
    if (request.maxRate !== undefined) params.set('rate', String(request.maxRate));
  }
  return `/replays/new?${params}`;
}
