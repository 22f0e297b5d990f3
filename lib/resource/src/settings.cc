#include "settings.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <thread>

#include "absl/strings/str_cat.h"
#include "field_rules.h"
#include "member_rules.h"

namespace carillon::resource {
namespace {

constexpr uint64_t kMiB = 1ull << 20;
constexpr uint64_t kPiB = 1ull << 50;
constexpr uint32_t kMaxThreads = 64;
constexpr size_t kMaxPathBytes = 4096;
constexpr int kMaxOrigins = 32;

bool IsNumericHost(const std::string& host, int family) {
  unsigned char address[sizeof(in6_addr)];
  return inet_pton(family, host.c_str(), address) == 1;
}

bool IsPort(std::string_view text) {
  uint32_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return text.size() <= 5 && error == std::errc() && end == text.data() + text.size() &&
         port <= 65'535;
}

bool IsHostPort(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == text.npos || text.size() > 64 || !IsPort(text.substr(colon + 1))) return false;
  const std::string host(text.substr(0, colon));
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    return IsNumericHost(host.substr(1, host.size() - 2), AF_INET6);
  }
  return host == "localhost" || IsNumericHost(host, AF_INET);
}

void CheckAddress(std::string_view address, const Path& path, Errors& errors) {
  if (IsHostPort(address)) return;
  errors.Add(path,
             "must be HOST:PORT, where HOST is an IPv4 address, an IPv6 address in brackets or "
             "localhost");
}

/// An address, or one with a port that is not 0.
bool IsNameServer(const std::string& text) {
  if (IsNumericHost(text, AF_INET) || IsNumericHost(text, AF_INET6)) return true;
  return IsHostPort(text) && !text.starts_with("localhost") && !text.ends_with(":0");
}

/// What publishers may take, where it depends on what else is given.
void CompletePublishing(v1::ServerSettings& server, const Path& path, Errors& errors) {
  const uint64_t payload = std::min(server.max_payload_bytes(), 16 * kMiB);
  if (!server.has_max_message_bytes()) {
    server.set_max_message_bytes(std::max(16 * kMiB, 2 * payload));
  }
  if (server.max_message_bytes() < payload) {
    errors.Add(path.Member("max_message_bytes"), "must be at least max_payload_bytes");
  }
  const uint64_t message = std::min(server.max_message_bytes(), 64 * kMiB);
  if (!server.has_max_publish_memory_bytes()) {
    server.set_max_publish_memory_bytes(std::max(128 * kMiB, 4 * message));
  }
  if (server.max_publish_memory_bytes() < 4 * message) {
    errors.Add(path.Member("max_publish_memory_bytes"),
               "must be at least four times max_message_bytes");
  }
}

/// `https://app.example.com:8443`, in the form in which browsers name origins. Nothing in it has a
/// meaning in a header or in JSON.
bool IsOrigin(std::string_view text) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!text.starts_with(scheme)) continue;
    std::string_view host = text.substr(scheme.size());
    const size_t colon = host.rfind(':');
    if (colon != host.npos && host.back() != ']') {
      if (colon + 1 == host.size() || !IsPort(host.substr(colon + 1))) return false;
      host = host.substr(0, colon);
    }
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
      return IsNumericHost(std::string(host.substr(1, host.size() - 2)), AF_INET6);
    }
    constexpr std::string_view kOfHosts = "abcdefghijklmnopqrstuvwxyz0123456789.-";
    return !host.empty() && host.size() <= 253 && host.find_first_not_of(kOfHosts) == host.npos;
  }
  return false;
}

}  // namespace

void Complete(v1::ServerSettings& server, const Path& path, Errors& errors) {
  ApplyRules(server, path, errors);
  CheckAddress(server.publish_address(), path.Member("publish_address"), errors);
  CheckAddress(server.admin_address(), path.Member("admin_address"), errors);
  CompletePublishing(server, path, errors);
  if (server.log_level() == v1::LOG_LEVEL_UNSPECIFIED) server.set_log_level(v1::LOG_LEVEL_INFO);
}

void Complete(v1::JournalSettings& journal, const Path& path, Errors& errors) {
  ApplyRules(journal, path, errors);
  const std::string& dir = journal.data_dir();
  if (dir.empty() || dir.size() > kMaxPathBytes || dir.find('\0') != dir.npos) {
    errors.Add(path.Member("data_dir"), "must be a path of 1 to 4096 bytes");
  }
  const uint64_t room = std::clamp<uint64_t>(journal.retention_bytes(), 10 * kMiB, kPiB);
  if (!journal.has_kept_bytes()) journal.set_kept_bytes(room / 10);
  if (!journal.has_kept_total_bytes()) journal.set_kept_total_bytes(room / 2);
}

void Complete(v1::DeliverySettings& delivery, const Path& path, Errors& errors) {
  ApplyRules(delivery, path, errors);
  if (delivery.has_threads()) return;
  delivery.set_threads(std::clamp(std::thread::hardware_concurrency(), 1u, kMaxThreads));
}

void Complete(v1::LimitSettings& limits, const Path& path, Errors& errors) {
  ApplyRules(limits, path, errors);
  ApplyRules(*limits.mutable_tenant_defaults(), path.Member("tenant_defaults"), errors);
}

void Complete(v1::DeliveryLogSettings& log, const Path& path, Errors& errors) {
  ApplyRules(log, path, errors);
  if (!log.has_enabled()) log.set_enabled(true);
  if (log.details() == v1::LOG_DETAILS_UNSPECIFIED) log.set_details(v1::LOG_DETAILS_FAILURES);
}

void Complete(v1::StatisticsSettings& statistics, const Path& path, Errors& errors) {
  ApplyRules(statistics, path, errors);
  if (!statistics.has_enabled()) statistics.set_enabled(true);
}

void Complete(v1::ResolverSettings& resolver, const Path& path, Errors& errors) {
  const bool has_max = resolver.has_ttl_max();
  ApplyRules(resolver, path, errors);
  const Path servers = path.Member("servers");
  for (int i = 0; i < resolver.servers_size() && !errors.full(); ++i) {
    if (IsNameServer(resolver.servers(i))) continue;
    errors.Add(servers.At(i),
               "must be an address, or ADDRESS:PORT, an IPv6 address then in brackets");
  }
  if (Millis(resolver.ttl_max()) >= Millis(resolver.ttl_min())) return;
  if (has_max) return errors.Add(path.Member("ttl_max"), "must not be shorter than ttl_min");
  *resolver.mutable_ttl_max() = resolver.ttl_min();
}

void CheckConsole(const v1::ConsoleSettings& console, const Path& path, Errors& errors) {
  if (console.file().size() > kMaxPathBytes || console.file().find('\0') != std::string::npos) {
    errors.Add(path.Member("file"), "must be a path of at most 4096 bytes");
  }
  const Path origins = path.Member("embed_origins");
  if (console.embed_origins_size() > kMaxOrigins) {
    return errors.Add(origins, absl::StrCat("must be at most ", kMaxOrigins));
  }
  for (int i = 0; i < console.embed_origins_size() && !errors.full(); ++i) {
    if (IsOrigin(console.embed_origins(i))) continue;
    errors.Add(origins.At(i),
               "must be https:// or http:// with a host in lower case and, if it is not the "
               "scheme's, a port; no path: https://app.example.com");
  }
}

}  // namespace carillon::resource
