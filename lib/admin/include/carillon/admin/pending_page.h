#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "carillon/base/clock.h"
#include "carillon/model/pending.h"
#include "carillon/web/message.h"

namespace carillon::admin {

inline constexpr char kPendingPath[] = "/pending";

/// What the page says beside the destinations.
struct PendingHead {
  std::string version;  ///< of the program
  std::string at;       ///< RFC 3339
  /// What a reload does not take: names of sections, and marks of what they are (see
  /// config::StartSections).
  std::vector<std::pair<std::string, std::string>> start_sections;
};

/// The page as JSON, at most about `max_bytes` of destinations: those with most left come first;
/// `left_out` tells how many did not fit, and `left_out_deliveries` what was counted of these.
std::string RenderPending(const PendingHead& head, const model::PendingReport& report,
                          size_t max_bytes);

/// `/pending`: what each destination has left, counted by the delivery threads while the page
/// waits, `patience` at most. What takes longer goes on and is shown to the next who asks, within
/// `kFresh`; until then the answer is 503 and says to ask again. One report is under way at a time,
/// whatever the number of those who ask. One thread, but `List` answers on any.
class PendingPage {
 public:
  /// Counts, and hands over the report later or at once; or never, when the process stops.
  using List = std::function<void(absl::AnyInvocable<void(model::PendingReport)> done)>;
  static constexpr std::chrono::seconds kFresh{5};
  static constexpr size_t kMaxBytes = 16u << 20;

  /// `clock` outlives it. Of `head`, `at` is filled in.
  PendingPage(List list, PendingHead head, std::chrono::nanoseconds patience,
              const base::Clock& clock)
      : list_(std::move(list)), head_(std::move(head)), patience_(patience), clock_(clock) {}

  web::Response Handle();

 private:
  struct Run;

  const List list_;
  PendingHead head_;
  const std::chrono::nanoseconds patience_;
  const base::Clock& clock_;
  std::shared_ptr<Run> run_;  // under way, or waits to be shown
};

}  // namespace carillon::admin
