import { recall, remember } from '../api/storage';

// How the console looks: the viewer's scheme, and the color that a product which embeds it has chosen.

type Rgb = [number, number, number];

export function readColor(text: string): Rgb | undefined {
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text);
  return match ? [parseInt(match[1]!, 16), parseInt(match[2]!, 16), parseInt(match[3]!, 16)] : undefined;
}
const write = (color: Rgb) => `#${color.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;

/** Relative luminance and contrast as WCAG 2.2 defines them. */
export function luminance(color: Rgb): number {
  const [r, g, b] = color.map((part) => {
    const c = part / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
export function contrast(a: Rgb, b: Rgb): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

const WHITE: Rgb = [255, 255, 255];
const mix = (a: Rgb, b: Rgb, share: number): Rgb => a.map((part, i) => part + (b[i]! - part) * share) as Rgb;

/** Moves a color towards another one until it can be read on a ground. */
function until(color: Rgb, towards: Rgb, ground: Rgb, wanted: number): Rgb {
  for (let share = 0; share <= 1; share += 0.02) {
    const next = mix(color, towards, share);
    if (contrast(next, ground) >= wanted) return next;
  }
  return towards;
}

/** The variables that an accent sets; empty where it is no color. */
export function accentVariables(accent: string, dark: boolean): Record<string, string> {
  const color = readColor(accent);
  if (!color) return {};
  const ground: Rgb = dark ? [0x16, 0x1a, 0x21] : WHITE;
  const fill = until(color, [0, 0, 0], WHITE, 4.6);
  // On its own soft ground as well as on the page.
  const soft = mix(ground, color, dark ? 0.18 : 0.1);
  const text = until(color, dark ? WHITE : [0, 0, 0], soft, 4.9);
  return {
    '--c-accent': write(fill), '--c-accent-hover': write(mix(fill, [0, 0, 0], 0.15)), '--c-accent-text': write(text),
    '--c-accent-soft': write(soft), '--c-selected': write(soft), '--c-focus': write(text),
  };
}

export function applyAccent(accent: string | undefined, dark: boolean): void {
  const { style } = document.documentElement;
  const wanted = accent ? accentVariables(accent, dark) : {};
  for (const name of ['--c-accent', '--c-accent-hover', '--c-accent-text', '--c-accent-soft', '--c-selected', '--c-focus']) {
    if (wanted[name]) style.setProperty(name, wanted[name]);
    else style.removeProperty(name);
  }
}

export const rememberScheme = (scheme: 'light' | 'dark') => {
  remember('scheme', scheme);
  try {
    localStorage.setItem('carillon.scheme', scheme);
  } catch {
    /* closed */
  }
};
export const schemeWasChosen = () => recall('scheme') !== undefined;
