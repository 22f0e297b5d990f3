import '@fontsource-variable/inter/wght.css';
import './mantine-css';
import './tokens.css';
import './app.css';
import './more.css';
import './manage.css';
import { TransportProvider } from '@connectrpc/connect-query';
import { createTheme, MantineProvider, type MantineColorsTuple } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { createRoot } from 'react-dom/client';
import { Router } from 'wouter';
import { BASE } from './api/base';
import { queries, transport } from './api/client';
import { App } from './app/App';

const blue: MantineColorsTuple = [
  '#e9effb', '#d3dff7', '#a9c1f0', '#7ea3e8', '#5685de', '#3a6cd4', '#2458c5', '#1f4fb4', '#1c489f', '#163a82',
];
const small = { defaultProps: { size: 'xs' } };
const theme = createTheme({
  primaryColor: 'blue', primaryShade: 6, colors: { blue }, respectReducedMotion: true, cursorType: 'pointer', focusRing: 'auto',
  components: {
    Button: small, TextInput: small, Textarea: small, Select: small, NativeSelect: small, SegmentedControl: small, Checkbox: small,
    Switch: small, PasswordInput: small, Autocomplete: small,
    // These would write a style element, which the policy forbids.
    Modal: { defaultProps: { lockScroll: false } }, Drawer: { defaultProps: { lockScroll: false } },
  },
});

const dark = document.documentElement.getAttribute('data-mantine-color-scheme') === 'dark';
const RELOADED = 'carillon.reloaded';
const AGAIN_MS = 60_000;

// A chunk that is gone after an update: the page is fetched anew, but not again and again. What fails then is shown.
window.addEventListener('vite:preloadError', (event) => {
  try {
    if (Date.now() - Number(sessionStorage.getItem(RELOADED) ?? 0) < AGAIN_MS) return;
    sessionStorage.setItem(RELOADED, String(Date.now()));
  } catch {
    return;
  }
  event.preventDefault();
  location.reload();
});

const page = (
  <MantineProvider theme={theme} defaultColorScheme={dark ? 'dark' : 'light'} withCssVariables={false} withGlobalClasses={false}>
    <TransportProvider transport={transport}>
      <QueryClientProvider client={queries}>
        <Router base={BASE.console.slice(0, -1)}><App /></Router>
      </QueryClientProvider>
    </TransportProvider>
  </MantineProvider>
);

// Text in another font is of another size: what is shown before its own has come moves when it does.
const start = () => createRoot(document.getElementById('root')!).render(page);
document.fonts.load('1em "Inter Variable"').then(start, start);
