#include "call_head.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "carillon/access/forwarded.h"
#include "carillon/base/text.h"
#include "carillon/json/scanner.h"
#include "gzip.h"
#include "stream_envelope.h"

namespace carillon::connect {
namespace {

constexpr size_t kMaxTimeoutDigits = 10;
constexpr size_t kMaxIdempotencyKeyBytes = 256;

using HeadOr = std::variant<CallHead, web::Response>;

web::Response Refusal(v1::ErrorReason reason, std::string_view text, int http_status = 0) {
  return ToResponse(MakeError(reason, text), http_status);
}

web::Response Invalid(std::string_view text) { return Refusal(v1::HTTP_INVALID, text); }

std::string_view Header(const web::Request& request, std::string_view name) {
  const std::string_view value = request.headers.Find(name).value_or("");
  return base::ToStd(absl::StripAsciiWhitespace(base::ToAbsl(value)));
}

/// What gRPC takes as the value of metadata.
bool IsVisible(std::string_view value) {
  return std::ranges::all_of(value, [](char c) { return c >= 0x20 && c < 0x7f; });
}

// --- The encoding.

struct ContentType {
  std::string_view name;
  Codec codec;
  bool stream;
};

constexpr ContentType kContentTypes[] = {
    {"application/json", Codec::kJson, false},
    {"application/proto", Codec::kBinary, false},
    {"application/connect+json", Codec::kJson, true},
    {"application/connect+proto", Codec::kBinary, true},
};

/// A form of a web page has none of these types, and a script of another site may not send them
/// without being asked: this is what keeps sites from calling.
std::optional<Codec> ReadContentType(std::string_view value, bool stream) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(base::ToAbsl(value), absl::MaxSplits(';', 1));
  const std::string name = absl::AsciiStrToLower(absl::StripAsciiWhitespace(parts.first));
  const std::string parameter = absl::AsciiStrToLower(absl::StripAsciiWhitespace(parts.second));
  if (!parameter.empty() && parameter != "charset=utf-8" && parameter != "charset=\"utf-8\"") {
    return std::nullopt;
  }
  for (const ContentType& type : kContentTypes) {
    if (type.name == name && type.stream == stream) return type.codec;
  }
  return std::nullopt;
}

web::Response UnsupportedType(std::string_view value, bool stream) {
  const std::string_view taken = stream ? "application/connect+json, application/connect+proto"
                                        : "application/json, application/proto";
  web::Response response =
      Refusal(v1::HTTP_INVALID,
              absl::StrCat("Content-Type: ", value.empty() ? "missing" : base::Printable(value),
                           "; this method takes ", base::ToAbsl(taken)),
              415);
  response.headers.Set("Accept-Post", taken);
  return response;
}

web::Response NotByGet() {
  web::Response response =
      Refusal(v1::UNSUPPORTED, "GET is only for methods without side effects: use POST", 405);
  response.headers.Set("Allow", "POST");
  return response;
}

/// Reads whether a message is compressed: false as an answer, when in a way that is unknown.
bool ReadCompression(std::string_view value, bool& gzip) {
  gzip = value == "gzip";
  return gzip || value.empty() || value == "identity";
}

web::Response UnknownCompression(std::string_view what, std::string_view value) {
  web::Response response =
      Refusal(v1::UNSUPPORTED, absl::StrCat(base::ToAbsl(what), ": ", base::Printable(value),
                                            " is unknown; gzip and identity are taken"));
  response.headers.Set("Accept-Encoding", "gzip");
  return response;
}

// --- A GET's parameters.

std::optional<std::string> PercentDecode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i] == '+' ? ' ' : text[i]);
      continue;
    }
    const int high = i + 2 < text.size() ? json::HexValue(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? json::HexValue(text[i + 2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

using Query = std::map<std::string, std::string, std::less<>>;

/// The parameters, or what is wrong with them. Unknown ones are left to whoever put them there.
std::variant<Query, std::string> ReadQuery(std::string_view text) {
  Query query;
  if (text.empty()) return query;
  for (const absl::string_view each : absl::StrSplit(base::ToAbsl(text), '&')) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(each, absl::MaxSplits('=', 1));
    const auto value = PercentDecode(base::ToStd(parts.second));
    if (!value) {
      return absl::StrCat(base::Printable(base::ToStd(parts.first)), ": % without two digits");
    }
    if (!query.emplace(std::string(parts.first), *value).second) {
      return absl::StrCat(base::Printable(base::ToStd(parts.first)), ": is there twice");
    }
  }
  return query;
}

std::string_view Get(const Query& query, std::string_view name) {
  const auto found = query.find(name);
  return found == query.end() ? std::string_view() : std::string_view(found->second);
}

std::optional<web::Response> ReadGet(const web::Request& request, CallHead& head) {
  if (request.path.size() + 1 + request.query.size() > kMaxTargetBytes) {
    return Refusal(v1::REQUEST_TOO_LARGE,
                   absl::StrCat("the URL is over ", kMaxTargetBytes, " bytes: use POST"), 414);
  }
  std::variant<Query, std::string> read = ReadQuery(request.query);
  if (const auto* wrong = std::get_if<std::string>(&read)) return Invalid(*wrong);
  const Query& query = std::get<Query>(read);
  const std::string_view encoding = Get(query, "encoding");
  if (encoding != "json" && encoding != "proto") {
    return Invalid("encoding: must be json or proto");
  }
  head.codec = encoding == "json" ? Codec::kJson : Codec::kBinary;
  if (!query.contains("message")) return Invalid("message: is missing");
  if (query.contains("connect") && Get(query, "connect") != "v1") {
    return Invalid("connect: must be v1");
  }
  if (query.contains("base64") && Get(query, "base64") != "1") {
    return Invalid("base64: must be 1");
  }
  head.base64 = query.contains("base64");
  const std::string_view compression = Get(query, "compression");
  if (!ReadCompression(compression, head.gzip))
    return UnknownCompression("compression", compression);
  head.query_message = Get(query, "message");
  return std::nullopt;
}

// --- The headers.

std::optional<web::Response> ReadPost(const web::Request& request, CallHead& head) {
  const bool stream = head.method->streams();
  const std::string_view type = Header(request, "Content-Type");
  const std::optional<Codec> codec = ReadContentType(type, stream);
  if (!codec) return UnsupportedType(type, stream);
  head.codec = *codec;
  const std::string_view name = stream ? "Connect-Content-Encoding" : "Content-Encoding";
  const std::string_view compression = Header(request, name);
  if (!ReadCompression(compression, head.gzip)) return UnknownCompression(name, compression);
  const std::string_view version = Header(request, "Connect-Protocol-Version");
  if (!version.empty() && version != "1") {
    return Invalid("Connect-Protocol-Version: must be 1, or left out");
  }
  head.idempotency_key = Header(request, "Idempotency-Key");
  // The draft of its own has it in quotes.
  if (head.idempotency_key.size() >= 2 && head.idempotency_key.starts_with('"') &&
      head.idempotency_key.ends_with('"')) {
    head.idempotency_key = head.idempotency_key.substr(1, head.idempotency_key.size() - 2);
  }
  if (!IsVisible(head.idempotency_key) || head.idempotency_key.size() > kMaxIdempotencyKeyBytes) {
    return Invalid(absl::StrCat("Idempotency-Key: must be visible ASCII, at most ",
                                kMaxIdempotencyKeyBytes, " bytes"));
  }
  if (!head.idempotency_key.empty() && head.method->request_id() == nullptr) {
    return Invalid(absl::StrCat(
        "Idempotency-Key: ", head.method->request().full_name(),
        " has no request_id; what makes this call safe to repeat is in the message itself (give "
        "each event that is published an id)"));
  }
  return std::nullopt;
}

std::optional<web::Response> ReadTimeout(const web::Request& request, CallHead& head) {
  const std::string_view text = Header(request, "Connect-Timeout-Ms");
  if (text.empty()) return std::nullopt;
  int64_t millis = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), millis);
  if (error != std::errc() || end != text.data() + text.size() || millis < 0 ||
      text.size() > kMaxTimeoutDigits) {
    return Invalid("Connect-Timeout-Ms: must be a whole number of at most ten digits");
  }
  head.timeout = std::chrono::milliseconds(millis);
  return std::nullopt;
}

