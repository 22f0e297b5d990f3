#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace carillon::store {

/// One resource as it is stored. What a key and a value mean is its writer's: the store compares
/// keys byte by byte and does not look into values.
struct ConfigEntry {
  std::string key;
  std::string value;
  uint64_t revision = 0;  ///< of the change set that wrote it last
  friend bool operator==(const ConfigEntry&, const ConfigEntry&) = default;
};

/// Change of one resource, as a part of a change set.
struct ConfigChange {
  std::string key;
  std::optional<std::string> value;  ///< nullopt deletes; deleting what is not there does nothing
  /// The revision that the entry must have, 0 when there must be none; nullopt: whichever.
  std::optional<uint64_t> expected = std::nullopt;
};

/// Entries in the order of their keys, or backwards.
struct ConfigPage {
  std::vector<ConfigEntry> entries;
  bool more = false;      ///< entries come after the last of these
  uint64_t revision = 0;  ///< of the store when it was read
};

/// Which entries a page is of.
struct ConfigQuery {
  std::string prefix;      ///< of their keys; empty: all
  std::string after;       ///< their keys come after this one; empty: from the first
  size_t limit = 1000;     ///< most entries, 1 to kMaxPage
  bool backwards = false;  ///< from the last key to the first: `after` is one they come before
  static constexpr size_t kMaxPage = 10'000;
};

/// Follows a configuration store. Called on a thread of the store: it hands on, and does not call
/// back but with `Write`.
class ConfigWatcher {
 public:
  virtual ~ConfigWatcher() = default;
  /// First of all: everything there is, by key, as of that revision.
  virtual void OnEntries(std::map<std::string, ConfigEntry> entries, uint64_t revision) = 0;
  /// Then each change set that was written, whole, in order, none left out; what was deleted has no
  /// value. Its writer is answered no earlier.
  virtual void OnChanges(const std::vector<ConfigChange>& changes, uint64_t revision) = 0;
  /// The store failed: nothing is told any more.
  virtual void OnFailed(const absl::Status& why) = 0;
};

/// Resources that have been written through an API: a small ordered map of keys to values, changed
/// in sets that are taken whole or not at all. Each set that changes something is a revision of the
/// whole store; revisions ascend by one or more and are never used again.
///
/// Thread-safe; no call blocks. `done` is called once for each call, at once or on a thread of the
/// store, where it hands on. UNAVAILABLE: the store failed, and whether a change set was taken
/// shows only when it is opened again. RESOURCE_EXHAUSTED: a bound or the disk does not allow it,
/// and nothing was changed. DATA_LOSS: what is stored is damaged.
class ConfigStore {
 public:
  static constexpr size_t kMaxKeyBytes = 1024;
  static constexpr size_t kMaxValueBytes = 4u << 20;
  static constexpr size_t kMaxChanges = 25'000;  ///< of one change set
  static constexpr size_t kMaxWaiting = 1000;    ///< calls that were not answered yet

  virtual ~ConfigStore() = default;

  /// Answers with the revision of the set when it is durable; a set that changes nothing is
  /// answered with the store's. ABORTED: an entry is not as expected; the message names it.
  /// INVALID_ARGUMENT: a key is empty, too long or there twice, or a value is too large.
  virtual void Write(std::vector<ConfigChange> changes,
                     absl::AnyInvocable<void(absl::StatusOr<uint64_t>)> done) = 0;

  /// NOT_FOUND: there is no such entry.
  virtual void Get(std::string key, absl::AnyInvocable<void(absl::StatusOr<ConfigEntry>)> done) = 0;

  /// INVALID_ARGUMENT: the limit is out of bounds.
  virtual void List(ConfigQuery query,
                    absl::AnyInvocable<void(absl::StatusOr<ConfigPage>)> done) = 0;

  /// Tells `watcher` from now on. It outlives the store, or `Unwatch`.
  virtual void Watch(ConfigWatcher& watcher) = 0;
  /// When this returns, `watcher` is not called any more. Not on a thread of the store.
  virtual void Unwatch(ConfigWatcher& watcher) = 0;
};

}  // namespace carillon::store
