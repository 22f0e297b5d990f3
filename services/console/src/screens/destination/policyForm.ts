import { fromJson, type JsonObject, type JsonValue, toJson } from '@bufbuild/protobuf';
import { DurationSchema } from '@bufbuild/protobuf/wkt';
import { type Destination, DestinationSchema } from '../../gen/carillon/v1/destination_pb';
import { durationText, readDuration, readSize, sizeText } from '../../ui/format';

// What of a destination a form changes. Paths are those of the API: default, bounds and errors come from there.

export type Kind = 'text' | 'number' | 'size' | 'duration' | 'durations' | 'choice' | 'switch';
export interface Field {
  path: string;
  label: string;
  kind: Kind;
  /** Of a choice: the value of the API and its words. */
  choices?: [string, string][];
}
export interface Group {
  title: string;
  fields: Field[];
}

export const GROUPS: Group[] = [
  { title: 'Where', fields: [{ path: 'url', label: 'URL', kind: 'text' }, { path: 'display_name', label: 'Name for people', kind: 'text' }, { path: 'description', label: 'Description', kind: 'text' }] },
  {
    title: 'What is sent, and what counts',
    fields: [
      {
        path: 'format', label: 'Format', kind: 'choice',
        choices: [['FORMAT_STANDARD', 'Standard Webhooks'], ['FORMAT_PAYLOAD', 'The bare payload'], ['FORMAT_ARRAY', 'JSON array of payloads'], ['FORMAT_CLOUDEVENTS', 'CloudEvents'], ['FORMAT_CLOUDEVENTS_BATCH', 'CloudEvents, batch'], ['FORMAT_CLOUDEVENTS_BINARY', 'CloudEvents, binary']],
      },
      { path: 'success', label: 'Counts as delivered', kind: 'choice', choices: [['SUCCESS_2XX', '200 to 299'], ['SUCCESS_BELOW_400', 'Any answer but 400 to 599'], ['SUCCESS_ANY_RESPONSE', 'Any answer']] },
      { path: 'batch.max_events', label: 'Events in one request', kind: 'number' },
      { path: 'batch.max_wait', label: 'Wait for others', kind: 'duration' },
    ],
  },
  { title: 'How long it may take', fields: [{ path: 'timeouts.connect', label: 'To connect', kind: 'duration' }, { path: 'timeouts.total', label: 'In all', kind: 'duration' }] },
  {
    title: 'How fast',
    fields: [
      { path: 'concurrency', label: 'At once', kind: 'number' }, { path: 'adaptive_concurrency', label: 'Adapt to how it answers', kind: 'switch' },
      { path: 'rate.per_second', label: 'Requests a second', kind: 'number' }, { path: 'rate.burst', label: 'At once after a quiet time', kind: 'number' },
    ],
  },
  {
    title: 'When it fails',
    fields: [
      { path: 'retry.delays.items', label: 'Retries after', kind: 'durations' }, { path: 'retry.max_age', label: 'Give up when older than', kind: 'duration' },
      { path: 'breaker.consecutive_failures', label: 'Breaker: failures in a row', kind: 'number' }, { path: 'breaker.max_delay', label: 'Breaker: open at most', kind: 'duration' },
      { path: 'disabling.failing_for', label: 'Disable when it failed for', kind: 'duration' },
    ],
  },
];
export const FIELDS = GROUPS.flatMap((group) => group.fields);

const camel = (name: string) => name.replace(/_([a-z])/g, (_whole, letter: string) => letter.toUpperCase());
const partsOf = (path: string) => path.split('.').map(camel);
/** An update mask takes the whole member, as the draft has it whole. */
export const topOf = (path: string) => path.slice(0, path.includes('.') ? path.indexOf('.') : undefined);

function find(json: JsonValue | undefined, path: string): JsonValue | undefined {
  let at: JsonValue | undefined = json;
  for (const part of partsOf(path)) at = typeof at === 'object' && at !== null && !Array.isArray(at) ? at[part] : undefined;
  return at;
}

function put(json: JsonObject, path: string, value: JsonValue | undefined): void {
  const parts = partsOf(path);
  const last = parts.pop()!;
  let at = json;
  const passed: [JsonObject, string][] = [];
  for (const part of parts) {
    const next = at[part];
    if (typeof next !== 'object' || next === null || Array.isArray(next)) {
      if (value === undefined) return;
      at[part] = {};
    }
    passed.push([at, part]);
    at = at[part] as JsonObject;
  }
  if (value === undefined) delete at[last];
  else at[last] = value;
  // A message that has become empty goes, too: `rate: {}` would be no rate but a wrong one.
  for (const [parent, part] of passed.reverse()) if (Object.keys(parent[part] as JsonObject).length === 0) delete parent[part];
}

