#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "carillon/journal/journal.h"
#include "carillon/model/pending.h"
#include "home.h"
#include "router.h"

namespace carillon::delivery {

/// Reports what the destinations have left: what is in memory or has rows by numbers that are kept
/// anyway, what lies behind cursors by reading it, once for all lanes. What a report costs is
/// bounded: lanes further behind than `kEvents` are not counted, and none is once `kBytes` were
/// read. Dispatcher's thread; what is given outlives it.
class PendingReporter {
 public:
  static constexpr uint64_t kEvents = 262'144;
  static constexpr uint64_t kBytes = 128u << 20;

  PendingReporter(size_t read_bytes, journal::Journal& journal, const Home& home,
                  const Router& router)
      : read_bytes_(read_bytes), journal_(journal), home_(home), router_(router) {}

  /// See Dispatcher::ListPending.
  void List(absl::AnyInvocable<void(model::PendingReport)> done);

 private:
  struct Scan;
  void Read(std::shared_ptr<Scan> scan);
  void OnRead(const std::shared_ptr<Scan>& scan, const journal::EventBatchPtr& batch);

  const size_t read_bytes_;
  journal::Journal& journal_;
  const Home& home_;
  const Router& router_;
};

}  // namespace carillon::delivery
