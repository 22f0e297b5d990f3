import { type EventType, EventType_State as State } from '../../gen/carillon/v1/event_type_pb';
import { Origin_Kind } from '../../gen/carillon/v1/resource_pb';
import { lastPart } from '../../api/names';

// The catalog as a list: groups by what names begin with, each with its event types.

export interface TypeRow {
  kind: 'type';
  id: string;
  display: string;
  description: string;
  tags: string;
  schema: string;
  archived: boolean;
  from: string;
}
export interface GroupRow {
  kind: 'group';
  id: string;
  count: number;
}
export type Row = TypeRow | GroupRow;

export const schemaWords = (type: EventType): string =>
  type.schema.case === 'jsonSchema' ? 'JSON Schema' : type.schema.case === 'protobuf' ? 'protobuf' : 'any JSON';

export const slim = (type: EventType): TypeRow => ({
  kind: 'type', id: lastPart(type.name), display: type.displayName, description: type.description, tags: type.tags.join(', '), schema: schemaWords(type), archived: type.state === State.ARCHIVED,
  from: type.origin?.kind === Origin_Kind.FILE ? 'file' : type.origin?.kind === Origin_Kind.BUILT_IN ? 'Carillon' : 'API',
});

export const prefixOf = (id: string): string => id.split('.')[0] ?? '';

/** Groups in the order of their names, their event types in theirs; those of closed groups are left out. */
export function grouped(types: readonly TypeRow[], closed: ReadonlySet<string>): Row[] {
  const by = new Map<string, TypeRow[]>();
  for (const type of types) {
    const prefix = prefixOf(type.id);
    const group = by.get(prefix);
    if (group) group.push(type);
    else by.set(prefix, [type]);
  }
  return [...by].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([id, members]): Row[] => [{ kind: 'group', id, count: members.length }, ...(closed.has(id) ? [] : members)]);
}
