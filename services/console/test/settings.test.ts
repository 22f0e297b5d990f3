import { create, fromJson } from '@bufbuild/protobuf';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigSchema } from '../src/gen/carillon/v1/config_pb';
import { DescribeTypeResponse_FieldSchema as FieldSchema, SettingSourcesSchema } from '../src/gen/carillon/v1/server_service_pb';
import { choose, defaultWords, placeOf, readSettings, RELOADED, RESOURCES, stale } from '../src/screens/settings/settings';

const field = (path: string, type: string, more: object = {}) => fromJson(FieldSchema, { path, type, ...more });
const FIELDS = [
  field('server', 'carillon.v1.ServerSettings', { comment: 'Ports.' }),
  field('server.publish_address', 'string', { comment: 'Where. Default: `127.0.0.1:7080`. Port 0 is any.', rule: { default: '127.0.0.1:7080' } }),
  field('server.max_payload_bytes', 'uint64', { rule: { default: '256KiB', max: '16MiB' } }),
  field('server.max_message_bytes', 'uint64', { comment: 'Largest. Default: 16 MiB, or twice `max_payload_bytes` when that is more.', rule: { max: '64MiB' } }),
  field('server.max_stream_idle', 'google.protobuf.Duration', { rule: { default: '1h' } }),
  field('server.log_level', 'carillon.v1.LogLevel', { comment: 'Least. Default: LOG_LEVEL_INFO.', enumValues: ['LOG_LEVEL_DEBUG', 'LOG_LEVEL_INFO'] }),
  field('server.publish_tls', 'carillon.v1.ServerTls', { comment: 'If unset, none.' }),
  field('server.publish_tls.certificate', 'carillon.v1.Pem'),
  field('server.publish_tls.certificate.file', 'string'),
  field('server.publish_tls.key', 'carillon.v1.Secret'),
  field('server.admin_tls', 'carillon.v1.ServerTls'),
  field('server.admin_tls.certificate', 'carillon.v1.Pem'),
  field('server.admin_tls.certificate.subject', 'string'),
  field('server.admin_tls.key', 'carillon.v1.Secret'),
  field('destinations', 'carillon.v1.Destination', { repeated: true }),
  field('proxy', 'carillon.v1.ProxySettings', { comment: 'If unset, none.' }),
  field('proxy.url', 'string'),
  field('access', 'carillon.v1.AccessSettings'),
  field('access.tokens', 'carillon.v1.AccessToken', { repeated: true }),
  field('access.trusted_network', 'bool'),
];
const CONFIG = fromJson(ConfigSchema, {
  server: {
    publishAddress: '127.0.0.1:9', maxPayloadBytes: '262144', maxMessageBytes: '16777216', maxStreamIdle: '3600s', logLevel: 'LOG_LEVEL_DEBUG',
    adminTls: { certificate: { subject: 'CN=hooks', expireTime: '2027-01-02T03:04:05Z' }, key: { set: true } },
  },
  access: { tokens: [{ name: 'ops', role: 'ROLE_OPERATOR', sha256: 'ab'.repeat(32), expireTime: '2027-01-02T03:04:05Z' }] },
});
const SOURCES = fromJson(SettingSourcesSchema, {
  file: '/etc/carillon/carillon.yaml',
  sources: [
    { path: 'access.tokens', line: 20 }, { path: 'server.admin_tls.certificate', line: 9, reference: 'file: /tls.crt' }, { path: 'server.admin_tls.key', line: 10, reference: 'env: TLS_KEY' },
    { path: 'server.log_level', variable: 'CARILLON_LOG_LEVEL' }, { path: 'server.max_stream_idle', line: 5 }, { path: 'server.publish_address', line: 3, variable: 'CARILLON_PUBLISH_ADDRESS' },
  ],
});
const sections = readSettings(CONFIG, FIELDS, SOURCES);
const at = (path: string) => sections.flatMap(({ settings }) => settings).find((each) => each.path === path);

