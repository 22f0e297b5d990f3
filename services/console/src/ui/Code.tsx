import { Button } from '@mantine/core';
import { useState } from 'react';
import { bytes as sizeOf, count } from './format';
import { Copy } from './parts';
import { cut, hex, layJson, piecesOf, textOf, visible } from './text';

const FIRST = 16_384;
const LIMIT = 1 << 20;
const COLORED = 65_536;

/** JSON or other text of others, as colored text nodes; `raw`: as it came, on however few lines. */
export function Json({ text, label, boxed = false, raw = false }: { text: string; label: string; boxed?: boolean; raw?: boolean }) {
  const [max, setMax] = useState(FIRST);
  const { shown, more } = cut(raw ? text : layJson(text), max);
  const pieces = shown.length <= COLORED ? piecesOf(shown) : [{ text: shown, kind: '' as const }];
  return (
    <pre className={`code${boxed ? ' boxed' : ''}`} tabIndex={0} role="region" aria-label={label}>
      <bdi dir="ltr">
        {pieces.map(({ text: piece, kind }, i) => (kind ? <span key={i} className={`j-${kind}`}>{visible(piece)}</span> : visible(piece)))}
      </bdi>
      {more > 0 ? (
        <span className="code-more">
          {`\n… ${count(more)} more characters `}
          {max < LIMIT ? <Button variant="subtle" size="compact-xs" onClick={() => setMax(LIMIT)}>Show more</Button> : null}
        </span>
      ) : null}
    </pre>
  );
}

function download(bytes: Uint8Array, name: string): void {
  const url = URL.createObjectURL(new Blob([bytes.slice()], { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A body that was sent or came back: as text where it is, otherwise the first bytes of it. */
export function Body({ body, total, label, name }: { body: Uint8Array; total: number; label: string; name: string }) {
  if (body.length === 0) {
    return <p className="pad muted">{total > 0 ? `${sizeOf(total)}, which the log does not keep.` : 'No body.'}</p>;
  }
  const text = textOf(body);
  const short = total > body.length;
  return (
    <>
      <div className="code-bar">
        <span className="muted">{short ? `The first ${sizeOf(body.length)} of ${sizeOf(total)}` : sizeOf(body.length)}{text === undefined ? ', binary' : ''}</span>
        <span className="grow" />
        {text === undefined
          ? <Button size="compact-xs" variant="subtle" onClick={() => download(body, name)}>Download</Button>
          : <Copy value={text} what={label.toLowerCase()} />}
      </div>
      {text === undefined
        ? <pre className="code" tabIndex={0} role="region" aria-label={label}>{hex(body)}{body.length > 256 ? '\n…' : ''}</pre>
        : <Json text={text} label={label} />}
    </>
  );
}
