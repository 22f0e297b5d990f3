import { useQuery } from '@connectrpc/connect-query';
import { Button, SegmentedControl } from '@mantine/core';
import { IconCheck, IconCopy, IconLock, IconRefresh } from '@tabler/icons-react';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { useViewer } from '../../api/caller';
import { type ServerInfo, ServerService } from '../../gen/carillon/v1/server_service_pb';
import { SearchField, useAddress } from '../../ui/Filters';
import { bytes, count } from '../../ui/format';
import { Card, Chip, Foreign, Since, Time } from '../../ui/parts';
import { Empty, Hint, NoRights, PageLoading, Query, useAnswered } from '../../ui/status';
import { choose, isSet, readSettings, type Section, type Setting, stale } from './settings';
import './settings.css';

const SHOWN = 50;
const CONFIG = { type: 'carillon.v1.Config' };

/** Words of the API, in which names stand between backquotes. */
const words = (text: string): ReactNode[] => text.split('`').map((part, i) => (i % 2 ? <code key={i}>{part}</code> : part));

/** Its name, which a click copies with the section: for the file, and for `carillon config`. */
function Name({ path, name }: { path: string; name: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = () => void navigator.clipboard.writeText(path).then(() => setCopied(true), () => {});
  const I = copied ? IconCheck : IconCopy;
  return <button type="button" className="set-n" title={`Copy ${path}`} aria-label={copied ? `${path} copied` : `Copy ${path}`} onClick={copy}><span className="mono">{name}</span><I size={13} aria-hidden /></button>;
}

function Value({ setting }: { setting: Setting }) {
  if (setting.secret) return <span className="set-s"><IconLock size={13} aria-hidden /> set, never shown{setting.reference ? <Foreign className="mono" text={setting.reference} /> : null}</span>;
  if (setting.items.length > 0) {
    const more = setting.items.length - SHOWN;
    return (
      <ul className="set-l">
        {setting.items.slice(0, SHOWN).map((item, i) => <li key={i} className="mono"><Foreign text={item} /></li>)}
        {more > 0 ? <li className="muted">and {count(more)} more</li> : null}
      </ul>
    );
  }
  return setting.value ? <Foreign className="mono" text={setting.value} /> : <span className="muted">not set</span>;
}

/** Where it comes from; `file`: with its folder. */
function From({ setting: { source, place, variable, reference, secret, default: normally }, file }: { setting: Setting; file: string }) {
  if (source === 'unset') return null;
  const known = normally && source !== 'default' ? <span>Default: <Foreign text={normally} /></span> : null;
  if (source === 'default' || source === 'derived') return <span className="set-f">{source === 'default' ? 'default' : 'default, as far as this machine allows'}{known}</span>;
  const line = <span title={file}><Foreign text={place} /></span>;
  return (
    <span className="set-f">
      <Chip tone="info">{variable ? <>environment <Foreign text={variable} /></> : line}</Chip>
      {variable && place ? <span>instead of {line}</span> : null}
      {reference && !secret ? <Foreign className="mono" text={reference} /> : null}
      {known}
    </span>
  );
}

function Line({ setting, file }: { setting: Setting; file: string }) {
  return (
    <tr>
      <th scope="row"><Name path={setting.path} name={setting.name} /><p className="set-h">{words(setting.help)}</p></th>
      <td>
        <Value setting={setting} />
        <From setting={setting} file={file} />
      </td>
    </tr>
  );
}

function SectionCard({ section, file }: { section: Section; file: string }) {
  return (
    <section className="card set" id={section.name} aria-labelledby={`${section.name}-h`}>
      <header className="card-h">
        <h2 id={`${section.name}-h`} className="mono">{section.name}</h2><span className="grow" />
        <Chip tone={section.reloads ? 'ok' : 'own'} icon={section.reloads ? <IconCheck size={12} aria-hidden /> : <IconRefresh size={12} aria-hidden />}>{section.reloads ? 'Applies on reload' : 'Takes a restart'}</Chip>
        <p>{words(section.help)}</p>
      </header>
      {section.settings.length > 0 ? (
        <table className="tbl set-t">
          <caption className="vh">Members of {section.name}</caption>
          <thead className="vh"><tr><th scope="col">Member</th><th scope="col">Value</th></tr></thead>
          <tbody>{section.settings.map((setting) => <Line key={setting.path} setting={setting} file={file} />)}</tbody>
        </table>
      ) : <p className="set-e muted">The file does not set it.</p>}
    </section>
  );
}

function Facts({ info }: { info: ServerInfo }) {
  const rows: [string, ReactNode][] = [
    ['Version', <Foreign key="v" text={info.version} />], ['Started', <Time key="s" at={info.startTime} form="full" />], ['Runs for', <Since key="r" at={info.startTime} />],
    ['Revision in force', count(info.appliedRevision)], ['Publishers connect to', <Foreign key="p" className="mono" text={info.publishAddress} />],
    ['Message, payload', `${count(info.maxBatchEvents)} events, ${bytes(info.maxPayloadBytes)}`],
  ];
  return <dl className="card facts">{rows.map(([k, v]) => <div key={k}><dt>{k}</dt><dd className="num">{v}</dd></div>)}</dl>;
}

/** What the file says and does not hold yet. */
function Waiting({ all }: { all: ReturnType<typeof stale> }) {
  if (all.length === 0) return null;
  return <Hint tone="slow" title="The file was changed, and a part of it waits for a restart">{all.map(({ path, now }) => <p key={path}><code>{path}</code> is {now} until then.</p>)}</Hint>;
}

/** The index beside the sections. */
function Index({ sections }: { sections: Section[] }) {
  return (
    <nav className="set-i sticky" aria-label="Sections">
      <Card title="Sections"><ul>{sections.map(({ name, settings }) => <li key={name}><a href={`#${name}`} className="mono">{name}</a><span className="muted num">{settings.filter(isSet).length || ''}</span></li>)}</ul></Card>
      <p className="muted">The numbers say how many members the file or the environment sets. Change them there: a reload (<code>SIGHUP</code>, or the changed file) applies what needs no restart.</p>
    </nav>
  );
}

/** `#journal` leads to a section, which is not there before the answer is. */
function useSection(ready: boolean): void {
  useEffect(() => {
    if (ready && location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  }, [ready]);
}

function List({ sections, file }: { sections: Section[]; file: string }) {
  const [params, change] = useAddress();
  const only = params.get('only') === 'set';
  const chosen = choose(sections, params.get('q') ?? '', only);
  useSection(true);
  return (
    <>
      <div className="filters" role="search">
        <SearchField id="q" label="Member, value or what it does" />
        <SegmentedControl aria-label="Which" value={only ? 'set' : ''} data={[{ value: '', label: 'All' }, { value: 'set', label: 'What is set' }]} onChange={(value) => change({ only: value })} />
        <span className="grow" />
        <span className="muted num" role="status">{count(chosen.reduce((all, { settings }) => all + settings.length, 0))} members</span>
      </div>
      {chosen.length > 0 ? (
        <div className="cols-2-1">
          <div className="stack">{chosen.map((section) => <SectionCard key={section.name} section={section} file={file} />)}</div>
          <Index sections={chosen} />
        </div>
      ) : <Empty title="No members match" action={<Button variant="default" onClick={() => change({ q: undefined, only: undefined })}>Clear filters</Button>}>{only ? 'Those with their defaults may.' : ''}</Empty>}
    </>
  );
}

function Page() {
  const settings = useQuery(ServerService.method.getSettings, {});
  const types = useQuery(ServerService.method.describeType, CONFIG, { staleTime: Infinity });
  const sources = useQuery(ServerService.method.getSettingSources, {});
  const info = useQuery(ServerService.method.getServerInfo, {}, { refetchInterval: 10_000 });
  const fields = types.data?.fields;
  const sections = useMemo(() => (settings.data && fields && sources.data ? readSettings(settings.data, fields, sources.data) : undefined), [settings.data, fields, sources.data]);
  const ready = useAnswered(settings, types, sources, info);
  const both = {
    data: sections, error: settings.error ?? types.error ?? sources.error, isFetching: settings.isFetching, dataUpdatedAt: settings.dataUpdatedAt,
    refetch: () => Promise.all([settings.refetch(), types.refetch(), sources.refetch()]),
  };
  if (!ready) return <PageLoading />;
  return (
    <>
      <Query of={info}>{(data) => <><Facts info={data} />{settings.data ? <Waiting all={stale(settings.data, data)} /> : null}</>}</Query>
      <Query of={both} loading={<PageLoading />}>{(data) => <List sections={data} file={sources.data?.file ?? ''} />}</Query>
    </>
  );
}

export default function Settings() {
  const viewer = useViewer();
  const may = viewer.may('ServerService/GetSettings');
  return (
    <div className="page">
      <title>Settings · Carillon</title>
      <div className="head"><div className="min0">
        <h1>Settings</h1>
        {may ? <p className="sub">What the configuration file said when it was last read, where it said so, and what holds where it says nothing. It is changed there.</p> : null}
      </div></div>
      {may ? <Page /> : <NoRights role="operator" />}
    </div>
  );
}
