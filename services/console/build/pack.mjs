// Packs dist/ into one file that carillond serves; lib/console/README.md has its form.
//
//   node build/pack.mjs DIST console.pak
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const TYPES = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml', '.woff2': 'font/woff2', '.txt': 'text/plain; charset=utf-8', '.json': 'application/json',
};

/** All files below a folder, in an order that does not depend on the machine. */
function filesIn(folder) {
  return readdirSync(folder).sort().flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesIn(path) : [path];
  });
}

function number(value, bytes) {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntLE(value, 0, bytes);
  return buffer;
}

const text = (value) => Buffer.concat([number(Buffer.byteLength(value), 2), Buffer.from(value)]);

/** A form is kept only where it is smaller. */
function formsOf(bytes, type) {
  if (type.startsWith('font/')) return [bytes, Buffer.alloc(0), Buffer.alloc(0)];
  const gzip = gzipSync(bytes, { level: 9 });
  gzip.fill(0, 4, 8); // no time in its head
  const brotli = brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  });
  return [bytes, ...[gzip, brotli].map((form) => (form.length < bytes.length ? form : Buffer.alloc(0)))];
}

const [, , dist, out] = process.argv;
const heads = [];
const data = [];
for (const path of filesIn(dist)) {
  const name = relative(dist, path).split('\\').join('/');
  const type = TYPES[extname(path)];
  if (!type) throw new Error(`${name}: no content type is known for it`);
  const forms = formsOf(readFileSync(path), type);
  heads.push(Buffer.concat([
    text(name), text(type), number(name.startsWith('assets/') ? 1 : 0, 1), ...forms.map((form) => number(form.length, 4)),
  ]));
  data.push(...forms);
}
const body = Buffer.concat([Buffer.from('CARPAK1\n'), number(heads.length, 4), ...heads, ...data]);
writeFileSync(`${out}.new`, Buffer.concat([body, createHash('sha256').update(body).digest()]));
renameSync(`${out}.new`, out);
console.log(`${out}: ${heads.length} files, ${Math.round(body.length / 1024)} KiB`);
