import { fromJson, type JsonObject, toJson } from '@bufbuild/protobuf';
import { type Tenant, TenantSchema } from '../../gen/carillon/v1/tenant_pb';
import { editJson, type EditedJson, type Field, masksOf } from '../destination/policyForm';

// What of a tenant a form changes: its name and its limits.

export const GROUPS: { title: string; fields: Field[] }[] = [
  { title: 'What it may have', fields: [{ path: 'limits.max_destinations', label: 'Destinations', kind: 'number' }, { path: 'limits.max_subscriptions', label: 'Subscriptions', kind: 'number' }, { path: 'limits.max_backlog_bytes', label: 'What waits, on the disk', kind: 'size' }] },
  {
    title: 'What it may publish',
    fields: [{ path: 'limits.publish_events_per_second', label: 'Events a second', kind: 'number' }, { path: 'limits.publish_bytes_per_second', label: 'Bytes a second', kind: 'size' }],
  },
  {
    title: 'How it is sent to',
    fields: [
      { path: 'limits.max_in_flight', label: 'Attempts in flight', kind: 'number' }, { path: 'limits.max_rate', label: 'Attempts a second', kind: 'number' },
      { path: 'limits.weight', label: 'Share beside other tenants', kind: 'number' },
    ],
  },
  {
    title: 'What it may make unsafe',
    fields: [
      { path: 'limits.allow_insecure_skip_verify', label: 'Leave certificates of receivers unchecked', kind: 'switch' },
      { path: 'limits.allow_unsigned_requests', label: 'Send requests that are not signed', kind: 'switch' },
    ],
  },
  { title: 'For people', fields: [{ path: 'display_name', label: 'Name', kind: 'text' }] },
];
export const FIELDS = GROUPS.flatMap((group) => group.fields);

export const jsonOf = (tenant: Tenant): JsonObject => toJson(TenantSchema, tenant) as JsonObject;

export interface EditedTenant extends EditedJson {
  tenant: Tenant;
  mask: string[];
}

export function editTenant(before: Tenant, texts: Record<string, string>): EditedTenant {
  const edited = editJson(jsonOf(before), FIELDS, texts);
  return { ...edited, tenant: fromJson(TenantSchema, edited.json), mask: masksOf(edited.changes) };
}
