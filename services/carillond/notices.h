#pragma once

#include <string>

#include "carillon/base/clock.h"
#include "carillon/base/descriptors.h"
#include "carillon/config/config_file.h"
#include "carillon/log/log.h"
#include "carillon/store/shard_store.h"

namespace carillon::server {

/// Logs what the file alone does not say: variables that stand against it, and bounds on memory
/// that leave little of what the container has.
void TellSurroundings(const config::Config& config, log::Logger& logger);

/// Without tokens: warns when other machines may reach a port that asks for no client certificate,
/// else tells that none may.
void TellOfOpenPorts(const config::Config& config, log::Logger& logger);

/// Warns when there are fewer descriptors than the configuration asks for.
void WarnOfFewDescriptors(const config::Config& config, const base::DescriptorShares& shares,
                          log::Logger& logger);

/// Warns, every ten minutes at most, that what is kept for a destination comes near a bound, where
/// it will be given up. One thread.
class HolderNotice {
 public:
  /// `config` and `logger` outlive it; of the former only the section `journal` is read.
  HolderNotice(const config::Config& config, log::Logger& logger)
      : config_(config), logger_(logger) {}
  void Look(const store::ShardStore::ShardStats& stats, base::MonoTime now);

 private:
  const config::Config& config_;
  log::Logger& logger_;
  base::MonoTime not_before_{};
};

/// `tenant/name`.
std::string NameOf(const store::Holder& holder);

}  // namespace carillon::server
