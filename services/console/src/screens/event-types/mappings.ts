/** `acme.v1.OrderPaid = order.paid`, a line each; undefined: one of them is none. */
export function readMappings(text: string): { message: string; eventType: string }[] | undefined {
  const lines = text.split('\n').map((line) => line.trim()).filter(Boolean).map((line) => /^([A-Za-z0-9_.]+)\s*[=:]\s*([a-z0-9_.-]+)$/.exec(line));
  if (lines.some((match) => match === null)) return undefined;
  return lines.map((match) => ({ message: match![1]!, eventType: match![2]! }));
}