const duration = (json: JsonValue) => durationText(fromJson(DurationSchema, json));

/** As the field shows it; empty: the default. */
export function textIn(json: JsonObject, { path, kind }: Field): string {
  const value = find(json, path);
  if (value === undefined || value === null) return '';
  if (kind === 'duration') return duration(value);
  if (kind === 'size') return sizeText(Number(value));
  if (kind === 'durations') return Array.isArray(value) ? value.map(duration).join(', ') : '';
  return String(value);
}

const seconds = (text: string): string | undefined => {
  const read = readDuration(text);
  if (!read) return undefined;
  const nanos = String(read.nanos).padStart(9, '0').replace(/0+$/, '');
  return `${read.seconds}${nanos ? `.${nanos}` : ''}s`;
};

/** What a text means, or why it means nothing. */
export function valueOf(text: string, kind: Kind): { value: JsonValue | undefined } | { error: string } {
  const trimmed = text.trim();
  if (!trimmed) return { value: undefined };
  switch (kind) {
    case 'number': return Number.isFinite(Number(trimmed)) ? { value: Number(trimmed) } : { error: 'must be a number' };
    case 'size': return readSize(trimmed) === undefined ? { error: 'must be a size such as 256KiB' } : { value: readSize(trimmed)! };
    case 'duration': return seconds(trimmed) === undefined ? { error: 'must be a duration such as 500ms, 2s, 5m or 1h30m' } : { value: seconds(trimmed)! };
    case 'durations': {
      const all = trimmed.split(/[\s,]+/).filter(Boolean).map(seconds);
      return all.some((each) => each === undefined) ? { error: 'must be durations such as 10s, 1m, 10m' } : { value: all as string[] };
    }
    case 'switch': return { value: trimmed === 'true' ? true : undefined };
    default: return { value: text };
  }
}

export interface Edited {
  destination: Destination;
  json: JsonObject;
  /** Top members, for the mask. */
  mask: string[];
  changes: { field: Field; before: string; after: string }[];
  errors: Record<string, string>;
}

export const jsonOf = (destination: Destination): JsonObject => toJson(DestinationSchema, destination) as JsonObject;

export interface EditedJson {
  json: JsonObject;
  changes: { field: Field; before: string; after: string }[];
  errors: Record<string, string>;
}

/** The JSON of a resource with what was typed put into it. `touch` is told before a member gets a value. */
export function editJson(old: JsonObject, fields: Field[], texts: Record<string, string>, touch: (json: JsonObject, field: Field) => void = () => {}): EditedJson {
  const json = structuredClone(old);
  const errors: Record<string, string> = {};
  const changes: EditedJson['changes'] = [];
  for (const field of fields) {
    const text = texts[field.path];
    const was = textIn(old, field);
    if (text === undefined || text.trim() === was) continue;
    const read = valueOf(text, field.kind);
    if ('error' in read) {
      errors[field.path] = read.error;
      continue;
    }
    if (read.value !== undefined) touch(json, field);
    put(json, field.path, read.value);
    changes.push({ field, before: was, after: text.trim() });
  }
  return { json, changes, errors };
}

export const masksOf = (changes: EditedJson['changes']): string[] => [...new Set(changes.map(({ field }) => topOf(field.path)))];

/** A destination with what was typed put into it. */
export function edit(before: Destination, texts: Record<string, string>): Edited {
  const { json, changes, errors } = editJson(jsonOf(before), FIELDS, texts, (draft, field) => {
    if (field.path !== 'retry.delays.items') return;
    put(draft, 'retry.none', undefined);
    put(draft, 'retry.exponential', undefined);
  });
  return { destination: fromJson(DestinationSchema, json), json, mask: masksOf(changes), changes, errors };
}

const OUTPUT = ['uid', 'etag', 'createTime', 'updateTime', 'revision', 'origin', 'state', 'status', 'disabled', 'keys'];

/** What the configuration file would say. */
export function fileOf(json: JsonObject): JsonObject {
  const snake = (value: JsonValue): JsonValue => {
    if (Array.isArray(value)) return value.map(snake);
    if (typeof value !== 'object' || value === null) return typeof value === 'string' && /^[0-9.]+s$/.test(value) ? duration(value) : value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`), snake(member)]));
  };
  const kept = Object.fromEntries(Object.entries(json).filter(([name]) => !OUTPUT.includes(name)));
  const file = snake(kept) as JsonObject;
  const retry = file['retry'];
  if (typeof retry === 'object' && retry !== null && !Array.isArray(retry)) {
    const delays = retry['delays'];
    if (typeof delays === 'object' && delays !== null && !Array.isArray(delays)) retry['delays'] = delays['items'] ?? [];
  }
  return file;
}
