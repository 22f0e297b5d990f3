import type { Tone } from '../../ui/outcomes';

const OPEN_WITHIN = 10 * 60_000;

export interface Times {
  made: number | undefined;
  opened: number | undefined;
  end: number | undefined;
}

/** Where a portal session is: its link is opened once, within 10 minutes, and it ends by itself. */
export function linkState({ made, opened, end }: Times, now: number): { tone: Tone; label: string; live: boolean } {
  if (end !== undefined && end <= now) return { tone: 'own', label: opened ? 'ended' : 'never opened', live: false };
  if (opened !== undefined) return { tone: 'ok', label: 'in use', live: true };
  if (made !== undefined && made + OPEN_WITHIN <= now) return { tone: 'own', label: 'not opened in time', live: false };
  return { tone: 'info', label: 'not opened yet', live: true };
}
