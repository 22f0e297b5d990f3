// Makes src/gen, the clients of the API, from proto/ with protoc and protoc-gen-es.
//
//   node build/generate.mjs      PROTO: the folder of the contract, by default ../../proto
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

const here = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const proto = process.env.PROTO ?? join(here, '../../proto');
const out = join(here, 'src/gen');
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const contract = readdirSync(join(proto, 'carillon/v1')).filter((name) => name.endsWith('.proto'))
  .map((name) => `carillon/v1/${name}`);
const google = ['google/api/field_behavior.proto', 'google/api/resource.proto', 'google/rpc/status.proto',
  'google/rpc/error_details.proto'];
execFileSync('protoc', [
  `--plugin=protoc-gen-es=${join(here, 'node_modules/.bin/protoc-gen-es')}`,
  `--proto_path=${proto}`, `--es_out=${out}`, '--es_opt=target=ts,import_extension=none',
  ...contract, ...google,
], { stdio: 'inherit' });
