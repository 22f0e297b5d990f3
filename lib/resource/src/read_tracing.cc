#include "read_tracing.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "carillon/base/text.h"
#include "field_rules.h"
#include "member_rules.h"
#include "read_tls.h"
#include "request_headers.h"

namespace carillon::resource {
namespace {

constexpr size_t kMaxServiceBytes = 256;
constexpr size_t kMaxVariableBytes = 8192;
constexpr size_t kMaxResource = 64;
constexpr std::string_view kGrpc = "grpc";
constexpr std::string_view kHttp = "http/protobuf";
constexpr std::string_view kHttpPath = "/v1/traces";

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// Returns the value of a variable; the specification takes an empty one for none.
std::string Variable(const Surroundings& from, const char* name) {
  const char* const value = from.variable ? from.variable(name) : nullptr;
  return value == nullptr ? std::string() : std::string(value).substr(0, kMaxVariableBytes);
}

struct Found {
  const char* name;
  std::string value;
};

Found FirstOf(const Surroundings& from, const char* name, const char* otherwise) {
  std::string value = Variable(from, name);
  if (!value.empty()) return {name, std::move(value)};
  return {otherwise, Variable(from, otherwise)};
}

bool DisabledByVariables(const Surroundings& from) {
  return absl::EqualsIgnoreCase(Variable(from, "OTEL_SDK_DISABLED"), "true") ||
         Variable(from, "OTEL_TRACES_EXPORTER") == "none";
}

std::string PercentDecoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    uint8_t byte = 0;
    const char* const digits = text.data() + i + 1;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

/// Reads `key=value,key=value`, values percent-encoded. Returns nullopt when it is not that.
std::optional<Pairs> ReadPairs(const std::string& text) {
  Pairs pairs;
  if (text.empty()) return pairs;
  for (const absl::string_view member : absl::StrSplit(text, ',')) {
    const absl::string_view trimmed = absl::StripAsciiWhitespace(member);
    if (trimmed.empty()) continue;
    const std::pair<absl::string_view, absl::string_view> halves =
        absl::StrSplit(trimmed, absl::MaxSplits('=', 1));
    const absl::string_view key = absl::StripAsciiWhitespace(halves.first);
    if (key.empty() || key.size() == trimmed.size() || pairs.size() == kMaxResource) {
      return std::nullopt;
    }
    pairs.emplace_back(std::string(key),
                       PercentDecoded(base::ToStd(absl::StripAsciiWhitespace(halves.second))));
  }
  return pairs;
}

// What follows puts what the variables say where the file says nothing; of the other variables
// nothing matters without an endpoint.

void TakeProtocol(const Surroundings& from, v1::TracingSettings& given, const Path& path,
                  Errors& errors) {
  if (!given.protocol().empty()) return;
  Found found = FirstOf(from, "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL");
  if (found.value.empty()) return given.set_protocol(std::string(kGrpc));
  given.set_protocol(std::move(found.value));
  errors.ComesFrom(path.Member("protocol"), found.name);
}

/// Returns what the variables say, or an empty text.
std::string EndpointOfVariables(const Surroundings& from, std::string_view protocol,
                                const Path& path, Errors& errors) {
  if (DisabledByVariables(from)) return {};
  Found found = FirstOf(from, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT");
  if (found.value.empty()) return {};
  errors.ComesFrom(path.Member("endpoint"), found.name);
  const bool of_traces = std::string_view(found.name).find("TRACES") != std::string_view::npos;
  if (of_traces || protocol != kHttp) return std::move(found.value);
  while (found.value.ends_with('/')) found.value.pop_back();
  return found.value.append(kHttpPath);
}

void TakeEndpoint(const Surroundings& from, v1::TracingSettings& given, const Path& path,
                  Errors& errors) {
  const bool has_protocol = !given.protocol().empty();
  TakeProtocol(from, given, path, errors);
  if (!given.endpoint().empty()) return;
  given.set_endpoint(EndpointOfVariables(from, given.protocol(), path, errors));
  // What a variable says of the protocol is nobody's business then.
  if (given.endpoint().empty() && !has_protocol) given.set_protocol(std::string(kGrpc));
}

void TakeHeaders(const Surroundings& from, v1::TracingSettings& given, const Path& path,
                 Errors& errors) {
  if (given.headers_size() > 0 || given.endpoint().empty()) return;
  const Found found =
      FirstOf(from, "OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS");
  errors.ComesFrom(path, found.name);
  const auto pairs = ReadPairs(found.value);
  if (!pairs) return errors.Add(path, "must be NAME=VALUE,NAME=VALUE");
  for (const auto& [name, value] : *pairs) {
    v1::Header& header = *given.add_headers();
    header.set_name(name);
    header.mutable_secret()->set_value(value);  // as who asks for them means it
  }
}

/// The variables name files; of a collector without TLS nobody uses them.
void TakeTls(const Surroundings& from, v1::TracingSettings& given, const Path& path,
             Errors& errors) {
  if (given.has_tls() || !absl::StartsWithIgnoreCase(given.endpoint(), "https:")) return;
  const Found bundle =
      FirstOf(from, "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE");
  const Found certificate = FirstOf(from, "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE",
                                    "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE");
  const Found key =
      FirstOf(from, "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "OTEL_EXPORTER_OTLP_CLIENT_KEY");
  v1::Tls& tls = *given.mutable_tls();
  if (!bundle.value.empty()) tls.mutable_ca_bundle()->set_file(bundle.value);
  if (!certificate.value.empty()) tls.mutable_client_certificate()->set_file(certificate.value);
  if (!key.value.empty()) tls.mutable_client_key()->set_file(key.value);
  // One without the other is an error at `path` itself.
  if (!certificate.value.empty() || !key.value.empty()) {
    errors.ComesFrom(path, certificate.value.empty() ? key.name : certificate.name);
  }
  const Path ca_bundle = path.Member("ca_bundle");
  const Path client_certificate = path.Member("client_certificate");
  const Path client_key = path.Member("client_key");
  errors.ComesFrom(ca_bundle.Member("file"), bundle.name);
  errors.ComesFrom(client_certificate.Member("file"), certificate.name);
  errors.ComesFrom(client_key.Member("file"), key.name);
}

void TakeRatio(const Surroundings& from, v1::TracingSettings& given, const Path& path,
               Errors& errors) {
  if (given.has_sample_ratio()) return;
  given.set_sample_ratio(1);
  if (given.endpoint().empty()) return;
  std::string sampler = Variable(from, "OTEL_TRACES_SAMPLER");
  if (sampler.starts_with("parentbased_"))
    sampler.erase(0, std::string_view("parentbased_").size());
  if (sampler == "always_off") given.set_sample_ratio(0);
  const std::string argument = Variable(from, "OTEL_TRACES_SAMPLER_ARG");
  if (sampler != "traceidratio" || argument.empty()) return;
  double ratio = -1;
  const char* const end = argument.data() + argument.size();
  if (std::from_chars(argument.data(), end, ratio).ptr != end || !(ratio >= 0 && ratio <= 1)) {
    return errors.Add(path, "OTEL_TRACES_SAMPLER_ARG must be 0 to 1");
  }
  given.set_sample_ratio(ratio);
}

/// What gRPC's metadata takes, which ends the process over what it does not.
bool IsMetadata(const model::Header& header) {
  const std::string_view value = header.value.Reveal();
  const std::string name = absl::AsciiStrToLower(header.name);
  return !name.starts_with("grpc-") && !name.ends_with("-bin") &&
         std::ranges::all_of(name,
                             [](char c) {
                               return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                                      c == '-' || c == '_' || c == '.';
                             }) &&
         std::ranges::all_of(value, [](char c) { return c >= 0x20 && c < 0x7F; });
}

std::vector<model::Header> ReadCollectorHeaders(const v1::TracingSettings& given, const Path& path,
                                                Errors& errors) {
  v1::Destination carrier;
  *carrier.mutable_headers() = given.headers();
  std::vector<model::Header> headers = ReadHeaders(carrier, path, errors);
  for (size_t i = 0; i < headers.size(); ++i) {
    if (IsMetadata(headers[i])) continue;
    errors.Add(path.At(static_cast<int>(i)),
               "must have a name of [A-Za-z0-9_.-] that does not begin with grpc- or end in -bin, "
               "and a value of printable ASCII");
  }
  return headers;
}

void ReadEndpoint(const v1::TracingSettings& given, Tracing& to, const Path& path, Errors& errors) {
  to.endpoint = given.endpoint();
  if (to.endpoint.empty()) return;
  const auto url = net::ParseUrl(to.endpoint);
  if (!url.ok()) {
    // What stands in it may be credentials.
    return errors.Add(path,
                      "must be http://HOST:PORT or https://HOST:PORT, by HTTP also with a path");
  }
  to.url = *url;
  if (to.by_http && to.url.target == "/") to.url.target = kHttpPath;
  if (!to.by_http && to.url.target != "/") {
    errors.Add(path, "must have no path: the protocol is grpc");
  }
}

void ReadResource(const Surroundings& from, const std::string& service, Tracing& to,
                  const Path& path, Errors& errors) {
  const bool used = !to.endpoint.empty();
  auto pairs = ReadPairs(used ? Variable(from, "OTEL_RESOURCE_ATTRIBUTES") : "");
  if (!pairs) {
    errors.Add(path, "OTEL_RESOURCE_ATTRIBUTES must be NAME=VALUE,NAME=VALUE, at most 64");
    pairs.emplace();
  }
  std::string name = service.empty() && used ? Variable(from, "OTEL_SERVICE_NAME") : service;
  for (const auto& [key, value] : *pairs) {
    if (key == "service.name" && name.empty()) name = value;
  }
  if (name.empty()) name = "carillon";
  if (name.size() > kMaxServiceBytes || base::FindInvalidUtf8(name)) {
    errors.Add(path.Member("service_name"), "must be 1 to 256 bytes of UTF-8");
  }
  to.resource.emplace_back("service.name", std::move(name));
  for (auto& [key, value] : *pairs) {
    if (base::FindInvalidUtf8(key) || base::FindInvalidUtf8(value)) {
      errors.Add(path, "OTEL_RESOURCE_ATTRIBUTES must be UTF-8");
    } else if (key != "service.name") {
      to.resource.emplace_back(std::move(key), std::move(value));
    }
  }
}

/// See Tracing::file.
std::string FileAlone(v1::TracingSettings given) {
  NoReferences references;
  Errors nobody(references);
  if (given.protocol().empty()) given.set_protocol(std::string(kGrpc));
  if (!given.has_sample_ratio()) given.set_sample_ratio(1);
  if (given.service_name().empty()) given.set_service_name("carillon");
  ApplyRules(given, Path(), nobody);
  for (v1::Header& header : *given.mutable_headers()) {
    header.clear_content();
  }
  given.clear_tls();
  return given.SerializeAsString();
}

}  // namespace

Tracing ReadTracing(v1::TracingSettings given, const Surroundings& from, const Path& path,
                    Errors& errors) {
  Tracing to;
  to.file = FileAlone(given);
  TakeEndpoint(from, given, path, errors);
  TakeHeaders(from, given, path.Member("headers"), errors);
  TakeTls(from, given, path.Member("tls"), errors);
  TakeRatio(from, given, path.Member("sample_ratio"), errors);
  ApplyRules(given, path, errors);
  to.by_http = given.protocol() == kHttp;
  if (!to.by_http && given.protocol() != kGrpc) {
    errors.Add(path.Member("protocol"), "must be grpc or http/protobuf");
  }
  ReadEndpoint(given, to, path.Member("endpoint"), errors);
  to.headers = ReadCollectorHeaders(given, path.Member("headers"), errors);
  if (given.has_tls()) {
    const bool is_plain = !to.url.host.empty() && !to.url.tls;
    to.tls = ReadTls(given.tls(), is_plain, path.Member("tls"), errors);
  }
  to.sample_ratio = given.sample_ratio();
  to.timeout = Millis(given.timeout());
  to.interval = Millis(given.interval());
  to.max_queue = given.max_queue();
  ReadResource(from, given.service_name(), to, path, errors);
  return to;
}

}  // namespace carillon::resource
