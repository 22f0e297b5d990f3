import { ActionIcon, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@connectrpc/connect-query';
import { IconMenu2, IconMoon, IconSun, IconUser } from '@tabler/icons-react';
import { lazy, Suspense, useEffect, useRef } from 'react';
import { Link, Route, Switch, useLocation } from 'wouter';
import { BASE } from '../api/base';
import { useViewer } from '../api/caller';
import { connection } from '../api/connection';
import { principalWords } from '../api/names';
import { session } from '../api/session';
import { useStore } from '../api/store';
import { DestinationService } from '../gen/carillon/v1/destination_service_pb';
import { ServerService } from '../gen/carillon/v1/server_service_pb';
import { NewWebhook } from '../ui/NewWebhook';
import { shortCount } from '../ui/format';
import { MenuButton, useOnceWanted } from '../ui/later';
import { TROUBLE_FILTER } from '../ui/states';
import { Guard } from '../ui/Guard';
import { PageLoading } from '../ui/status';
import { AsTenantBanner, IdleBanner, OfflineBanner } from './banners';
import { framed } from './embed';
import { Find } from './Find';
import { rememberScheme } from './looks';
import { MENU, SCREENS } from './routes';
import { Shortcuts } from './Shortcuts';
import { TenantPicker } from './TenantPicker';

function NavLink({ to, onGo, children }: { to: string; onGo?: (() => void) | undefined; children: React.ReactNode }) {
  const [path] = useLocation();
  const on = to === '/' ? path === '/' : path === to || path.startsWith(`${to}/`);
  return <Link href={to} className={on ? 'active' : ''} aria-current={on ? 'page' : undefined} onClick={onGo}>{children}</Link>;
}

/** How many destinations are in trouble. */
function Troubled() {
  const { parent } = useViewer();
  const { data } = useQuery(DestinationService.method.listDestinations, { parent, filter: TROUBLE_FILTER, pageSize: 1 }, { refetchInterval: 15_000 });
  if (!data?.totalSize) return null;
  return <span className="count t-bad" aria-label={`${data.totalSize} in trouble`} role="img">{shortCount(data.totalSize)}</span>;
}

function Nav({ onGo }: { onGo?: () => void }) {
  const viewer = useViewer();
  return (
    <nav aria-label="Main" className="nav">
      {MENU.map(({ title, items }) => {
        const shown = items.filter((item) => viewer.may(item.method));
        if (shown.length === 0) return null;
        return (
          <div key={title} className="nav-g">
            {title ? <p className="nav-t">{title}</p> : null}
            <ul>{shown.map(({ to, label, icon: I }) => <li key={to}><NavLink to={to} onGo={onGo}><I size={16} stroke={1.7} aria-hidden /><span>{label}</span>{to === '/destinations' ? <Troubled /> : null}</NavLink></li>)}</ul>
          </div>
        );
      })}
    </nav>
  );
}

const Brand = () => <Link href="/" className="brand"><img src={`${BASE.console}icon.svg`} width={24} height={24} alt="" />Carillon</Link>;

function Foot() {
  const { down } = useStore(connection);
  const { data } = useQuery(ServerService.method.getServerInfo, {}, { staleTime: 60_000 });
  return <div className="side-f"><span className={`dot${down ? ' off' : ''}`} />{down ? 'No answer' : 'Connected'}<span className="grow" />{data?.version ? <span className="num">{data.version}</span> : null}</div>;
}

export function SchemeButton() {
  const scheme = useComputedColorScheme('light');
  const { setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  const next = scheme === 'dark' ? 'light' : 'dark';
  return (
    <ActionIcon size={32} variant="subtle" color="gray" title={next === 'dark' ? 'Dark' : 'Light'} aria-label={`Switch to ${next}`} data-scheme onClick={() => { rememberScheme(next); setColorScheme(next); }}>
      {next === 'dark' ? <IconMoon size={17} aria-hidden /> : <IconSun size={17} aria-hidden />}
    </ActionIcon>
  );
}

const WhoMenu = lazy(() => import('./WhoMenu'));

function Who() {
  const { caller } = useViewer();
  return <MenuButton menu={WhoMenu} target={<button type="button" className="who" aria-label={`Signed in as ${principalWords(caller.principal)}`}><IconUser size={15} aria-hidden /></button>} />;
}


function NotFound() {
  return <div className="page"><div className="empty"><h1>There is no such page</h1><p>The address may be mistyped, or the page was renamed.</p><Link href="/">To the overview</Link></div></div>;
}

const LOOK_MS = 50;
const LOOKS = 100;

/** After each change of page the focus goes to its heading, which tells those who cannot see. */
function useFocusOnHeading(): void {
  const [path] = useLocation();
  const first = useRef(true);
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    window.scrollTo(0, 0);
    let left = LOOKS;
    const timer = setInterval(() => {
      // The page before is still there, hidden, while the next one is loaded.
      const heading = [...document.querySelectorAll<HTMLElement>('main h1')].find((each) => each.offsetParent !== null);
      if (heading || --left === 0) clearInterval(timer);
      heading?.setAttribute('tabindex', '-1');
      heading?.focus({ preventScroll: true });
    }, LOOK_MS);
    return () => clearInterval(timer);
  }, [path]);
}

const SideDrawer = lazy(() => import('./SideDrawer'));

export function Shell() {
  const [path] = useLocation();
  const [opened, { open, close }] = useDisclosure(false);
  const wanted = useOnceWanted(opened);
  const { portal } = useStore(session);
  useFocusOnHeading();
  return (
    <div className={`shell${framed ? ' framed' : ''}`}>
      <a className="skip" href="#main">Skip to content</a>
      {framed ? null : <aside className="side"><div className="side-in"><Brand /><Nav /><span className="grow" /><Foot /></div></aside>}
      <header className="top">
        {framed ? <Nav /> : (
          <>
            <ActionIcon className="burger" size={32} variant="subtle" color="gray" aria-label="Menu" onClick={open}><IconMenu2 size={18} aria-hidden /></ActionIcon>
            {wanted ? <Suspense><SideDrawer opened={opened} onClose={close}><Brand /><Nav onGo={close} /><Foot /></SideDrawer></Suspense> : null}
            <TenantPicker />
            <Find />
          </>
        )}
        <span className="grow" />
        {framed ? null : <SchemeButton />}
        {path === '/new' ? null : <NewWebhook bar />}
        {framed && portal ? null : <Who />}
      </header>
      <main id="main" tabIndex={-1}>
        <OfflineBanner />
        <IdleBanner />
        <AsTenantBanner />
        <Guard at={path}><Suspense fallback={<PageLoading />}>
          <Switch>
            {SCREENS.map(({ path, page: Page }) => <Route key={path} path={path}><Page /></Route>)}
            <Route><NotFound /></Route>
          </Switch>
        </Suspense></Guard>
      </main>
      <Shortcuts />
    </div>
  );
}
