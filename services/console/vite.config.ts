import { readFileSync } from 'node:fs';
import react from '@vitejs/plugin-react';
import license from 'rollup-plugin-license';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
// What is not built here but comes along: the font, which the plugin does not see in CSS.
const FONT = `Inter\nLicense: SIL Open Font License 1.1 (@fontsource-variable/inter)\n\n${read('node_modules/@fontsource-variable/inter/LICENSE')}`;
// Some packages name it without its text.
const APACHE = `Apache-2.0, of the packages above that name it\n${read(`${process.env.PROTO ?? '../../proto'}/../LICENSE`)}`;
/** Those that may come along; any other fails the build. */
const PERMITTED = ['0BSD', 'Apache-2.0', '(Apache-2.0 AND BSD-3-Clause)', 'BSD-3-Clause', 'ISC', 'MIT', 'Unlicense'];

interface Package {
  name: string | null;
  version: string | null;
  license: string | null;
}

/** What comes along, as CycloneDX JSON: only what is in the files that are built, and the font. */
function billOfMaterials(all: Package[]): string {
  const font = JSON.parse(read('node_modules/@fontsource-variable/inter/package.json')) as Package;
  const components = [...all, font].map(({ name, version, license: its }) => {
    const purl = `pkg:npm/${name?.replace('@', '%40')}@${version}`;
    return { type: 'library', 'bom-ref': purl, name, version, purl, licenses: [{ expression: its }] };
  });
  components.sort((a, b) => (a.purl < b.purl ? -1 : 1));
  return JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.5', version: 1, components }, null, 1);
}

/** The page starts with its font (`main.tsx`), which the document therefore asks for beside the scripts. */
const preloadFont: Plugin = {
  name: 'preload-font',
  transformIndexHtml: {
    order: 'post',
    handler: (_html, { bundle = {} }) => Object.keys(bundle).filter((name) => /inter-latin-wght-normal-[^/]*\.woff2$/.test(name))
      .map((name) => ({ tag: 'link', attrs: { rel: 'preload', as: 'font', type: 'font/woff2', crossorigin: true, href: `./${name}` }, injectTo: 'head' })),
  },
};

export default defineConfig(({ command }) => ({
  // Whatever a proxy puts in front: built files find each other, and the server makes the paths of index.html fit.
  base: command === 'build' ? './' : '/console/',
  plugins: [
    react(),
    preloadFont,
    license({
      thirdParty: {
        allow: { test: ({ license: its }) => PERMITTED.includes(its ?? ''), failOnUnlicensed: true, failOnViolation: true },
        output: [
          { file: 'dist/licenses.txt', template: (all) => [FONT, ...all.map((each) => each.text()), APACHE].join('\n\n---\n\n') },
          { file: 'dist/sbom.cdx.json', template: billOfMaterials },
        ],
      },
    }),
  ],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 800,
  },
  server: { proxy: { '^/carillon\\.v1\\.': 'http://127.0.0.1:7081', '/console/settings.json': 'http://127.0.0.1:7081' } },
  test: { environment: 'node', include: ['test/**/*.test.ts'] },
}));
