#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "absl/functional/any_invocable.h"
#include "carillon/delivery/destination_status.h"
#include "carillon/model/pending.h"
#include "carillon/store/event_log.h"
#include "router.h"
#include "shard_journal.h"
#include "table_in_force.h"

namespace carillon::delivery {

/// Reports what the destinations have left: what is in memory or has rows by numbers that are kept
/// anyway, what lies behind cursors by reading it, once for all lanes. What a report costs is
/// bounded: lanes further behind than `kEvents` are not counted, and none is once `kBytes` were
/// read. Dispatcher's thread; what is given outlives it.
class PendingReporter {
 public:
  static constexpr uint64_t kEvents = 262'144;
  static constexpr uint64_t kBytes = 128u << 20;
  static constexpr uint64_t kBytesOfOne = 32u << 20;  ///< the same for one lane

  PendingReporter(ShardJournal& journal, const Router& router, const TableInForce& routes)
      : journal_(journal), router_(router), routes_(routes) {}

  /// See Dispatcher::ListPending.
  void List(absl::AnyInvocable<void(model::PendingReport)> done);
  /// See Dispatcher::CountPending.
  void Count(const LanePlace& of, absl::AnyInvocable<void(std::optional<model::Pending>)> done);

 private:
  struct Scan;
  /// Begins with the next place of the scan; the lane may be null.
  static void Add(Scan& scan, const Lane* lane);
  void Read(std::shared_ptr<Scan> scan);
  void OnRead(const std::shared_ptr<Scan>& scan, const store::EventBatch& batch);

  ShardJournal& journal_;
  const Router& router_;
  const TableInForce& routes_;
};

}  // namespace carillon::delivery
