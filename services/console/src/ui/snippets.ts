// How a receiver checks the signature, in six languages: with the libraries of Standard Webhooks where there is one.

export interface Snippet {
  language: string;
  code: string;
}

export const SNIPPETS: Snippet[] = [
  {
    language: 'Node',
    code: `import { Webhook } from "standardwebhooks";

// body: the raw text of the request, before anything parses it
const wh = new Webhook(process.env.CARILLON_SECRET);
const event = wh.verify(body, request.headers);`,
  },
  {
    language: 'Python',
    code: `from standardwebhooks import Webhook

wh = Webhook(os.environ["CARILLON_SECRET"])
event = wh.verify(request.body, request.headers)`,
  },
  {
    language: 'Go',
    code: `import standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

wh, err := standardwebhooks.NewWebhook(os.Getenv("CARILLON_SECRET"))
body, _ := io.ReadAll(request.Body)
err = wh.Verify(body, request.Header) // nil: it is genuine`,
  },
  {
    language: 'PHP',
    code: `$id = $_SERVER['HTTP_WEBHOOK_ID'];
$time = $_SERVER['HTTP_WEBHOOK_TIMESTAMP'];
$body = file_get_contents('php://input');
$key = base64_decode(substr(getenv('CARILLON_SECRET'), strlen('whsec_')));
$want = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$time.$body", $key, true));
$genuine = abs(time() - (int) $time) < 300;
$given = explode(' ', $_SERVER['HTTP_WEBHOOK_SIGNATURE']);
$genuine = $genuine && array_filter($given, fn ($each) => hash_equals($want, $each));`,
  },
  {
    language: 'Ruby',
    code: `require "openssl"
require "base64"

id, time = request.headers.values_at("webhook-id", "webhook-timestamp")
key = Base64.strict_decode64(ENV["CARILLON_SECRET"].delete_prefix("whsec_"))
mac = OpenSSL::HMAC.digest("SHA256", key, "#{id}.#{time}.#{request.raw_post}")
want = "v1," + Base64.strict_encode64(mac)
genuine = (Time.now.to_i - time.to_i).abs < 300 &&
  request.headers["webhook-signature"].split.any? { |each| OpenSSL.secure_compare(each, want) }`,
  },
  {
    language: 'C#',
    code: `var key = Convert.FromBase64String(secret["whsec_".Length..]);
var id = request.Headers["webhook-id"].ToString();
var time = request.Headers["webhook-timestamp"].ToString();
var mac = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{id}.{time}.{body}"));
var want = Encoding.ASCII.GetBytes("v1," + Convert.ToBase64String(mac));
var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
var genuine = Math.Abs(now - long.Parse(time)) < 300 &&
    request.Headers["webhook-signature"].ToString().Split(' ').Any(each =>
        CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(each), want));`,
  },
];
