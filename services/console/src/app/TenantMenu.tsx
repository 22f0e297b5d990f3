import { useQuery } from '@connectrpc/connect-query';
import { Menu, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconCheck } from '@tabler/icons-react';
import { type ReactElement, useState } from 'react';
import { useLocation, useSearch } from 'wouter';
import { chooseTenant, useViewer } from '../api/caller';
import { lastPart, prefixed } from '../api/names';
import { TenantService } from '../gen/carillon/v1/tenant_service_pb';
import { OpenMenu } from '../ui/OpenMenu';
import { ErrorBox } from '../ui/status';
import { underTenant } from './underTenant';

const SHOWN = 50;

export default function TenantMenu({ target }: { target: ReactElement }) {
  return <OpenMenu target={target} width={280} position="bottom-start"><Choices /></OpenMenu>;
}

function Choices() {
  const viewer = useViewer();
  const [path, go] = useLocation();
  const search = useSearch();
  const [text, setText] = useState('');
  const [asked] = useDebouncedValue(text.trim(), 250);
  const all = viewer.caller.allTenants && viewer.may('TenantService/ListTenants');
  const filter = asked ? `name = ${prefixed(`tenants/${asked}`)}` : '';
  const { data, error } = useQuery(TenantService.method.listTenants, { pageSize: SHOWN, filter }, { enabled: all });
  const tenants = all ? (data?.tenants ?? []).map((tenant) => lastPart(tenant.name)) : viewer.tenants.filter((each) => each.includes(asked));
  const choose = (tenant: string | undefined) => {
    chooseTenant(tenant);
    go(underTenant(tenant, path, search));
  };
  return (
    <>
      <TextInput className="menu-search" aria-label="Search tenants" placeholder="Search tenants" value={text} onChange={(event) => setText(event.currentTarget.value)} />
      {viewer.caller.allTenants ? <Menu.Item leftSection={<Mark on={viewer.tenant === undefined} />} onClick={() => choose(undefined)}>All tenants</Menu.Item> : null}
      {tenants.map((tenant) => <Menu.Item key={tenant} leftSection={<Mark on={tenant === viewer.tenant} />} onClick={() => choose(tenant)}><bdi>{tenant}</bdi></Menu.Item>)}
      {error ? <ErrorBox error={error} /> : null}
      {data?.nextPageToken ? <Menu.Label>Search to find the others</Menu.Label> : null}
    </>
  );
}

const Mark = ({ on }: { on: boolean }) => <IconCheck size={14} aria-hidden className={on ? '' : 'ghost'} />;
