import { fromJson, type JsonObject, type JsonValue, toJson } from '@bufbuild/protobuf';
import { DurationSchema, TimestampSchema } from '@bufbuild/protobuf/wkt';
import { type Config, ConfigSchema } from '../../gen/carillon/v1/config_pb';
import type { DescribeTypeResponse_Field as Field, SettingSource, SettingSources } from '../../gen/carillon/v1/server_service_pb';
import { docsOf } from '../../ui/fields';
import { durationMs, durationText, millisOf, readDuration, readSize, sizeText, timeText } from '../../ui/format';
import { toYaml } from '../../ui/yaml';

// What the configuration file says beside what holds without it: names, defaults, bounds and words come from the API
// (DescribeType), values from GetSettings, which has the defaults of most sections filled in, and where they come from
// from GetSettingSources.

/** `derived`: nothing sets it, and what holds is not the default but what this machine allows of it. */
export type Source = 'file' | 'variable' | 'default' | 'derived' | 'unset';

export interface Setting {
  /** As in the file: `server.log_level`. */
  path: string;
  /** Without the section. */
  name: string;
  /** As the file writes it; empty where nothing is set and nothing is known to hold. */
  value: string;
  /** There is a secret, and nothing more is told. */
  secret: boolean;
  /** Of a list of messages: each as YAML. */
  items: string[];
  default: string;
  help: string;
  source: Source;
  /** `carillon.yaml:12`; empty where the file does not set it. */
  place: string;
  /** The environment variable that sets it, whatever the file says. */
  variable: string;
  /** What holds a secret or a certificate that the file only names: `env: MASTER_KEY`. */
  reference: string;
}

export interface Section {
  name: string;
  help: string;
  /** A changed file is enough; otherwise it takes a restart. */
  reloads: boolean;
  settings: Setting[];
}

/** The sections that a reload applies, as the comment of the message Config says. */
export const RELOADED = ['access', 'guard', 'proxy', 'limits'];
/** What screens of their own show. */
export const RESOURCES = ['event_types', 'tenants', 'destinations', 'subscriptions'];

const camel = (name: string) => name.replace(/_([a-z0-9])/g, (_whole, letter: string) => letter.toUpperCase());
const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const isObject = (value: JsonValue | undefined): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);
const MESSAGE = 'carillon.v1.';

function find(json: JsonObject, path: string): JsonValue | undefined {
  let at: JsonValue | undefined = json;
  for (const part of path.split('.').map(camel)) at = isObject(at) ? at[part] : undefined;
  return at;
}

const DEFAULT = /Default: ((?:[^.]|\.(?! |$))+)\.(?= |$)/m;

/** `Default: 1.5 s.` of a comment, for what has no default that a program can read. */
export function defaultWords(comment: string): string {
  const found = DEFAULT.exec(comment);
  return found ? found[1]!.replaceAll('`', '') : '';
}

/** What all values of an enum begin with: `LOG_LEVEL_`. The file leaves it out. */
function prefixOf(values: string[]): string {
  const [first = ''] = values;
  for (let end = first.lastIndexOf('_'); end > 0; end = first.lastIndexOf('_', end - 1)) {
    const prefix = first.slice(0, end + 1);
    if (values.every((value) => value.startsWith(prefix))) return prefix;
  }
  return '';
}

const short = (value: string, prefix: string) => (prefix && value.startsWith(prefix) ? value.slice(prefix.length).toLowerCase() : value);
/** By its rule, or by its name. */
const isSize = (field: Field) => /^u?int64$/.test(field.type) && (/iB$/.test(field.rule?.max ?? '') || /bytes$/.test(field.path));

function scalar(value: JsonValue, field: Field): string {
  if (field.type === 'google.protobuf.Duration') return durationText(fromJson(DurationSchema, value));
  if (isSize(field)) return sizeText(Number(value));
  return short(String(value), prefixOf(field.enumValues));
}

/** The same in one form: `1d` and `24h`, `1024` and `1KiB`. */
function comparable(text: string, field: Field): string {
  if (field.type === 'google.protobuf.Duration') return String(durationMs(readDuration(text) as never) ?? text);
  return isSize(field) ? String(readSize(text) ?? text) : text;
}

/** A message of a list as the file writes it, without what must not be seen: hashes of tokens, secrets. */
function shown(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(shown);
  if (!isObject(value)) return typeof value === 'string' ? value.replace(/^ROLE_([A-Z_]+)$/, (_whole, role: string) => role.toLowerCase()) : value;
  if (value['set'] === true) return 'set, not shown';
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== 'sha256').map(([name, member]) => [snake(name), shown(member)]));
}
const yamlOf = (value: JsonValue) => toYaml(shown(value) as never).trim();

function certificate(value: JsonValue): string {
  if (!isObject(value)) return '';
  const { subject, expireTime } = value;
  const end = expireTime === undefined ? '' : `ends ${timeText(millisOf(fromJson(TimestampSchema, expireTime))!, 'full')}`;
  return [String(subject ?? 'set'), end].filter(Boolean).join(', ');
}

