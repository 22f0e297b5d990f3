#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "carillon/base/mutex.h"
#include "carillon/journal/journal.h"

namespace carillon::journal {

/// What the housekeeper last found out about what is kept for destinations. Immutable.
struct KeptView {
  uint64_t deliveries = 0;  ///< parked rows' deliveries
  uint64_t bytes = 0;       ///< of these
  std::vector<Holder> holders;
  Demand demand;
};

/// Where the housekeeper leaves it for other threads.
class KeptBoard {
 public:
  std::shared_ptr<const KeptView> Get() const {
    const base::MutexLock lock(mutex_);
    return view_;
  }
  void Set(std::shared_ptr<const KeptView> view) {
    const base::MutexLock lock(mutex_);
    view_ = std::move(view);
  }

 private:
  mutable base::Mutex mutex_;
  std::shared_ptr<const KeptView> view_ ABSL_GUARDED_BY(mutex_) =
      std::make_shared<const KeptView>();
};

}  // namespace carillon::journal
