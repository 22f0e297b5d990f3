import { Button } from '@mantine/core';
import { useMemo, useState } from 'react';
import { Json } from './Code';
import { count, plural } from './format';
import { type JsonNode, readJson } from './jsonTree';
import { cut, visible } from './text';
import './JsonTree.css';

const STEP = 100;
const OPEN_DEPTH = 2;
const MAX_VALUE = 2048;

function Leaf({ node }: { node: Extract<JsonNode, { text: string }> }) {
  const [whole, setWhole] = useState(false);
  const { shown, more } = cut(node.text, whole ? 1 << 20 : MAX_VALUE);
  const quote = node.kind === 'str' ? '"' : '';
  return <span className={`j-${node.kind}`}><bdi>{quote}{visible(shown)}{more > 0 ? '' : quote}</bdi>{more > 0 ? <button type="button" className="link" onClick={() => setWhole(true)}>… {count(more)} more</button> : null}</span>;
}

function Branch({ name, node, depth }: { name: string | undefined; node: JsonNode; depth: number }) {
  const [open, setOpen] = useState(depth < OPEN_DEPTH);
  const [max, setMax] = useState(STEP);
  const label = name === undefined ? null : <><span className="j-key"><bdi>{visible(cut(name, 256).shown)}</bdi></span>: </>;
  if (node.kind !== 'object' && node.kind !== 'list') return <div className="jt-leaf">{label}<Leaf node={node} /></div>;
  const children: [string, JsonNode][] = node.kind === 'object' ? node.members : node.items.map((item, i) => [String(i), item]);
  if (children.length === 0) return <div className="jt-leaf">{label}{node.kind === 'object' ? '{ }' : '[ ]'}</div>;
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{label}<span className="muted">{node.kind === 'object' ? `{ } ${plural(children.length, 'member')}` : `[ ] ${plural(children.length, 'item')}`}</span></summary>
      {open ? (
        <ul>
          {children.slice(0, max).map(([key, child], i) => <li key={i}><Branch name={key} node={child} depth={depth + 1} /></li>)}
          {children.length > max ? <li><Button variant="subtle" size="compact-xs" onClick={() => setMax(max + STEP)}>{count(children.length - max)} more</Button></li> : null}
        </ul>
      ) : null}
    </details>
  );
}

/** A payload as a tree whose parts can be closed; what is no JSON as text. */
export function JsonTree({ text, label }: { text: string; label: string }) {
  const root = useMemo(() => readJson(text), [text]);
  if (!root) return <Json text={text} label={label} />;
  return <div className="code jt" role="region" aria-label={label} tabIndex={0}><Branch name={undefined} node={root} depth={0} /></div>;
}
