#include "memory.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <thread>

#include "carillon/resource/config.h"

namespace carillon::resource {
namespace {

constexpr uint64_t kMebi = 1ull << 20;
constexpr uint64_t kIdBytes = 38;               ///< at most, of an id that is remembered
constexpr uint64_t kAttemptBytes = kMebi / 16;  ///< of an attempt in flight, with TLS

uint32_t Cores(const base::ContainerLimits& limits) {
  constexpr uint32_t kMaxThreads = 64;
  const uint32_t cores = std::clamp(std::thread::hardware_concurrency(), 1u, kMaxThreads);
  if (!limits.cores || *limits.cores >= cores) return cores;
  return std::max(1u, static_cast<uint32_t>(std::ceil(*limits.cores)));
}

void KeepServerWithin(uint64_t memory, v1::ServerSettings& server) {
  const uint64_t message = server.has_max_message_bytes() ? server.max_message_bytes()
                           : server.has_max_payload_bytes()
                               ? std::max(16 * kMebi, 2 * server.max_payload_bytes())
                               : 16 * kMebi;
  if (!server.has_max_waiting_bytes() && memory / 8 < 64 * kMebi && message < 64 * kMebi) {
    server.set_max_waiting_bytes(std::max(memory / 8, message));
  }
  // With larger messages the default is the least there may be.
  if (!server.has_max_publish_memory_bytes() && memory / 4 < 128 * kMebi && message <= 32 * kMebi) {
    server.set_max_publish_memory_bytes(std::max({memory / 4, 64 * kMebi, 4 * message}));
  }
}

}  // namespace

void KeepWithin(const base::ContainerLimits& limits, v1::Config& given) {
  v1::DeliverySettings& delivery = *given.mutable_delivery();
  if (limits.cores && !delivery.has_threads()) delivery.set_threads(Cores(limits));
  if (!limits.memory_bytes) return;
  const uint64_t memory = *limits.memory_bytes;
  const uint64_t threads =
      std::max(1u, delivery.has_threads() ? delivery.threads() : Cores(limits));
  KeepServerWithin(memory, *given.mutable_server());
  if (!delivery.has_max_memory_bytes()) {
    delivery.set_max_memory_bytes(std::clamp(memory / 4 / threads, 4 * kMebi, 64 * kMebi));
  }
  if (!given.journal().has_deduplication_ids()) {
    given.mutable_journal()->set_deduplication_ids(
        std::clamp<uint64_t>(memory / 8 / kIdBytes, 100'000, 4'000'000));
  }
  v1::LimitSettings& in_flight = *given.mutable_limits();
  const auto attempts =
      static_cast<uint32_t>(std::clamp<uint64_t>(memory / 2 / kAttemptBytes, 64, 4096));
  if (!in_flight.has_max_in_flight()) in_flight.set_max_in_flight(attempts);
  v1::TenantLimits& of_tenant = *in_flight.mutable_tenant_defaults();
  if (!of_tenant.has_max_in_flight()) of_tenant.set_max_in_flight(std::min(attempts, 1024u));
}

uint64_t MemoryBounds(const Config& config) {
  return config.server.max_waiting_bytes() + config.server.max_publish_memory_bytes() +
         config.delivery.threads() * config.delivery.max_memory_bytes() +
         config.journal.deduplication_ids() * kIdBytes;
}

}  // namespace carillon::resource
