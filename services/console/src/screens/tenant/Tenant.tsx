import { useQuery } from '@connectrpc/connect-query';
import { Button, Menu } from '@mantine/core';
import { IconDots, IconEye, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useState } from 'react';
import { Link, useLocation, useParams } from 'wouter';
import { chooseTenant, useViewer } from '../../api/caller';
import { Origin_Kind } from '../../gen/carillon/v1/resource_pb';
import { OperationService } from '../../gen/carillon/v1/operation_pb';
import type { Tenant as Message } from '../../gen/carillon/v1/tenant_pb';
import { TenantService } from '../../gen/carillon/v1/tenant_service_pb';
import { count, percent } from '../../ui/format';
import { useDescription } from '../../ui/fields';
import { Card, Foreign, Kv, Time } from '../../ui/parts';
import { Hint, Needs, PageLoading, Query, readOnlyWords, ReadOnly, useAnswered } from '../../ui/status';
import { TenantChip } from '../tenants/state';
import { DeleteDialog, DeleteProgress } from './DeleteDialog';
import { Limits } from './Limits';
import { StateDialog } from './StateDialog';

function Actions({ tenant, id, onDone }: { tenant: Message; id: string; onDone: () => void }) {
  const viewer = useViewer();
  const [, go] = useLocation();
  const [open, setOpen] = useState<'state' | 'delete'>();
  const close = () => setOpen(undefined);
  const may = (method: string) => viewer.may(`TenantService/${method}`);
  const file = tenant.origin?.kind === Origin_Kind.FILE;
  const verb = tenant.disabled ? 'Enable' : 'Disable';
  return (
    <div className="acts">
      {viewer.caller.allTenants ? <Button variant="default" leftSection={<IconEye size={14} aria-hidden />} onClick={() => { chooseTenant(id); go('/'); }}>Look as {id.length > 24 ? 'it' : id}</Button> : null}
      <Needs may={may(`${verb}Tenant`)} role="operator" origin={file ? tenant.origin : undefined}>
        <Button variant="default" leftSection={tenant.disabled ? <IconPlayerPlay size={14} aria-hidden /> : <IconPlayerPause size={14} aria-hidden />} onClick={() => setOpen('state')}>{verb}…</Button>
      </Needs>
      <Menu position="bottom-end" withinPortal={false}>
        <Menu.Target><Button variant="default" aria-label="More actions" px={7}><IconDots size={16} aria-hidden /></Button></Menu.Target>
        <Menu.Dropdown>
          <Menu.Item disabled={!may('DeleteTenant') || file} onClick={() => setOpen('delete')}>Delete…</Menu.Item>
          {file ? <Menu.Label>{readOnlyWords(tenant.origin!)}</Menu.Label> : !may('DeleteTenant') ? <Menu.Label>Needs the role operator</Menu.Label> : null}
        </Menu.Dropdown>
      </Menu>
      {open === 'state' ? <StateDialog tenant={tenant} onClose={close} onDone={() => { close(); onDone(); }} /> : null}
      {open === 'delete' ? <DeleteDialog tenant={tenant} onClose={close} onDone={() => go('/tenants')} /> : null}
    </div>
  );
}

/** How much of a bound is used. */
function Used({ n, of }: { n: number; of: number | undefined }) {
  const share = of ? Math.min(n / of, 1) : 0;
  return (
    <>
      <span className="num">{count(n)}{of === undefined ? '' : <span className="muted"> of {count(of)}, {percent(n, of)}</span>}</span>
      {of === undefined ? null : <svg className="used" width="100%" height="4" aria-hidden><rect className="track" width="100%" height="4" rx="2" /><rect className={share >= 0.9 ? 'm-slow' : 'm-info'} width={`${n > 0 ? Math.max(share * 100, 1) : 0}%`} height="4" rx="2" /></svg>}
    </>
  );
}

