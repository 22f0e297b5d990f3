#pragma once

#include <array>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "carillon/base/mutex.h"
#include "carillon/metrics/shard.h"

namespace carillon::metrics {

/// Which event types have series of their own: the catalog's when they are few enough, and of
/// the others those that come first. A place is kept for the life of the process. Thread-safe.
class TypePlaces {
 public:
  /// Gives places to all of `types`, or to none when there are not enough.
  void Know(std::span<const std::string> types);
  /// Gives one, if there is one left; kTypePlaces is that of all others.
  size_t Find(std::string_view type);
  /// By place.
  std::vector<std::string> names() const;

 private:
  /// Whether it is to get a place: it has none yet.
  bool Wants(const std::string& type) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable base::Mutex mutex_;
  std::map<std::string, size_t, std::less<>> places_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace carillon::metrics
