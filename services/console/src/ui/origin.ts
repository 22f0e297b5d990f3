import { Origin_Kind, type Origin } from '../gen/carillon/v1/resource_pb';

export function readOnlyWords(origin: Origin): string {
  if (origin.kind === Origin_Kind.BUILT_IN) return 'Part of Carillon: it cannot be changed';
  const [file, line] = origin.location.split(':');
  if (!file) return 'Comes from the configuration file. Change it there.';
  return `Comes from ${file}${line ? `, line ${line}` : ''}. Change it there.`;
}
