import { Code, ConnectError } from '@connectrpc/connect';
import { BadRequestSchema, ErrorInfoSchema, PreconditionFailureSchema, RetryInfoSchema } from '../gen/google/rpc/error_details_pb';

// What the API says of an error, for people and for forms.

export interface FieldError {
  /** As in an update mask: `destination.retry.delays.items[2]`. */
  path: string;
  message: string;
}

export interface ApiError {
  title: string;
  /** The API's own words. */
  message: string;
  code: Code | undefined;
  /** `ErrorInfo.reason`, which is stable: `ETAG_MISMATCH`. */
  reason: string;
  metadata: Record<string, string>;
  fields: FieldError[];
  retryAfterSeconds: number | undefined;
}

const TITLES: Partial<Record<Code, string>> = {
  [Code.InvalidArgument]: 'The server did not accept that',
  [Code.FailedPrecondition]: 'That is not possible now',
  [Code.NotFound]: 'There is no such thing',
  [Code.AlreadyExists]: 'There is one already',
  [Code.PermissionDenied]: 'This is not allowed for you',
  [Code.Unauthenticated]: 'You are not signed in',
  [Code.ResourceExhausted]: 'That is too much at the moment',
  [Code.Aborted]: 'Somebody else changed it in the meantime',
  [Code.DeadlineExceeded]: 'It took too long',
  [Code.Unavailable]: 'The server does not answer',
  [Code.Unimplemented]: 'This server does not offer that',
  [Code.Internal]: 'The server failed',
};

export function readError(error: unknown): ApiError {
  const from = ConnectError.from(error);
  const [info] = from.findDetails(ErrorInfoSchema);
  const fields = [
    ...from.findDetails(BadRequestSchema).flatMap((detail) =>
      detail.fieldViolations.map((each) => ({ path: each.field, message: each.description }))),
    ...from.findDetails(PreconditionFailureSchema).flatMap((detail) =>
      detail.violations.map((each) => ({ path: each.subject, message: each.description }))),
  ];
  const delay = from.findDetails(RetryInfoSchema)[0]?.retryDelay;
  const network = from.code === Code.Unknown && from.cause instanceof TypeError;
  return {
    title: (network ? TITLES[Code.Unavailable] : TITLES[from.code]) ?? 'Something went wrong',
    message: from.rawMessage,
    code: network ? Code.Unavailable : from.code,
    reason: info?.reason ?? '',
    metadata: { ...info?.metadata },
    fields,
    retryAfterSeconds: delay ? Number(delay.seconds) + delay.nanos / 1e9 : undefined,
  };
}

/** By JSON the API names members as its JSON does. */
const camel = (path: string) => path.replace(/_([a-z0-9])/g, (_whole, letter: string) => letter.toUpperCase());

/** The error of one input of a form: `url` takes what is said of `destination.url` and of `url`. */
export function fieldError(error: ApiError | undefined, path: string, root: string): string | undefined {
  const wanted = (root ? [path, `${root}.${path}`] : [path]).map(camel);
  return error?.fields.find((each) => wanted.some((at) => {
    const said = camel(each.path);
    return said === at || said.startsWith(`${at}.`) || said.startsWith(`${at}[`);
  }))?.message;
}

/** What no input of a form shows. */
export function otherErrors(error: ApiError | undefined, paths: string[], root: string): FieldError[] {
  return (error?.fields ?? []).filter((each) => !paths.some((path) =>
    fieldError({ ...error!, fields: [each] }, path, root) !== undefined));
}
