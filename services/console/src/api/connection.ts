import { BASE } from './base';
import { makeStore } from './store';

// Whether the server answers. While it does not, it is asked again after 1, 2, 4, then 8 seconds.

export interface Connection {
  down: boolean;
  /** When it is asked next, in ms of the clock. */
  retryAt: number;
}

export const connection = makeStore<Connection>({ down: false, retryAt: 0 });

const DELAYS = [1_000, 2_000, 4_000, 8_000];
let timer: ReturnType<typeof setTimeout> | undefined;
let tries = 0;
let onUp: () => void = () => {};

export function whenUp(then: () => void): void {
  onUp = then;
}

/** An answer came, whatever it said. */
export function answered(): void {
  if (!connection.get().down) return;
  clearTimeout(timer);
  tries = 0;
  connection.set({ down: false, retryAt: 0 });
  onUp();
}

export function notAnswered(): void {
  if (connection.get().down) return;
  plan();
}

function plan(): void {
  const delay = DELAYS[Math.min(tries, DELAYS.length - 1)]!;
  tries += 1;
  clearTimeout(timer);
  timer = setTimeout(() => void ask(), delay);
  connection.set({ down: true, retryAt: Date.now() + delay });
}

export async function ask(): Promise<void> {
  try {
    const answer = await fetch(`${BASE.root}readyz`, { cache: 'no-store' });
    // A proxy that does not pass this on says so itself, as it has nobody to wait for.
    if (answer.status < 500) return answered();
  } catch {
    /* still down */
  }
  plan();
}