/** Its file without the folder, and the line. */
export const placeOf = (file: string, line: number) => (line === 0 ? '' : `${file.slice(file.lastIndexOf('/') + 1)}:${line}`);

function settingOf(field: Field, section: string, value: JsonValue | undefined, set: SettingSource | undefined, file: string): Setting {
  const docs = docsOf(field);
  const prefix = prefixOf(field.enumValues);
  const known = docs.placeholder || (field.type === 'bool' ? defaultWords(field.comment) || 'false' : '');
  const words = known || short(defaultWords(field.comment), prefix);
  const setting: Setting = {
    path: field.path, name: field.path.slice(section.length + 1), value: '', secret: false, items: [], default: words,
    help: field.comment.replace(DEFAULT, '').replace(/ {2,}/g, ' ').trim(), source: set?.variable ? 'variable' : set ? 'file' : 'unset',
    place: placeOf(file, set?.line ?? 0), variable: set?.variable ?? '', reference: set?.reference ?? '',
  };
  if (field.type === `${MESSAGE}Secret`) return { ...setting, secret: isObject(value) && value['set'] === true };
  if (field.type === `${MESSAGE}Pem`) return { ...setting, value: value === undefined ? '' : certificate(value) };
  if (Array.isArray(value)) {
    const messages = value.some(isObject);
    return { ...setting, items: messages ? value.map(yamlOf) : [], value: messages ? '' : value.map((each) => scalar(each, field)).join(', ') };
  }
  if (isObject(value)) return { ...setting, value: yamlOf(value) };
  if (value === undefined) return set || !words ? setting : { ...setting, value: words, source: 'default' };
  const text = scalar(value, field);
  if (set) return { ...setting, value: text };
  const sure = known || prefix;
  const other = sure && comparable(text, field) !== comparable(words, field);
  return { ...setting, value: text, source: other ? 'derived' : 'default' };
}

const isMessage = (field: Field) => field.type.startsWith(MESSAGE) && field.enumValues.length === 0;
/** They are one value, whatever they are made of. */
const WHOLE = ['Secret', 'Pem', 'JsonWebKeySet'].map((name) => MESSAGE + name);

/** `fields` are those of the message Config, in their order. */
export function readSettings(config: Config, fields: Field[], { file, sources }: Pick<SettingSources, 'file' | 'sources'>): Section[] {
  const json = toJson(ConfigSchema, config) as JsonObject;
  const set = new Map(sources.map((source) => [source.path, source]));
  const sections: Section[] = [];
  // What is within a message that is not set, or that is one value, has no line of its own.
  let within = '';
  for (const field of fields) {
    if (RESOURCES.includes(field.path)) continue;
    const [top = ''] = field.path.split('.');
    if (field.path === top) {
      sections.push({ name: top, help: field.comment, reloads: RELOADED.includes(top), settings: [] });
      within = find(json, top) === undefined && (top === 'proxy' || top === 'tracing') ? `${top}.` : '';
      continue;
    }
    if (within && field.path.startsWith(within)) continue;
    within = '';
    const value = find(json, field.path);
    if (isMessage(field) && !field.repeated) {
      const whole = WHOLE.includes(field.type);
      if (whole || value === undefined) within = `${field.path}.`;
      if (!whole && value !== undefined) continue;
    }
    sections.at(-1)?.settings.push(settingOf(field, top, value, set.get(field.path), file));
  }
  return sections;
}

/** Whether the file or a variable says it. */
export const isSet = ({ source }: Setting) => source === 'file' || source === 'variable';

/** Those whose name or words have all that is asked for; `only`: what is set. */
export function choose(sections: Section[], asked: string, only: boolean): Section[] {
  const terms = asked.toLowerCase().split(/\s+/).filter(Boolean);
  return sections.map((section) => ({
    ...section,
    settings: section.settings.filter((setting) => {
      const { path, help, value, variable, reference } = setting;
      const text = `${path} ${help} ${value} ${variable} ${reference}`.toLowerCase();
      return (!only || isSet(setting)) && terms.every((term) => text.includes(term));
    }),
  })).filter(({ name, help, settings }) => settings.length > 0 || (!only && terms.every((term) => `${name} ${help}`.toLowerCase().includes(term))));
}

/** What runs otherwise than the file says, of what the server tells: the file was read again since its start. */
export function stale(config: Config, info: { maxPayloadBytes: bigint; maxBatchEvents: number }): { path: string; now: string }[] {
  const { maxPayloadBytes, maxBatchEvents } = config.server ?? {};
  const found = [];
  if (maxPayloadBytes !== undefined && maxPayloadBytes !== info.maxPayloadBytes) found.push({ path: 'server.max_payload_bytes', now: sizeText(Number(info.maxPayloadBytes)) });
  if (maxBatchEvents !== undefined && maxBatchEvents !== info.maxBatchEvents) found.push({ path: 'server.max_batch_events', now: String(info.maxBatchEvents) });
  return found;
}
