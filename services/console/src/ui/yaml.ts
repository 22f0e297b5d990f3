// JSON as YAML, for reading and copying.

type Value = string | number | boolean | null | Value[] | { [name: string]: Value };

const PLAIN = /^[A-Za-z_/][A-Za-z0-9_./@ -]*$/;
const RESERVED = /^(true|false|null|yes|no|on|off|y|n|~)$/i;

function scalar(value: string | number | boolean | null): string {
  if (typeof value !== 'string') return String(value);
  const duration = /^[0-9.]+(ms|s|m|h|d)$/.test(value);
  return (PLAIN.test(value) && !RESERVED.test(value) && !value.endsWith(' ')) || duration ? value : JSON.stringify(value);
}

const isScalar = (value: Value): value is string | number | boolean | null => typeof value !== 'object' || value === null;

export function toYaml(value: Value, indent = ''): string {
  if (isScalar(value)) return scalar(value);
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    if (value.every(isScalar)) return `[${value.map(scalar).join(', ')}]`;
    return value.map((each) => `\n${indent}- ${toYaml(each, `${indent}  `).replace(/^\n\s*/, '')}`).join('');
  }
  const members = Object.entries(value);
  if (members.length === 0) return '{}';
  return members.map(([name, member]) => {
    const text = toYaml(member, `${indent}  `);
    return `\n${indent}${PLAIN.test(name) ? name : JSON.stringify(name)}:${text.startsWith('\n') ? '' : ' '}${text}`;
  }).join('');
}
