// A receiver made of packages that others wrote: verifies with `standardwebhooks` and `svix`, reads
// CloudEvents with `cloudevents`, and tells of each request in one line of JSON.
//
//   NODE_PATH=<packages> node receiver.js '{"/path": ["whsec_...", ...], ...}'
'use strict';

const http = require('node:http');
const {HTTP} = require('cloudevents');
const {Webhook: StandardWebhook} = require('standardwebhooks');
const {Webhook: SvixWebhook} = require('svix');

const secrets = JSON.parse(process.argv[2]);
const MOST_BYTES = 1 << 20;

const say = (line) => process.stdout.write(JSON.stringify(line) + '\n');

/** What `work` gives, or the words of its error. */
function attempt(work) {
  try {
    return {ok: true, value: work()};
  } catch (error) {
    return {ok: false, error: String(error.message)};
  }
}

/** One verdict for each library and secret; those with `altered_` must be bad ones. */
function verify(target, headers, body) {
  const verdicts = [];
  for (const secret of secrets[target] ?? []) {
    for (const [library, Webhook] of [['standardwebhooks', StandardWebhook], ['svix', SvixWebhook]]) {
      const webhook = new Webhook(secret);
      const late = {...headers, 'webhook-timestamp': String(+headers['webhook-timestamp'] - 1)};
      verdicts.push({
        library,
        genuine: attempt(() => webhook.verify(body, headers)),
        altered_body: attempt(() => webhook.verify(body + ' ', headers)),
        altered_time: attempt(() => webhook.verify(body, late)),
      });
    }
  }
  return verdicts;
}

/** The events of a CloudEvents message, each checked against the specification's schema. */
function parse(headers, body) {
  if (!HTTP.isEvent({headers, body})) return undefined;
  return attempt(() => [HTTP.toEvent({headers, body})].flat().map((event) => {
    event.validate();
    return event.toJSON();
  }));
}

function take(request, response) {
  const chunks = [];
  let size = 0;
  request.on('data', (chunk) => {
    size += chunk.length;
    if (size > MOST_BYTES) return request.destroy();
    chunks.push(chunk);
  });
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString('utf8');
    const {headers, method, url: target} = request;
    say({target, method, headers, body, verdicts: verify(target, headers, body),
         events: parse(headers, body)});
    response.writeHead(204).end();
  });
}

const server = http.createServer(take);
server.listen(0, '127.0.0.1', () => {
  say({message: 'ready', address: `127.0.0.1:${server.address().port}`});
});
