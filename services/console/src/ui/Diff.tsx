import { Button } from '@mantine/core';
import { useMemo, useState } from 'react';
import { plural } from './format';
import { diffLines, folded } from './lineDiff';
import { cut, visible } from './text';

const MAX_LINES = 400;
const MAX_TEXT = 400;
const SIGNS = { same: ' ', gone: '−', new: '+' } as const;

/** Two texts, line by line: what went, what came. */
export function Diff({ before, after, label }: { before: string; after: string; label: string }) {
  const [all, setAll] = useState(false);
  const lines = useMemo(() => {
    const found = diffLines(before, after);
    return all ? found : folded(found);
  }, [before, after, all]);
  const hidden = lines.some(({ kind }) => kind === 'skipped');
  return (
    <>
      <pre className="code diff-lines" tabIndex={0} role="region" aria-label={label}>
        {lines.slice(0, MAX_LINES).map((line, i) => (line.kind === 'skipped'
          ? <span key={i} className="d-skipped">{`⋯ ${plural(line.count, 'line')} as before`}</span>
          : <span key={i} className={`d-${line.kind}`}><span className="d-sign" aria-hidden>{SIGNS[line.kind]}</span>{line.kind === 'same' ? null : <span className="vh">{line.kind === 'gone' ? 'Before: ' : 'After: '}</span>}<bdi>{visible(cut(line.text, MAX_TEXT).shown)}{line.text.length > MAX_TEXT ? '…' : ''}</bdi></span>))}
        {lines.length > MAX_LINES ? <span className="d-skipped">{`⋯ ${plural(lines.length - MAX_LINES, 'further line')}`}</span> : null}
      </pre>
      {hidden || all ? <div className="row pad-b"><Button size="compact-xs" variant="subtle" onClick={() => setAll(!all)}>{all ? 'Only what changed' : 'Show all of it'}</Button></div> : null}
    </>
  );
}
