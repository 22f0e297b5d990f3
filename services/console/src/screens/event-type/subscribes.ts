import { lastPart } from '../../api/names';

/** Whether a subscription to these types has this one: by its name, `order.*` or `*`. */
export const subscribes = (types: readonly string[], id: string): boolean => types.map(lastPart).some((each) =>
  (each === '*' ? true : each.endsWith('.*') ? id.startsWith(each.slice(0, -1)) : each === id));
