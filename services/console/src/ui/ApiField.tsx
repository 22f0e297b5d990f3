import { NativeSelect, Switch, TextInput } from '@mantine/core';
import type { FieldDocs } from './fields';

/** One member of a message: its default as placeholder, its bounds below it, its words and its error. */
export function ApiField({ label, docs, kind, choices, value, error, disabled, onChange, autoFocus = false }: {
  label: string;
  docs: FieldDocs | undefined;
  kind: string;
  choices?: [string, string][] | undefined;
  value: string;
  error: string | undefined;
  disabled: boolean;
  onChange: (text: string) => void;
  autoFocus?: boolean;
}) {
  const below = docs?.bounds || undefined;
  const common = { label, error, disabled, title: docs?.help };
  if (kind === 'switch') return <Switch {...common} checked={value === 'true'} onChange={(event) => onChange(event.currentTarget.checked ? 'true' : '')} />;
  if (kind === 'choice') {
    return <NativeSelect {...common} value={value} data={[{ value: '', label: 'Default' }, ...(choices ?? []).map(([each, words]) => ({ value: each, label: words }))]} onChange={(event) => onChange(event.currentTarget.value)} />;
  }
  return (
    <TextInput {...common} withAsterisk={docs?.required ?? false} description={below} inputWrapperOrder={['label', 'input', 'description', 'error']} value={value} placeholder={docs?.placeholder ?? ''} autoComplete="off" spellCheck={false}
      inputMode={kind === 'number' ? 'decimal' : 'text'} data-autofocus={autoFocus || undefined} onChange={(event) => onChange(event.currentTarget.value)} />
  );
}
