import { IconBan } from '@tabler/icons-react';
import { Chip } from '../../ui/parts';

/** Whether a tenant may publish and is sent to. */
export function TenantChip({ disabled }: { disabled: boolean }) {
  return disabled ? <Chip tone="own" icon={<IconBan size={12} stroke={2.2} aria-hidden />}>Disabled</Chip> : <Chip tone="ok">Active</Chip>;
}

export const toTenant = (id: string) => `/tenants/${encodeURIComponent(id)}`;
