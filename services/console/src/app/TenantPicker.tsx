import { IconChevronDown, IconUsers } from '@tabler/icons-react';
import { lazy } from 'react';
import { useViewer } from '../api/caller';
import { MenuButton } from '../ui/later';

const TenantMenu = lazy(() => import('./TenantMenu'));

/** Which tenant is looked at. Where there is nothing to choose, it is only told. */
export function TenantPicker() {
  const viewer = useViewer();
  const label = viewer.tenant ?? 'All tenants';
  const fixed = !viewer.caller.allTenants && viewer.tenants.length <= 1;
  if (fixed) return <span className="tenant fixed"><IconUsers size={15} aria-hidden /><bdi>{label}</bdi></span>;
  return (
    <MenuButton menu={TenantMenu} target={
      <button type="button" className="tenant" aria-label={`Tenant: ${label}`}><IconUsers size={15} aria-hidden /><span><bdi>{label}</bdi></span><IconChevronDown size={14} aria-hidden /></button>
    } />
  );
}
