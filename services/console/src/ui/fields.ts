import { useQuery } from '@connectrpc/connect-query';
import { ServerService, type DescribeTypeResponse_Field as Field } from '../gen/carillon/v1/server_service_pb';

// Fields of forms take default, bounds and words from the API (DescribeType), so that nothing of them is repeated here.

export interface FieldDocs {
  path: string;
  type: string;
  required: boolean;
  /** What holds where it is left empty. */
  placeholder: string;
  /** `10 ms to 1 min. Default: 5 s`: bounds, as the API writes them. */
  bounds: string;
  /** The API's words, one paragraph. */
  help: string;
  values: string[];
  maxBytes: number | undefined;
}

const words = (text: string) => text.replace(/^([0-9.]+)([A-Za-z]+)$/, (_whole, n: string, unit: string) => `${n} ${unit === 'm' ? 'min' : unit}`);

export function docsOf(field: Field): FieldDocs {
  const rule = field.rule;
  const bounds = [
    rule?.min && rule.max ? `${words(rule.min)} to ${words(rule.max)}` : '',
    rule?.min && !rule.max ? `at least ${words(rule.min)}` : '',
    rule?.max && !rule.min ? `at most ${words(rule.max)}` : '',
    rule?.orZero ? 'or 0' : '',
    rule?.maxBytes ? `at most ${rule.maxBytes} bytes` : '',
    rule?.maxItems ? `at most ${rule.maxItems}` : '',
  ].filter(Boolean).join(', ');
  return {
    path: field.path, type: field.type, required: field.required, placeholder: rule?.default ?? '', bounds,
    help: field.comment.split('\n')[0] ?? '', values: field.enumValues, maxBytes: rule?.maxBytes || undefined,
  };
}

/** What the API says of a message, asked once. */
export const useDescription = (type: string) => useQuery(ServerService.method.describeType, { type: `carillon.v1.${type}` }, { staleTime: Infinity });

/** What the API says of the members of a message, by their path. */
export function useFieldDocs(type: string): (path: string) => FieldDocs | undefined {
  const { data } = useDescription(type);
  const byPath = new Map(data?.fields.map((field) => [field.path, field]));
  return (path) => {
    const field = byPath.get(path);
    return field ? docsOf(field) : undefined;
  };
}
