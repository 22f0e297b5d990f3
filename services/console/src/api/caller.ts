import { useQuery } from '@connectrpc/connect-query';
import { createContext, useContext } from 'react';
import { type Caller, TokenService } from '../gen/carillon/v1/access_service_pb';
import { Role } from '../gen/carillon/v1/options_pb';
import { readError } from './errors';
import { lastPart } from './names';
import { recall, remember } from './storage';
import { makeStore, useStore } from './store';


/** Whose resources are looked at: one tenant, or all. */
const chosen = makeStore<string | undefined>(recall('tenant'));

export function chooseTenant(tenant: string | undefined): void {
  remember('tenant', tenant);
  chosen.set(tenant);
}

export interface Viewer {
  caller: Caller;
  /** Whether it may call a method: `DestinationService/PauseDestination`. Never ask for its role. */
  may(method: string): boolean;
  /** The tenant that is looked at; undefined: all of them. */
  tenant: string | undefined;
  /** `tenants/acme`, or `tenants/-`. */
  parent: string;
  /** Those to choose from; empty: an operator asks the server. */
  tenants: string[];
  /** It may look at every tenant, and now looks at one. */
  asTenant: boolean;
}

export function makeViewer(caller: Caller, choice: string | undefined): Viewer {
  const methods = new Set(caller.methods);
  const tenants = caller.tenants.map(lastPart);
  const tenant = caller.allTenants ? choice : tenants.find((each) => each === choice) ?? tenants[0];
  return {
    caller,
    may: (method) => methods.has(`carillon.v1.${method}`),
    tenant,
    parent: `tenants/${tenant ?? '-'}`,
    tenants,
    asTenant: caller.allTenants && tenant !== undefined,
  };
}

export function useCaller(enabled: boolean) {
  const query = useQuery(TokenService.method.getCaller, {}, { enabled, staleTime: 60_000 });
  return { ...query, apiError: query.error ? readError(query.error) : undefined };
}

export const useChosenTenant = () => useStore(chosen);

export const ViewerContext = createContext<Viewer | undefined>(undefined);

export function useViewer(): Viewer {
  const viewer = useContext(ViewerContext);
  if (!viewer) throw new Error('no caller is known here');
  return viewer;
}

const ROLES: Record<Role, string> = {
  [Role.UNSPECIFIED]: 'nobody', [Role.OPERATOR]: 'operator', [Role.TENANT_ADMIN]: 'tenant administrator',
  [Role.READER]: 'reader', [Role.PUBLISHER]: 'publisher',
};
export const roleWords = (role: Role) => ROLES[role] ?? 'unknown role';
