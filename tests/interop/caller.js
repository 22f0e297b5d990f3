// A client of the API of `@connectrpc/connect-node`, without generated code: services come from a
// descriptor set of protoc. Reads a call a line from standard input, answers a line each:
//
//   {"service": "carillon.v1.TokenService", "method": "GetCaller", "request": {}, "headers": {}}
//   {"code": "ok", "response": {...}} or {"code": "not_found", "message": "...", "details": [...]}
//
//   NODE_PATH=<packages> node caller.js connect-json|connect-binary|grpc http://HOST:PORT services.binpb
'use strict';

const fs = require('node:fs');
const readline = require('node:readline');
const {createFileRegistry, fromBinary, fromJson, toJson} = require('@bufbuild/protobuf');
const {FileDescriptorSetSchema} = require('@bufbuild/protobuf/wkt');
const {Code, ConnectError, createClient} = require('@connectrpc/connect');
const {createConnectTransport, createGrpcTransport} = require('@connectrpc/connect-node');

const [protocol, baseUrl, services] = process.argv.slice(2);
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, fs.readFileSync(services)));
const transport = protocol === 'grpc' ?
  createGrpcTransport({baseUrl, jsonOptions: {registry}}) :
  createConnectTransport({baseUrl, httpVersion: '1.1', jsonOptions: {registry},
                          useBinaryFormat: protocol === 'connect-binary'});

const snakeCase = (text) => text.replace(/(?<!^)[A-Z]/g, '_$&').toLowerCase();

/** What a call fails with, as far as programs look at it. */
function failure(error) {
  const {code, rawMessage, details} = ConnectError.from(error);
  return {
    code: snakeCase(Code[code]),
    message: rawMessage,
    details: details.map(({type, value}) => {
      const schema = registry.getMessage(type);
      return toJson(schema, fromBinary(schema, value), {registry});
    }),
  };
}

async function answer({service, method, request, headers}) {
  const descriptor = registry.getService(service);
  const {localName, input, output} = descriptor.methods.find(({name}) => name === method);
  try {
    const response = await createClient(descriptor, transport)[localName](
      fromJson(input, request, {registry}), {headers, timeoutMs: 120_000});
    return {code: 'ok', response: toJson(output, response, {registry})};
  } catch (error) {
    return failure(error);
  }
}

async function main() {
  for await (const line of readline.createInterface({input: process.stdin})) {
    console.log(JSON.stringify(await answer(JSON.parse(line))));
  }
  process.exit(0);  // connections that are kept for later calls
}

main();
