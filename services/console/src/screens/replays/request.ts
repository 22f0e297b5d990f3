import { recall, remember } from '../../api/storage';
import { quoted } from '../../api/names';
import { ReplayEventsRequest_Selection as Selection } from '../../gen/carillon/v1/delivery_service_pb';
import { timestampOf } from '../../ui/format';
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

const KEPT = 20;
type Known = [name: string, address: string][];

function known(): Known {
  try {
    const list: unknown = JSON.parse(recall('replays') ?? '[]');
    return Array.isArray(list) ? list.filter((each): each is Known[number] => Array.isArray(each) && each.length === 2 && each.every((part) => typeof part === 'string')) : [];
  } catch {
    return [];
  }
}

/** The API does not keep what a replay asked for: the tab does, of the newest that it began. */
export const keepAsked = (operation: string, address: string) => remember('replays', JSON.stringify([[operation, address], ...known()].slice(0, KEPT)));
export const askedOf = (operation: string): string | undefined => known().find(([name]) => name === operation)?.[1];

/** The address of a form that begins like an operation: all that this tab knows of it, otherwise what the API tells. */
export function likeThis(operation: { name: string; target: string; maxRate?: number | undefined }): string {
  const kept = askedOf(operation.name);
  if (kept !== undefined) return `/replays/new?${kept}`;
  const params = new URLSearchParams({ destination: operation.target });
  if (operation.maxRate !== undefined) params.set('rate', String(operation.maxRate));
  return `/replays/new?${params}`;
}
