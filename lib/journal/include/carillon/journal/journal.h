#pragma once

#include <cstdint>

#include "carillon/journal/words.h"
#include "carillon/store/attempt_log.h"
#include "carillon/store/stores.h"

namespace carillon::journal {

/// What a start found.
struct Recovered {
  uint64_t watermark = 0;      ///< the lowest of all shards
  uint64_t last_position = 0;  ///< 0 when the journal is empty
};

/// The embedded store: event log, shards and lanes of one process, in one folder. What lib/store
/// promises holds here, and more: positions follow each other without gaps; events and settlements
/// that wait share one transaction and one sync (group commit); the calls that come on "a thread of
/// the store" come on the journal thread, but for what is read, which comes on the reader's.
///
/// It does not say on its own which shards there are: those that were taken before `Start` hold the
/// watermark, and a shard that is taken later for the first time begins there.
class Journal : public store::EventLog,
                public store::ShardStore,
                public store::LaneRegistry,
                public store::AttemptLog {
 public:
  virtual Recovered recovered() const = 0;

  /// Appends and settlements are written from now on. Until then they wait: every shard is to be
  /// taken before, since the watermark does not wait for one that is not.
  virtual void Start() = 0;

  struct DiskStats {
    uint64_t free_bytes = 0;  ///< of the file system
    /// The least of it with which events are accepted; 0: there is no such bound.
    uint64_t min_free_bytes = 0;
    uint64_t stored_bytes = 0;  ///< the store's files
  };
  /// Any thread; cheap enough to be asked several times a second.
  virtual DiskStats disk_stats() const = 0;

  store::Stores stores() { return {*this, *this, *this}; }
};

}  // namespace carillon::journal
