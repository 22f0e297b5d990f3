import { Checkbox, PasswordInput, SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { Json } from './Code';
import { Copy } from './parts';
import { SNIPPETS } from './snippets';

/** A secret that was just made: hidden until asked for, with a button that copies it. */
export function SecretOnce({ secret, label }: { secret: string; label: string }) {
  return (
    <div className="row">
      <PasswordInput className="grow" aria-label={label} value={secret} readOnly autoComplete="off" visibilityToggleButtonProps={{ 'aria-label': `Show: ${label}` }} />
      <Copy value={secret} what={label} />
    </div>
  );
}

export function Stored({ checked, onChange }: { checked: boolean; onChange: (checked: boolean) => void }) {
  return <Checkbox label="I have stored it" checked={checked} onChange={(event) => onChange(event.currentTarget.checked)} />;
}

/** What to paste into a receiver. */
export function Verification() {
  const [language, setLanguage] = useState('Node');
  const { code } = SNIPPETS.find((each) => each.language === language)!;
  return (
    <>
      <div className="row wrap"><SegmentedControl aria-label="Language" data={SNIPPETS.map((each) => each.language)} value={language} onChange={setLanguage} /><span className="grow" /><Copy value={code} what={`${language} code`} /></div>
      <Json text={code} label={`Verification in ${language}`} boxed />
    </>
  );
}