const useDeletion = (id: string, enabled: boolean) =>
  useQuery(OperationService.method.listOperations, { parent: `tenants/${id}`, filter: 'kind = DELETE_TENANT AND done = false', pageSize: 1 }, { enabled });

/** A deletion that goes on, found again after a reload. */
function Deleting({ id }: { id: string }) {
  const [shown, setShown] = useState(false);
  const { data } = useDeletion(id, true);
  const running = data?.operations[0];
  if (!running) return null;
  return (
    <>
      <Hint tone="slow" title="It is being deleted" actions={<Button variant="default" onClick={() => setShown(true)}>Show how far it is</Button>}>Nothing can be made in it any more.</Hint>
      {shown ? <DeleteProgress name={running.name} id={id} onClose={() => setShown(false)} /> : null}
    </>
  );
}

function Page({ tenant, id, refresh }: { tenant: Message; id: string; refresh: () => void }) {
  const viewer = useViewer();
  const { limits } = tenant;
  const defined = tenant.origin?.kind === Origin_Kind.FILE ? 'The configuration file' : tenant.uid ? 'The API' : 'Nobody: it has resources';
  return (
    <>
      {viewer.may('TenantService/ListTenants') ? <nav className="crumbs" aria-label="Where you are"><Link href="/tenants">Tenants</Link><span aria-hidden>/</span><Foreign text={id} /></nav> : null}
      <div className="head">
        <div className="min0">
          <div className="title"><h1><Foreign text={tenant.displayName || id} /></h1><TenantChip disabled={tenant.disabled} /></div>
          {tenant.displayName ? <p className="sub mono"><Foreign text={id} /></p> : null}
          <ReadOnly origin={tenant.origin} />
        </div>
        <span className="grow" />
        <Actions tenant={tenant} id={id} onDone={refresh} />
      </div>
      {viewer.may('OperationService/ListOperations') ? <Deleting id={id} /> : null}
      {tenant.disabled ? <Hint tone="own" title="Nothing is taken in its name, and nothing is sent">{tenant.disableReason ? <p>Why: <Foreign text={tenant.disableReason} /></p> : null}<p>What waits is kept, within its bounds.</p></Hint> : null}
      <div className="cols-2-1">
        <Limits key={id} tenant={tenant} onChanged={refresh} />
        <div className="stack sticky">
          <Card title="Now">
            <Kv rows={[
              ['Destinations', <Used key="d" n={tenant.destinationCount} of={limits?.maxDestinations} />], ['Subscriptions', <Used key="s" n={tenant.subscriptionCount} of={limits?.maxSubscriptions} />],
              ['Defined by', defined], ['Made', <Time key="m" at={tenant.createTime} form="full" />], ['Changed', <Time key="c" at={tenant.updateTime} form="full" />],
              ...Object.entries(tenant.labels).slice(0, 32).map(([k, v]): [string, React.ReactNode] => [k, <Foreign key={k} text={v} />]),
            ]} />
          </Card>
          {viewer.may('AuditService/ListAuditEntries') ? <p className="mt0"><Link href={`/audit?in=${encodeURIComponent(id)}`}>Who changed what in it</Link></p> : null}
        </div>
      </div>
    </>
  );
}

export default function Tenant() {
  const params = useParams<{ id: string }>();
  const id = decodeURIComponent(params.id);
  const viewer = useViewer();
  const query = useQuery(TenantService.method.getTenant, { name: `tenants/${id}` }, { refetchInterval: 10_000 });
  const ready = useAnswered(query, useDescription('Tenant'), useDeletion(id, viewer.may('OperationService/ListOperations')));
  return (
    <div className="page">
      <title>{`${id} · Carillon`}</title>
      {query.error && !query.data ? <h1><Foreign text={id} /></h1> : null}
      <Query of={query} ready={ready} loading={<PageLoading />}>{(tenant) => <Page tenant={tenant} id={id} refresh={() => void query.refetch()} />}</Query>
    </div>
  );
}
