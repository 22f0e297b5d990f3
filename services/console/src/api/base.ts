// Where the console stands. A proxy in front may have put something before `/console/`, of which nobody tells the
// page: it is seen from the address of its own script.

export interface Base {
  /** `/hooks/`: what the API and the rest of the server stand under. */
  root: string;
  /** `/hooks/console/`: what pages and their files stand under. */
  console: string;
}

/** `script`: the address of a built file, `https://ops.example/hooks/console/assets/index-Bx3k.js`. */
export function baseOf(script: string): Base {
  const console = new URL('..', script).pathname;
  return { root: console.replace(/[^/]+\/$/, ''), console };
}

/** Built files lie in `assets/`; the server for development has them elsewhere, and nothing before them. */
export const BASE: Base = import.meta.env.PROD ? baseOf(import.meta.url) : { root: '/', console: '/console/' };
