#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <utility>

#include "carillon/log/log.h"
#include "carillon/model/tls_settings.h"
#include "carillon/resource/difference.h"

namespace carillon::server {

/// Knows which destinations have TLS verification switched off, at the receiver or at its token
/// server. Used on one thread at a time.
class Unverified {
 public:
  /// `logger` outlives it.
  explicit Unverified(log::Logger& logger) : logger_(logger) {}

  /// Follows a change, in time for what it changes. Each destination that comes, or changes, with
  /// verification off is a warning in the log, up to 100 of a change; then one says how many more
  /// there are.
  void Take(const resource::Difference& difference);

  size_t destinations() const { return destinations_.size(); }

  /// Warns where the collector of traces, which is no destination, is not verified.
  void TakeCollector(const model::TlsSettings& collector);

 private:
  log::Logger& logger_;
  std::set<std::pair<std::string, std::string>> destinations_;  // tenant and name
};

}  // namespace carillon::server