std::optional<web::Response> ReadMetadata(const web::Request& request, CallHead& head) {
  const std::string_view authorization = Header(request, "Authorization");
  if (!IsVisible(authorization)) return Invalid("Authorization: must be visible ASCII");
  if (!authorization.empty()) head.metadata.emplace_back("authorization", authorization);
  for (const char* const name : {"traceparent", "tracestate", "user-agent"}) {
    const std::string_view value = Header(request, name);
    if (!value.empty() && IsVisible(value)) head.metadata.emplace_back(name, value);
  }
  head.metadata.emplace_back(access::kForwardedPeer, request.peer);
  if (request.certificate != nullptr) {
    head.metadata.emplace_back(access::kForwardedCertificate,
                               access::EncodePeerCertificate(*request.certificate));
  }
  return std::nullopt;
}

}  // namespace

HeadOr ReadHead(const MethodTable& methods, const web::Request& request) {
  CallHead head;
  head.method = methods.Find(request.path);
  if (head.method == nullptr) {
    return Refusal(v1::UNSUPPORTED, methods.Unknown(request.path), 404);
  }
  if (head.method->descriptor->client_streaming()) {
    return Refusal(v1::UNSUPPORTED, absl::StrCat(head.method->descriptor->full_name(),
                                                 " reads a stream: it can be called by gRPC only"));
  }
  head.get = request.method != "POST";
  if (head.get && (!head.method->safe || head.method->streams())) {
    return NotByGet();
  }
  auto refused = head.get ? ReadGet(request, head) : ReadPost(request, head);
  if (!refused) refused = ReadTimeout(request, head);
  if (!refused) refused = ReadMetadata(request, head);
  if (refused) return *std::move(refused);
  head.gzip_answer = TakesGzip(
      Header(request, head.method->streams() ? "Connect-Accept-Encoding" : "Accept-Encoding"));
  return head;
}

