import { create, equals, type MessageInitShape } from '@bufbuild/protobuf';
import { lastPart, tenantOf } from '../../api/names';
import { type Filter, FilterSchema, type Subscription, SubscriptionSchema } from '../../gen/carillon/v1/destination_pb';
import { type Condition, type Draft, draftFilter, emptyDraft } from '../wizard/draft';

// A subscription as a form, and what the form changes of it.

export interface Form {
  draft: Draft;
  /** Of destinations, whole. */
  destinations: string[];
  /** A condition that the form's rows cannot say; it stays as it is until it is replaced. */
  kept: Filter | undefined;
}

function rowOf(filter: Filter): Condition | undefined {
  const { attribute, payload, payloadPath, all, any, not, oneOf } = filter;
  if (all.length > 0 || any.length > 0 || oneOf.length > 0 || payloadPath.length > 0) return undefined;
  if (not) {
    const row = rowOf(not);
    return row?.comparison === 'is' ? { ...row, comparison: 'is not' } : undefined;
  }
  // The form says `attributes.` for an attribute.
  if (!attribute && (!payload || payload.startsWith('attributes.'))) return undefined;
  const member = attribute ? `attributes.${attribute}` : payload;
  if (filter.prefix !== undefined) return filter.prefix === '' ? undefined : { member, comparison: 'begins with', value: filter.prefix, kind: 'text' };
  if (filter.exists !== undefined) return { member, comparison: filter.exists ? 'is there' : 'is not there', value: '', kind: 'text' };
  const scalar = filter.equals?.kind;
  switch (scalar?.case) {
    case 'stringValue': return scalar.value === '' ? undefined : { member, comparison: 'is', value: scalar.value, kind: 'text' };
    case 'number': return { member, comparison: 'is', value: scalar.value, kind: 'number' };
    case 'boolValue': return { member, comparison: 'is', value: String(scalar.value), kind: 'boolean' };
    default: return undefined;
  }
}

/** The rows that say a condition; undefined: rows cannot say it. */
export function rowsOf(filter: Filter): Condition[] | undefined {
  const rows = (filter.all.length > 0 ? filter.all : [filter]).map(rowOf);
  if (rows.length > 16 || !rows.every((row) => row !== undefined)) return undefined;
  const said = draftFilter({ ...emptyDraft(''), filtered: true, conditions: rows });
  return said !== undefined && equals(FilterSchema, create(FilterSchema, said), filter) ? rows : undefined;
}

export function formOf(subscription: Subscription): Form {
  const { filter, name } = subscription;
  const rows = filter ? rowsOf(filter) : undefined;
  const draft = emptyDraft(tenantOf(name));
  return {
    draft: {
      ...draft, types: subscription.types.map((type) => (type.includes('/') ? lastPart(type) : type)), filtered: filter !== undefined, ...(rows ? { conditions: rows } : {}),
      displayName: subscription.displayName, description: subscription.description,
    },
    destinations: subscription.destinations.map((to) => (to.includes('/') ? to : `tenants/${tenantOf(name)}/destinations/${to}`)),
    kept: filter && !rows ? filter : undefined,
  };
}

const same = (a: readonly string[], b: readonly string[]) => a.length === b.length && [...a].sort().every((each, i) => each === [...b].sort()[i]);

/** What the form would save, by the paths that differ; no paths: nothing. */
export function changesOf(subscription: Subscription, form: Form): { subscription: MessageInitShape<typeof SubscriptionSchema>; paths: string[] } {
  const before = formOf(subscription);
  const { draft } = form;
  const paths: string[] = [];
  if (!same(before.draft.types, draft.types)) paths.push('types');
  if (!same(before.destinations, form.destinations)) paths.push('destinations');
  const filter = draft.filtered ? form.kept ?? draftFilter(draft) : undefined;
  const now = filter === undefined ? undefined : create(FilterSchema, filter as MessageInitShape<typeof FilterSchema>);
  const kept = now !== undefined && subscription.filter !== undefined && equals(FilterSchema, now, subscription.filter);
  if (!kept && (now !== undefined || subscription.filter !== undefined)) paths.push('filter');
  if (draft.displayName.trim() !== subscription.displayName) paths.push('display_name');
  if (draft.description.trim() !== subscription.description) paths.push('description');
  return {
    paths,
    subscription: {
      name: subscription.name, etag: subscription.etag, types: draft.types, destinations: form.destinations, displayName: draft.displayName.trim(), description: draft.description.trim(),
      ...(now === undefined ? {} : { filter: now }),
    },
  };
}

/** A pattern that may be typed: `order.paid`, `order.*`, `*`. */
export const isPattern = (text: string): boolean => text === '*' || /^[a-z0-9_-]+(\.[a-z0-9_-]+)*(\.\*)?$/.test(text);
