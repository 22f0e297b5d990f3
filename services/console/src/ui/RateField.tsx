import { TextInput } from '@mantine/core';

/** A rate as it was typed; undefined: none; NaN: it is no rate. */
export function readRate(text: string): number | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  const rate = /^[0-9]+(\.[0-9]+)?$/.test(trimmed) ? Number(trimmed) : NaN;
  return rate >= 0.01 && rate <= 100_000 ? rate : NaN;
}

/** Deliveries a second at most. */
export function RateField({ value, onChange, focus = false, disabled = false }: { value: string; onChange: (text: string) => void; focus?: boolean; disabled?: boolean }) {
  return (
    <TextInput label="At most so many a second" description="Empty: as many as the destination takes" inputMode="decimal" value={value} autoComplete="off" disabled={disabled} data-autofocus={focus || undefined}
      error={Number.isNaN(readRate(value)) ? 'must be 0.01 to 100000' : undefined} onChange={(event) => onChange(event.currentTarget.value)} />
  );
}
