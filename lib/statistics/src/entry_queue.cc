#include "entry_queue.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace carillon::statistics {
namespace {

constexpr uint8_t kNoOutcome = UINT8_MAX;

/// An entry in the queue, before the bytes of its names.
struct Packed {
  int64_t at;
  uint32_t duration_us;
  uint32_t sent_bytes;
  uint32_t delivered;
  uint32_t dead;
  uint32_t accepted;
  uint8_t outcome;
  uint8_t responded;
  uint8_t tenant_bytes;
  uint8_t destination_bytes;
  uint8_t uid_bytes;
};

}  // namespace

void EntryQueue::Add(uint32_t shard, const Entry& entry) {
  const std::string_view tenant = entry.tenant.substr(0, kMaxName);
  const std::string_view destination = entry.destination.substr(0, kMaxName);
  const std::string_view uid = entry.uid.substr(0, kMaxName);
  const Packed packed{.at = base::ToUnixNanos(entry.at),
                      .duration_us = entry.duration_us,
                      .sent_bytes = entry.sent_bytes,
                      .delivered = entry.delivered,
                      .dead = entry.dead,
                      .accepted = entry.accepted,
                      .outcome = entry.outcome ? static_cast<uint8_t>(*entry.outcome) : kNoOutcome,
                      .responded = entry.responded ? uint8_t{1} : uint8_t{0},
                      .tenant_bytes = static_cast<uint8_t>(tenant.size()),
                      .destination_bytes = static_cast<uint8_t>(destination.size()),
                      .uid_bytes = static_cast<uint8_t>(uid.size())};
  const size_t bytes = sizeof(packed) + tenant.size() + destination.size() + uid.size();
  stripes_.Add(shard, bytes, [&](std::string& out) {
    out.resize(out.size() + bytes);
    char* at = out.data() + out.size() - bytes;
    std::memcpy(at, &packed, sizeof(packed));
    at += sizeof(packed);
    for (const std::string_view text : {tenant, destination, uid}) at += text.copy(at, text.size());
  });
}

bool EntryQueue::Next(std::string_view& batch, Entry& entry) {
  Packed packed;
  if (batch.size() < sizeof(packed)) return false;
  std::memcpy(&packed, batch.data(), sizeof(packed));
  batch.remove_prefix(sizeof(packed));
  const size_t names = size_t{packed.tenant_bytes} + packed.destination_bytes;
  entry = {.tenant = batch.substr(0, packed.tenant_bytes),
           .destination = batch.substr(packed.tenant_bytes, packed.destination_bytes),
           .uid = batch.substr(names, packed.uid_bytes),
           .at = base::FromUnixNanos(packed.at),
           .outcome = packed.outcome == kNoOutcome
                          ? std::nullopt
                          : std::optional(static_cast<model::Outcome>(packed.outcome)),
           .responded = packed.responded != 0,
           .duration_us = packed.duration_us,
           .sent_bytes = packed.sent_bytes,
           .delivered = packed.delivered,
           .dead = packed.dead,
           .accepted = packed.accepted};
  batch.remove_prefix(names + packed.uid_bytes);
  return true;
}

}  // namespace carillon::statistics
