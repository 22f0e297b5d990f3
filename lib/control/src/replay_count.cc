#include "replay_count.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "carillon/control/resend_methods.h"
#include "delivery_lookup.h"

namespace carillon::control {
namespace {

using operations::FoundEvent;
using operations::ScanResult;

constexpr size_t kAtOnce = 1000;

/// A replay that is being counted.
struct Counting {
  const operations::DeliveryTools tools;
  const std::string destination;
  const bool missing;
  operations::EventSelection selection;
  uint64_t end;
  Methods::Done done;
  uint64_t begin = 0;
  uint64_t next = 0;
  int64_t scanned = 0;
  v1::ReplayEventsResponse response;
};
using CountingPtr = std::shared_ptr<Counting>;

void CountMore(const CountingPtr& counting);

void Estimate(Counting& counting) {
  v1::ReplayEventsResponse& response = counting.response;
  const auto seen = static_cast<double>(counting.next - counting.begin);
  const auto all = static_cast<double>(counting.end - counting.begin);
  response.set_estimated(true);
  response.set_matched_count(static_cast<int64_t>(static_cast<double>(response.matched_count()) *
                                                  all / std::max(1.0, seen)));
}

void OnCounted(const CountingPtr& counting, const ScanResult& scan) {
  v1::ReplayEventsResponse& response = counting->response;
  for (const FoundEvent& found : scan.found) {
    if (response.sample_size() >= ResendMethods::kMaxSample) break;
    response.add_sample(
        absl::StrCat(counting->destination, "/deliveries/", found.event->position()));
  }
  response.set_matched_count(response.matched_count() + static_cast<int64_t>(scan.found.size()));
  counting->scanned += scan.scanned;
  const bool stands = scan.next <= counting->next && !scan.finished;
  counting->next = std::max(counting->next, scan.next);
  const bool enough = response.matched_count() >= ResendMethods::kExactCount ||
                      counting->scanned >= ResendMethods::kMaxCountScan;
  if (!scan.finished && !enough && !stands) return CountMore(counting);
  if (!scan.finished) Estimate(*counting);
  counting->done(std::make_unique<v1::ReplayEventsResponse>(std::move(response)));
}

void OnScan(const CountingPtr& counting, ScanResult scan) {
  if (!counting->missing || scan.found.empty()) return OnCounted(counting, scan);
  std::vector<FoundEvent> found = std::exchange(scan.found, {});
  const std::string& name = counting->destination;
  KeepMissing(
      *counting->tools.log, counting->selection.tenant, name.substr(name.rfind('/') + 1),
      std::move(found),
      [counting, scan = std::move(scan)](absl::StatusOr<std::vector<FoundEvent>> missing) mutable {
        if (!missing.ok()) return counting->done(DeliveryLogError(missing.status()));
        scan.found = *std::move(missing);
        OnCounted(counting, scan);
      });
}

void CountMore(const CountingPtr& counting) {
  ScanEvents(counting->tools.events, counting->selection, counting->next, counting->end, kAtOnce,
             [counting](ScanResult scan) { OnScan(counting, std::move(scan)); });
}

}  // namespace

void CountReplay(const v1::ReplayEventsRequest& request, operations::EventSelection selection,
                 uint64_t end, const operations::DeliveryTools& tools, Methods::Done done) {
  auto counting = std::make_shared<Counting>(
      Counting{.tools = tools,
               .destination = request.destination(),
               .missing = request.selection() == v1::ReplayEventsRequest::MISSING,
               .selection = std::move(selection),
               .end = end,
               .done = std::move(done)});
  const base::WallTime from = counting->selection.from.value_or(base::WallTime::min());
  const base::WallTime to = counting->selection.to.value_or(base::WallTime::max());
  operations::FindPosition(tools.events, from, 1, end, [counting, to](uint64_t first) {
    counting->begin = counting->next = first;
    operations::FindPosition(counting->tools.events, to, first, counting->end,
                             [counting](uint64_t last) {
                               counting->end = last;
                               CountMore(counting);
                             });
  });
}

}  // namespace carillon::control