describe('settings', () => {
  it('are by section, without resources and without what is within something that is not set', () => {
    expect(sections.map(({ name, settings }) => [name, settings.map((each) => each.name)])).toEqual([
      ['server', ['publish_address', 'max_payload_bytes', 'max_message_bytes', 'max_stream_idle', 'log_level', 'publish_tls', 'admin_tls.certificate', 'admin_tls.key']],
      ['proxy', []],
      ['access', ['tokens', 'trusted_network']],
    ]);
  });
  it('tell the value as the file writes it, and where it comes from', () => {
    expect(at('server.publish_address')).toMatchObject({ value: '127.0.0.1:9', source: 'variable', variable: 'CARILLON_PUBLISH_ADDRESS', place: 'carillon.yaml:3', default: '127.0.0.1:7080', help: 'Where. Port 0 is any.' });
    expect(at('server.max_payload_bytes')).toMatchObject({ value: '256KiB', source: 'default' });
    expect(at('server.max_message_bytes')).toMatchObject({ value: '16MiB', source: 'default', default: '16 MiB, or twice max_payload_bytes when that is more' });
    expect(at('server.max_stream_idle')).toMatchObject({ value: '1h', source: 'file', place: 'carillon.yaml:5', variable: '' });
    expect(at('server.log_level')).toMatchObject({ value: 'debug', source: 'variable', place: '', default: 'info' });
    expect(at('server.publish_tls')).toMatchObject({ value: '', source: 'unset' });
    expect(at('access.trusted_network')).toMatchObject({ value: 'false', source: 'default' });
  });
  it('tell what holds by itself, and is not the default', () => {
    const without = readSettings(CONFIG, FIELDS, { file: 'carillon.yaml', sources: [] }).flatMap(({ settings }) => settings);
    const sourceOf = (path: string) => without.find((each) => each.path === path)?.source;
    expect([sourceOf('server.log_level'), sourceOf('server.max_payload_bytes'), sourceOf('server.max_message_bytes')]).toEqual(['derived', 'default', 'default']);
    expect([placeOf('/etc/x.yaml', 7), placeOf('x.yaml', 7), placeOf('x.yaml', 0)]).toEqual(['x.yaml:7', 'x.yaml:7', '']);
  });
  it('show no secret and no hash of one', () => {
    expect(at('server.admin_tls.key')).toMatchObject({ value: '', secret: true, source: 'file', place: 'carillon.yaml:10', reference: 'env: TLS_KEY' });
    expect(at('server.admin_tls.certificate')?.value).toMatch(/^CN=hooks, ends /);
    const [token] = at('access.tokens')!.items;
    expect(token).toContain('name: ops');
    expect(token).toContain('role: operator');
    expect(JSON.stringify(sections)).not.toContain('abab');
  });
  it('are found by name, words and value', () => {
    const names = (asked: string, only = false) => choose(sections, asked, only).flatMap(({ settings }) => settings.map(({ path }) => path));
    expect(names('tokens')).toEqual(['access.tokens']);
    expect(names('LARGEST max')).toEqual(['server.max_message_bytes']);
    expect(names('tls_key')).toEqual(['server.admin_tls.key']);
    expect(names('127.0.0.1:9')).toEqual(['server.publish_address']);
    expect(names('', true)).toEqual(['server.publish_address', 'server.max_stream_idle', 'server.log_level', 'server.admin_tls.certificate', 'server.admin_tls.key', 'access.tokens']);
    expect(choose(sections, 'no such', false)).toEqual([]);
  });
  it('say what a restart would change', () => {
    const config = create(ConfigSchema, { server: { maxPayloadBytes: 1024n, maxBatchEvents: 10 } });
    expect(stale(config, { maxPayloadBytes: 1024n, maxBatchEvents: 10 })).toEqual([]);
    expect(stale(config, { maxPayloadBytes: 262144n, maxBatchEvents: 1000 })).toEqual([{ path: 'server.max_payload_bytes', now: '256KiB' }, { path: 'server.max_batch_events', now: '1000' }]);
  });
  it('know what a reload applies, as the contract says', () => {
    const source = readFileSync(join(__dirname, '../src/gen/carillon/v1/config_pb.ts'), 'utf8').replace(/\n \* ?/g, ' ');
    const said = /take effect at start; ((?:`[a-z_]+`,? ?(?:and )?)+)also on reload/.exec(source)![1]!.match(/[a-z_]{4,}/g)!;
    expect([...said].sort()).toEqual([...RELOADED, ...RESOURCES].sort());
  });
  it('read defaults out of comments', () => {
    expect(defaultWords('Rounds: 1-5. Default: 1.5 s. More.')).toBe('1.5 s');
    expect(defaultWords('Folder. Default: `carillon-data`.')).toBe('carillon-data');
    expect(defaultWords('If unset, none.')).toBe('');
  });
});