namespace {

Error NotReadable(std::string_view text) { return MakeError({{"", "SYNTAX", std::string(text)}}); }

std::variant<std::string, Error> Expand(std::string_view bytes, size_t max_bytes) {
  absl::StatusOr<std::string> expanded = Gunzip(bytes, max_bytes);
  if (expanded.ok()) return *std::move(expanded);
  const absl::Status& status = expanded.status();
  if (absl::IsResourceExhausted(status)) {
    return MakeError(v1::REQUEST_TOO_LARGE, base::ToStd(status.message()));
  }
  return NotReadable(base::ToStd(status.message()));
}

}  // namespace

std::variant<std::string, Error> TakeMessage(const CallHead& head, std::string body,
                                             size_t max_bytes) {
  if (head.get) {
    std::string message = head.query_message;
    if (head.base64) {
      std::string decoded;
      if (!absl::WebSafeBase64Unescape(message, &decoded)) {
        return NotReadable("message: is not base64url");
      }
      message = std::move(decoded);
    }
    if (head.gzip) return Expand(message, max_bytes);
    return message;
  }
  if (!head.method->streams()) {
    if (head.gzip) return Expand(body, max_bytes);
    return body;
  }
  const absl::StatusOr<Envelope> envelope = ReadEnvelope(body);
  if (!envelope.ok()) return NotReadable(base::ToStd(envelope.status().message()));
  if ((envelope->flags & Envelope::kCompressed) == 0) return std::string(envelope->message);
  if (!head.gzip)
    return NotReadable("the message is compressed, but Connect-Content-Encoding is not there");
  return Expand(envelope->message, max_bytes);
}

}  // namespace carillon::connect
