#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "carillon/base/mutex.h"

namespace carillon::journal {

/// What is kept for all destinations of a tenant together may take so many bytes, counted as
/// `SqliteJournalOptions::kept_bytes` counts them for one. Nothing is bounded before anything was
/// set. Thread-safe.
class TenantBounds {
 public:
  static constexpr uint64_t kNone = UINT64_MAX;

  /// What holds for each tenant that has no bound of its own.
  void SetDefault(uint64_t bytes);
  /// `tenant` has a bound of its own; nullopt: it has none any more.
  void Set(std::string_view tenant, std::optional<uint64_t> bytes);

  uint64_t Of(std::string_view tenant) const;
  /// No tenant has a lower one.
  uint64_t Lowest() const;

 private:
  mutable base::Mutex mutex_;
  uint64_t default_ ABSL_GUARDED_BY(mutex_) = kNone;
  absl::flat_hash_map<std::string, uint64_t> own_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace carillon::journal
