import { useQuery } from '@connectrpc/connect-query';
import { SegmentedControl, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconShieldCheck, IconShieldX } from '@tabler/icons-react';
import { useState } from 'react';
import { useViewer } from '../../api/caller';
import { type ApiError, fieldError, readError } from '../../api/errors';
import { DestinationService } from '../../gen/carillon/v1/destination_service_pb';
import { DestinationSelect } from '../../ui/DestinationSelect';
import { useFieldDocs } from '../../ui/fields';
import { Card, Foreign } from '../../ui/parts';
import { type Draft, idFrom, isId, looksLikeUrl } from './draft';

type Change = (changes: Partial<Draft>) => void;

/** Whether requests may go there, said while it is typed. */
function UrlCheck({ tenant, url }: { tenant: string; url: string }) {
  const viewer = useViewer();
  const [asked] = useDebouncedValue(url, 300);
  const enabled = viewer.may('DestinationService/CheckUrl') && looksLikeUrl(asked);
  const { data, error, isFetching } = useQuery(DestinationService.method.checkUrl, { parent: `tenants/${tenant}`, url: asked }, { enabled, retry: false, staleTime: 30_000 });
  if (!enabled) return <p className="url-check muted"> </p>;
  if (error) return <p className="url-check bad" role="status"><IconShieldX size={15} aria-hidden /> <Foreign text={readError(error).message} /></p>;
  if (!data || isFetching) return <p className="url-check muted" role="status">Looking where it leads…</p>;
  if (!data.allowed) return <p className="url-check bad" role="status"><IconShieldX size={15} aria-hidden /> <Foreign text={data.message} /></p>;
  const addresses = data.addresses.map((each) => each.address);
  return <p className="url-check ok" role="status"><IconShieldCheck size={15} aria-hidden /> Requests may go there: <Foreign text={addresses.slice(0, 3).join(', ')} />{addresses.length > 3 ? ` and ${addresses.length - 3} more` : ''}</p>;
}

/** Where it goes: one that exists, or a new one whose URL is checked while it is typed. */
export function DestinationStep({ draft, change, error }: { draft: Draft; change: Change; error: ApiError | undefined }) {
  const docs = useFieldDocs('Destination');
  const [kind, setKind] = useState(draft.existing ? 'existing' : 'new');
  const proposed = idFrom(draft.url);
  const wrongId = draft.id && !isId(draft.id) ? 'a-z, 0-9 and - inside, at most 63' : undefined;
  const field = (path: string) => fieldError(error, path, 'destination');
  return (
    <div className="wz one">
      <Card title="Where to?" aside={<SegmentedControl aria-label="New or existing" value={kind} data={[{ value: 'new', label: 'A new destination' }, { value: 'existing', label: 'One that exists' }]} onChange={(value) => { setKind(value); if (value === 'new') change({ existing: '' }); }} />}>
        {kind === 'existing' ? <DestinationSelect parent={`tenants/${draft.tenant}`} value={draft.existing} onChange={(existing) => change({ existing })} /> : (
          <div className="stack">
            <div>
              <TextInput label="URL" withAsterisk placeholder="https://api.example.com/hooks" title={docs('url')?.help} value={draft.url} error={field('url')} autoComplete="off" spellCheck={false} inputMode="url" onChange={(event) => change({ url: event.currentTarget.value.trim() })} />
              <UrlCheck tenant={draft.tenant} url={draft.url} />
            </div>
            <TextInput label="Name" description="In addresses and in the configuration; it never changes" placeholder={proposed || 'made for you'} value={draft.id} error={wrongId ?? fieldError(error, 'destination_id', '')} autoComplete="off" spellCheck={false} onChange={(event) => change({ id: event.currentTarget.value.trim() })} />
            <TextInput label="Name for people" placeholder="optional" value={draft.displayName} maxLength={128} error={field('display_name')} onChange={(event) => change({ displayName: event.currentTarget.value })} />
            <TextInput label="Description" placeholder="optional" value={draft.description} maxLength={1024} error={field('description')} onChange={(event) => change({ description: event.currentTarget.value })} />
          </div>
        )}
      </Card>
    </div>
  );
}
