import { Button, Modal, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useFocusBack } from './focusBack';
import { ErrorBox } from './status';

/** A dialog with a name and a close button that has one. */
export function Dialog({ title, opened, onClose, children, size = 480 }: {
  title: string; opened: boolean; onClose: () => void; children: ReactNode; size?: number;
}) {
  useFocusBack(opened);
  return (
    <Modal.Root opened={opened} onClose={onClose} size={size} centered lockScroll={false} returnFocus={false}>
      <Modal.Overlay />
      <Modal.Content aria-label={title}>
        <Modal.Header role="presentation"><Modal.Title>{title}</Modal.Title><Modal.CloseButton aria-label="Close" /></Modal.Header>
        <Modal.Body>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

/** Asks before something is done: what will happen, with its number; the button names the act. `typed`: what has to
    be typed first. */
export function Confirm({ title, children, act, danger = false, typed, busy, disabled = false, error, onClose, onAct }: {
  title: string;
  children: ReactNode;
  act: string;
  danger?: boolean;
  typed?: { label: string; text: string } | undefined;
  busy: boolean;
  disabled?: boolean;
  error?: unknown;
  onClose: () => void;
  onAct: () => void;
}) {
  const [text, setText] = useState('');
  return (
    <Dialog title={title} opened onClose={onClose}>
      <form className="stack" onSubmit={(event) => { event.preventDefault(); onAct(); }}>
        {children}
        {typed ? <TextInput label={typed.label} value={text} onChange={(event) => setText(event.currentTarget.value)} autoComplete="off" data-autofocus /> : null}
        {error ? <ErrorBox error={error} /> : null}
        <div className="dialog-f">
          <Button variant="default" onClick={onClose}>Cancel</Button>
          <Button type="submit" className={danger ? 'danger' : ''} loading={busy} disabled={disabled || (typed !== undefined && text !== typed.text)}>{act}</Button>
        </div>
      </form>
    </Dialog>
  );
}
