import { useQuery } from '@connectrpc/connect-query';
import { Autocomplete } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useViewer } from '../api/caller';
import { lastPart, prefixed } from '../api/names';
import { TenantService } from '../gen/carillon/v1/tenant_service_pb';

/** One tenant: those that the viewer has, or any that the server knows. */
export function TenantField({ value, onChange, error, description }: {
  value: string; onChange: (tenant: string) => void; error?: string | undefined; description?: string;
}) {
  const viewer = useViewer();
  const all = viewer.caller.allTenants && viewer.may('TenantService/ListTenants');
  const [asked] = useDebouncedValue(value.trim(), 250);
  const { data } = useQuery(TenantService.method.listTenants, { pageSize: 50, filter: asked ? `name = ${prefixed(`tenants/${asked}`)}` : '' }, { enabled: all });
  const names = all ? (data?.tenants ?? []).map(({ name }) => lastPart(name)) : viewer.tenants;
  return (
    <Autocomplete size="xs" label="Tenant" description={description} inputWrapperOrder={['label', 'input', 'description', 'error']} data={names} value={value} error={error} maxLength={128}
      comboboxProps={{ withinPortal: false }} autoComplete="off" spellCheck={false} onChange={(text) => onChange(text.trim())} />
  );
}
