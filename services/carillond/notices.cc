#include "notices.h"

#include <string>
#include <string_view>

#include "carillon/base/text.h"
#include "carillon/resource/open_ports.h"

namespace carillon::server {
namespace {

constexpr std::chrono::minutes kHolderInterval{10};

}  // namespace

void TellOfOpenPorts(const config::Config& config, log::Logger& logger) {
  if (resource::AsksCallers(config)) return;
  std::string open;
  for (const std::string_view member : resource::OpenPorts(config)) {
    if (!open.empty()) open += ',';
    open += "server.";
    open += member;
  }
  const bool reachable = resource::IsReachable(config.server.publish_address()) ||
                         resource::IsReachable(config.server.admin_address());
  if (!open.empty()) {
    logger.Warn(
        "whoever reaches a port from another machine may publish (access.trusted_network): "
        "configure access.tokens, or ask for client certificates, or listen on a loopback address",
        {{"members", open}});
  } else if (!reachable) {
    logger.Info(
        "no token is configured: the ports listen on loopback addresses only, and whoever is on "
        "this machine may publish");
  }
}

void TellSurroundings(const config::Config& config, log::Logger& logger) {
  for (const config::Override& override : config.overrides) {
    if (!override.differs) continue;
    logger.Info("a variable of the environment stands against the configuration file",
                {{"variable", override.variable}, {"member", override.member}});
  }
  if (!config.container.memory_bytes) return;
  const uint64_t bounds = resource::MemoryBounds(config);
  const uint64_t limit = *config.container.memory_bytes;
  if (bounds / 4 <= limit / 5) return;
  logger.Warn(
      "the bounds on memory together leave little of what the container has: lower "
      "server.max_waiting_bytes, server.max_publish_memory_bytes, delivery.max_memory_bytes or "
      "journal.deduplication_ids, or raise its limit",
      {{"bounds_bytes", bounds}, {"limit_bytes", limit}});
}

void WarnOfFewDescriptors(const config::Config& config, const base::DescriptorShares& shares,
                          log::Logger& logger) {
  if (shares.destinations >= config.limits.max_in_flight()) return;
  logger.Warn(
      "there are fewer file descriptors than limits.max_in_flight asks for: raise the "
      "hard limit (ulimit -n)",
      {{"descriptors", shares.limit},
       {"destination_connections", shares.destinations},
       {"max_in_flight", config.limits.max_in_flight()}});
}

void HolderNotice::Look(const store::ShardStore::ShardStats& stats, base::MonoTime now) {
  if (stats.holders.empty() || now < not_before_) return;
  const store::Holder& most = stats.holders.front();
  const bool near = most.bytes > config_.journal.kept_bytes() / 2 ||
                    most.deliveries > config_.journal.kept_events() / 2 ||
                    stats.kept_bytes > config_.journal.kept_total_bytes() / 2 ||
                    stats.kept_deliveries > config_.journal.kept_total_events() / 2;
  if (!near) return;
  not_before_ = now + kHolderInterval;
  logger_.Warn(
      "a destination holds the journal: much is kept for it, and the oldest is given up "
      "at the bounds of journal.kept_*",
      {{"destination", NameOf(most)},
       {"deliveries", most.deliveries},
       {"bytes", most.bytes},
       {"since", base::FormatRfc3339(most.since)},
       {"bytes_of_all", stats.kept_bytes}});
}

std::string NameOf(const store::Holder& holder) { return holder.tenant + "/" + holder.name; }

}  // namespace carillon::server
