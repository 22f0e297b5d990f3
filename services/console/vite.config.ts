import react from '@vitejs/plugin-react';
import license from 'rollup-plugin-license';
import { defineConfig } from 'vitest/config';

// What is not built here but comes along: the font has a license of its own, which the plugin does not see in CSS.
const FONT = 'Inter\nLicense: SIL Open Font License 1.1 (@fontsource-variable/inter)\n';

export default defineConfig(({ command }) => ({
  // Whatever a proxy puts in front: built files find each other, and the server makes the paths of index.html fit.
  base: command === 'build' ? './' : '/console/',
  plugins: [
    react(),
    license({
      thirdParty: {
        output: {
          file: 'dist/licenses.txt',
          template: (all) => [FONT, ...all.map((each) => each.text())].join('\n\n---\n\n'),
        },
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
