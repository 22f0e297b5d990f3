#include <algorithm>

#include "operation_set.h"

namespace carillon::operations {
namespace {

using std::chrono::milliseconds;

// Between counts of one operation; the longer nothing comes, the longer.
constexpr milliseconds kFirstCountPause{500};
constexpr milliseconds kLongestCountPause{30'000};
// Between counts of any.
constexpr milliseconds kCountGap{50};

}  // namespace

base::MonoTime OperationSet::CountSome(base::MonoTime now) {
  if (outcomes_ == nullptr || counting_) return base::MonoTime::max();
  Entry* due = nullptr;
  for (auto& [name, entry] : entries_) {
    if (!AwaitsOutcomes(entry.stored.operation)) continue;
    if (due == nullptr || entry.count_at < due->count_at) due = &entry;
  }
  if (due == nullptr) return base::MonoTime::max();
  const base::MonoTime at = std::max(due->count_at, count_at_);
  if (at > now) return at;
  counting_ = true;
  outcomes_(due->stored, [post = post_, name = due->stored.operation.name()](
                             absl::StatusOr<OutcomeCounts> counts) {
    post([name, counts = std::move(counts)](OperationSet& set) { set.OnCounted(name, counts); });
  });
  return base::MonoTime::max();
}

void OperationSet::OnCounted(const std::string& name, const absl::StatusOr<OutcomeCounts>& counts) {
  const base::MonoTime now = clock_.Mono();
  counting_ = false;
  count_at_ = now + kCountGap;
  const auto found = entries_.find(name);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  const bool some = counts.ok() && counts->delivered + counts->dead > 0;
  entry.count_pause = some
                          ? kFirstCountPause
                          : std::clamp(entry.count_pause * 2, kFirstCountPause, kLongestCountPause);
  entry.count_at = now + entry.count_pause;
  if (!counts.ok()) return;
  entry.stored.counted = counts->next;
  if (!some) return;
  v1::Operation& operation = entry.stored.operation;
  operation.set_delivered_count(operation.delivered_count() + counts->delivered);
  operation.set_dead_count(operation.dead_count() + counts->dead);
  // Unwritten, they are counted again after a restart.
  (void)store_.Put(entry.stored);
}

}  // namespace carillon::operations
