import type { MessageInitShape } from '@bufbuild/protobuf';
import { recall, remember } from '../../api/storage';
import { lastPart } from '../../api/names';
import type { Filter, FilterSchema } from '../../gen/carillon/v1/destination_pb';
import type { SuggestMembersResponse_Member as Member } from '../../gen/carillon/v1/event_type_service_pb';

// What the wizard has gathered. It outlives a reload of the tab, but for secrets, which are never kept.

export type Comparison = 'is' | 'is not' | 'begins with' | 'is there' | 'is not there';
export const COMPARISONS: Comparison[] = ['is', 'is not', 'begins with', 'is there', 'is not there'];

export interface Condition {
  member: string;
  comparison: Comparison;
  value: string;
  /** What kind of value the member has: a number is not the text of its digits. */
  kind: 'text' | 'number' | 'boolean';
}

export interface Draft {
  tenant: string;
  types: string[];
  filtered: boolean;
  conditions: Condition[];
  /** An existing destination, by its name; empty: a new one. */
  existing: string;
  url: string;
  id: string;
  displayName: string;
  description: string;
}

export const emptyDraft = (tenant: string): Draft => ({
  tenant, types: [], filtered: false, conditions: [{ member: '', comparison: 'is', value: '', kind: 'text' }], existing: '', url: '', id: '', displayName: '', description: '',
});

export function loadDraft(tenant: string): Draft {
  try {
    const kept: unknown = JSON.parse(recall('wizard') ?? 'null');
    if (typeof kept === 'object' && kept !== null && Array.isArray((kept as Draft).types)) return { ...emptyDraft(tenant), ...(kept as Draft) };
  } catch {
    /* begin anew */
  }
  return emptyDraft(tenant);
}
export const keepDraft = (draft: Draft | undefined) => remember('wizard', draft ? JSON.stringify(draft) : undefined);

/** Members as filters of subscriptions name them, without what SuggestMembers puts in front. */
export const memberName = (path: string) => path.replace(/^payload\./, '');

export function kindOf(member: Member | undefined): Condition['kind'] {
  return member?.kind === 2 ? 'number' : member?.kind === 3 ? 'boolean' : 'text';
}

type FilterInit = MessageInitShape<typeof FilterSchema>;

const scalarOf = ({ value, kind }: Condition) => {
  if (kind === 'boolean' && (value === 'true' || value === 'false')) return { kind: { case: 'boolValue' as const, value: value === 'true' } };
  if (kind === 'number' && /^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$/.test(value)) return { kind: { case: 'number' as const, value } };
  return { kind: { case: 'stringValue' as const, value } };
};

function filterOf(condition: Condition): FilterInit {
  const { member, comparison, value } = condition;
  const subject = member.startsWith('attributes.') ? { attribute: member.slice('attributes.'.length) } : { payload: member };
  switch (comparison) {
    case 'is': return { ...subject, equals: scalarOf(condition) };
    case 'is not': return { not: { ...subject, equals: scalarOf(condition) } };
    case 'begins with': return { ...subject, prefix: value };
    case 'is there': return { ...subject, exists: true };
    case 'is not there': return { ...subject, exists: false };
  }
}

export const needsValue = (comparison: Comparison) => comparison === 'is' || comparison === 'is not' || comparison === 'begins with';
export const isWhole = ({ member, comparison, value }: Condition) => member !== '' && (!needsValue(comparison) || value !== '');

/** The subscription's filter; undefined: every event. */
export function draftFilter(draft: Draft): FilterInit | undefined {
  if (!draft.filtered) return undefined;
  const whole = draft.conditions.filter(isWhole).map(filterOf);
  return whole.length === 0 ? undefined : whole.length === 1 ? whole[0] : { all: whole };
}

/** A name made of a host: `api.acme.com` is `api-acme-com`. */
export function idFrom(url: string): string {
  try {
    return new URL(url).hostname.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 63);
  } catch {
    return '';
  }
}

export const isId = (text: string) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(text);
export const looksLikeUrl = (text: string) => /^https?:\/\/[^\s/]+/.test(text);

/** Whether a step has what the next one needs; otherwise what is missing. */
export function missing(draft: Draft, step: Step): string | undefined {
  if (step === 'events') {
    if (draft.types.length === 0) return 'Choose at least one event type.';
    if (draft.filtered && !draft.conditions.every(isWhole)) return 'Complete the condition, or take all events.';
  }
  if (step === 'destination' && !draft.existing) {
    if (!looksLikeUrl(draft.url)) return 'Enter a URL that begins with https:// or http://.';
    if (draft.id && !isId(draft.id)) return 'The name has other characters than a-z, 0-9 and -.';
  }
  return undefined;
}

export const STEPS = ['events', 'destination', 'secret', 'test'] as const;
export type Step = (typeof STEPS)[number];
export const readStep = (text: string | null): Step => STEPS.find((step) => step === text) ?? 'events';

export const typeWords = (types: string[]) => (types.length <= 2 ? types.map(lastPart).join(', ') : `${lastPart(types[0]!)} and ${types.length - 1} more`);

export type { Filter };
