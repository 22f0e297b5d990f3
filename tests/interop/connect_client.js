// A client of the API of `@connectrpc/connect-node`, without generated code: services come from a
// descriptor set of protoc. Tells in one line of JSON what it was answered.
//
//   NODE_PATH=<packages> node connect_client.js http://HOST:PORT services.binpb json|binary
'use strict';

const fs = require('node:fs');
const {createFileRegistry, fromBinary, toJson} = require('@bufbuild/protobuf');
const {FileDescriptorSetSchema} = require('@bufbuild/protobuf/wkt');
const {Code, ConnectError, createClient} = require('@connectrpc/connect');
const {compressionGzip, createConnectTransport} = require('@connectrpc/connect-node');

const [baseUrl, services, format] = process.argv.slice(2);
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, fs.readFileSync(services)));
const transport = createConnectTransport({
  baseUrl,
  httpVersion: '1.1',
  useBinaryFormat: format === 'binary',
  acceptCompression: [compressionGzip],
  sendCompression: compressionGzip,
  compressMinBytes: 512,
});
const client = (name) => createClient(registry.getService(name), transport);

/** What `call` fails with, as far as programs look at it. */
async function failure(call) {
  try {
    await call();
    return null;
  } catch (error) {
    const connect = ConnectError.from(error);
    const detail = (type) => connect.findDetails(registry.getMessage(type)).map(
      (each) => toJson(registry.getMessage(type), each));
    return {code: Code[connect.code], message: connect.rawMessage,
            info: detail('google.rpc.ErrorInfo'), bad: detail('google.rpc.BadRequest')};
  }
}

async function firstOf(stream) {
  for await (const message of stream) return message.status;
}

async function main() {
  const publisher = client('carillon.v1.EventPublisher');
  const health = client('grpc.health.v1.Health');
  const event = (id, more) => (
    {id, payload: {case: 'session', value: {uuid: id, action: 'create', ...more}}});
  const published = await publisher.publish({events: [event('evt-1'), event('evt-2')]});
  const many = Array.from({length: 200}, (_, number) => event(`many-${number}`));
  const gone = new AbortController();
  const watched = await firstOf(health.watch({}, {signal: gone.signal}));
  gone.abort();
  console.log(JSON.stringify({
    message: 'answered',
    // 64-bit numbers are BigInts.
    results: published.results.map(({id, position}) => [id, String(position), typeof position]),
    many: (await publisher.publish({events: many})).results.length,
    check: (await health.check({})).status,
    watched,
    unknown: await failure(() => health.check({service: 'no.Such'})),
    wrong: await failure(() => publisher.publish({events: [event('x'), event('')]})),
    key: await failure(() => publisher.publish({events: []}, {headers: {'Idempotency-Key': 'k'}})),
  }));
}

main();
