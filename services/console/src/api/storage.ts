// What outlives a reload, in the tab's session storage alone. In a frame of another site the browser may have
// closed it: then each access throws, and the page works without.

const PREFIX = 'carillon.';

export function recall(name: string): string | undefined {
  try {
    return sessionStorage.getItem(PREFIX + name) ?? undefined;
  } catch {
    return undefined;
  }
}

export function remember(name: string, value: string | undefined): void {
  try {
    if (value === undefined) sessionStorage.removeItem(PREFIX + name);
    else sessionStorage.setItem(PREFIX + name, value);
  } catch {
    /* closed */
  }
}
