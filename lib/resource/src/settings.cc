#include "settings.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <thread>

#include "member_rules.h"

namespace carillon::resource {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr uint64_t kKiB = 1ull << 10;
constexpr uint64_t kMiB = 1ull << 20;
constexpr uint64_t kGiB = 1ull << 30;
constexpr uint64_t kPiB = 1ull << 50;
constexpr uint32_t kMaxThreads = 64;
constexpr size_t kMaxPathBytes = 4096;

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

/// A duration that may also be 0, for never.
void ApplyOrNever(const DurationRule& rule, v1::ServerSettings& server, const Path& path,
                  Errors& errors) {
  const auto* field = server.GetDescriptor()->FindFieldByName(rule.member);
  const auto& given = static_cast<const google::protobuf::Duration&>(
      server.GetReflection()->GetMessage(server, field));
  if (server.GetReflection()->HasField(server, field) && Millis(given).count() == 0) return;
  Apply(rule, server, path, errors);
}

/// What publishers may take.
void CompletePublishing(v1::ServerSettings& server, const Path& path, Errors& errors) {
  const uint64_t payload = std::min(server.max_payload_bytes(), 16 * kMiB);
  Apply(
      NumberRule{"max_message_bytes", 4 * kKiB, 64 * kMiB, std::max(16 * kMiB, 2 * payload), true},
      server, path, errors);
  if (server.max_message_bytes() < payload) {
    errors.Add(path.Member("max_message_bytes"), "must be at least max_payload_bytes");
  }
  const uint64_t message = std::min(server.max_message_bytes(), 64 * kMiB);
  Apply(NumberRule{"max_publish_memory_bytes", 64 * kMiB, 64 * kGiB,
                   std::max(128 * kMiB, 4 * message), true},
        server, path, errors);
  if (server.max_publish_memory_bytes() < 4 * message) {
    errors.Add(path.Member("max_publish_memory_bytes"),
               "must be at least four times max_message_bytes");
  }
  for (const NumberRule& rule : {NumberRule{"max_publisher_connections", 1, 65'536, 1024},
                                 NumberRule{"max_publisher_connections_per_peer", 1, 65'536, 512},
                                 NumberRule{"max_calls", 1, 1'048'576, 2048},
                                 NumberRule{"max_calls_per_connection", 1, 65'536, 128},
                                 NumberRule{"max_streams", 1, 65'536, 1024},
                                 NumberRule{"max_streams_per_peer", 1, 65'536, 512}}) {
    Apply(rule, server, path, errors);
  }
  ApplyOrNever(DurationRule{"max_stream_idle", seconds(1), days(7), hours(1)}, server, path,
               errors);
  ApplyOrNever(DurationRule{"publisher_ping", seconds(1), hours(2), seconds(60)}, server, path,
               errors);
  ApplyOrNever(DurationRule{"max_publisher_connection_age", seconds(1), days(30), seconds(0)},
               server, path, errors);
  Apply(DurationRule{"min_publisher_ping", seconds(1), minutes(10), seconds(10)}, server, path,
        errors);
  Apply(DurationRule{"publisher_ping_timeout", seconds(1), minutes(10), seconds(20)}, server, path,
        errors);
  Apply(DurationRule{"publisher_connection_grace", seconds(1), days(1), minutes(5)}, server, path,
        errors);
}

}  // namespace

void Complete(v1::ServerSettings& server, const Path& path, Errors& errors) {
  if (!server.has_publish_address()) server.set_publish_address("127.0.0.1:7080");
  if (!server.has_admin_address()) server.set_admin_address("127.0.0.1:7081");
  CheckAddress(server.publish_address(), path.Member("publish_address"), errors);
  CheckAddress(server.admin_address(), path.Member("admin_address"), errors);
  Apply(NumberRule{"max_payload_bytes", kKiB, 16 * kMiB, 256 * kKiB, true}, server, path, errors);
  Apply(NumberRule{"max_batch_events", 1, 1000, 1000}, server, path, errors);
  Apply(NumberRule{"max_waiting_bytes", kMiB, 4 * kGiB, 64 * kMiB, true}, server, path, errors);
  Apply(DurationRule{"shutdown_grace", milliseconds(0), minutes(10), seconds(20)}, server, path,
        errors);
  CompletePublishing(server, path, errors);
  if (server.log_level() == v1::LOG_LEVEL_UNSPECIFIED) server.set_log_level(v1::LOG_LEVEL_INFO);
}

void Complete(v1::JournalSettings& journal, const Path& path, Errors& errors) {
  if (!journal.has_data_dir()) journal.set_data_dir("carillon-data");
  const std::string& dir = journal.data_dir();
  if (dir.empty() || dir.size() > kMaxPathBytes || dir.find('\0') != dir.npos) {
    errors.Add(path.Member("data_dir"), "must be a path of 1 to 4096 bytes");
  }
  Apply(DurationRule{"deduplication_age", milliseconds(0), days(30), days(1)}, journal, path,
        errors);
  Apply(NumberRule{"deduplication_ids", 0, 64'000'000, 4'000'000}, journal, path, errors);
  Apply(DurationRule{"retention_age", minutes(1), days(3'653), days(3)}, journal, path, errors);
  Apply(NumberRule{"retention_bytes", kMiB, kPiB, 10 * kGiB, true}, journal, path, errors);
  Apply(NumberRule{"min_free_bytes", 0, kPiB, 256 * kMiB, true}, journal, path, errors);
  Apply(DurationRule{"kept_age", minutes(1), days(3'653), days(14)}, journal, path, errors);
  const uint64_t room = std::clamp<uint64_t>(journal.retention_bytes(), 10 * kMiB, kPiB);
  Apply(NumberRule{"kept_bytes", kMiB, kPiB, room / 10, true}, journal, path, errors);
  Apply(NumberRule{"kept_events", 1, 100'000'000, 1'000'000}, journal, path, errors);
  Apply(NumberRule{"kept_total_bytes", kMiB, kPiB, room / 2, true}, journal, path, errors);
  Apply(NumberRule{"kept_total_events", 1, 100'000'000, 4'000'000}, journal, path, errors);
}

void Complete(v1::DeliverySettings& delivery, const Path& path, Errors& errors) {
  const uint32_t cores = std::clamp(std::thread::hardware_concurrency(), 1u, kMaxThreads);
  Apply(NumberRule{"threads", 1, kMaxThreads, cores}, delivery, path, errors);
  Apply(NumberRule{"max_memory_bytes", kMiB, 16 * kGiB, 64 * kMiB, true}, delivery, path, errors);
  Apply(NumberRule{"max_lane_bytes", 64 * kKiB, kGiB, 4 * kMiB, true}, delivery, path, errors);
  Apply(DurationRule{"idle_connection_timeout", seconds(1), minutes(10), seconds(30)}, delivery,
        path, errors);
  Apply(NumberRule{"max_response_head_bytes", kKiB, kMiB, 64 * kKiB, true}, delivery, path, errors);
}

void Complete(v1::LimitSettings& limits, const Path& path, Errors& errors) {
  Apply(NumberRule{"max_in_flight", 1, 65'536, 4096}, limits, path, errors);
  Apply(NumberRule{"max_in_flight", 1, 65'536, 1024}, *limits.mutable_tenant_defaults(),
        path.Member("tenant_defaults"), errors);
}

void Complete(v1::ResolverSettings& resolver, const Path& path, Errors& errors) {
  constexpr int kMaxServers = 8;
  const Path servers = path.Member("servers");
  if (resolver.servers_size() > kMaxServers) errors.Add(servers, "must be at most 8");
  for (int i = 0; i < resolver.servers_size() && i < kMaxServers; ++i) {
    if (IsNameServer(resolver.servers(i))) continue;
    errors.Add(servers.At(i),
               "must be an address, or ADDRESS:PORT, an IPv6 address then in brackets");
  }
  Apply(DurationRule{"timeout", milliseconds(100), seconds(30), milliseconds(1'500)}, resolver,
        path, errors);
  Apply(NumberRule{"attempts", 1, 5, 2}, resolver, path, errors);
  Apply(DurationRule{"ttl_min", seconds(0), hours(1), seconds(5)}, resolver, path, errors);
  const bool has_max = resolver.has_ttl_max();
  const milliseconds least = Millis(resolver.ttl_min());
  Apply(DurationRule{"ttl_max", seconds(1), days(1), std::max<milliseconds>(minutes(5), least)},
        resolver, path, errors);
  if (has_max && Millis(resolver.ttl_max()) < least) {
    errors.Add(path.Member("ttl_max"), "must not be shorter than ttl_min");
  }
  Apply(DurationRule{"negative_ttl", seconds(1), minutes(5), seconds(5)}, resolver, path, errors);
  Apply(DurationRule{"stale", seconds(0), days(1), hours(1)}, resolver, path, errors);
}

}  // namespace carillon::resource
