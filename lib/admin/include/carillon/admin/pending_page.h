#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "carillon/base/clock.h"
#include "carillon/model/pending.h"
#include "carillon/web/responder.h"

namespace carillon::admin {

inline constexpr char kPendingPath[] = "/pending";

/// What the page says beside the destinations.
struct PendingHead {
  std::string version;  ///< of the program
  std::string at;       ///< RFC 3339
  /// What a reload does not take: names of sections, and marks of what they are (see
  /// resource::StartSections).
  std::vector<std::pair<std::string, std::string>> start_sections;
};

/// The page as JSON, at most about `max_bytes` of destinations: those with most left come first;
/// `left_out` tells how many did not fit, and `left_out_deliveries` what was counted of these.
std::string RenderPending(const PendingHead& head, const model::PendingReport& report,
                          size_t max_bytes);

/// `/pending`: what each destination has left, counted by the delivery threads. Whoever asks is
/// answered when that is done; a route gives it `kPatience`, and answers `StillCounting` then. What
/// takes longer goes on and is shown to the next who asks, within `kFresh`. One report is under way
/// at a time, whatever the number of those who ask. On one thread, but `List` answers on any.
class PendingPage {
 public:
  /// Counts, and hands over the report later or at once; or never, when the process stops.
  using List = std::function<void(absl::AnyInvocable<void(model::PendingReport)> done)>;
  /// Runs work on the page's thread, later or at once; or never, when the process stops.
  using Post = std::function<void(absl::AnyInvocable<void()> work)>;
  static constexpr std::chrono::milliseconds kPatience{250};
  static constexpr std::chrono::seconds kFresh{5};
  static constexpr size_t kMaxBytes = 16u << 20;

  /// `clock` outlives it; it outlives what it posts and the server whose requests it answers. Of
  /// `head`, `at` is filled in.
  PendingPage(List list, Post post, PendingHead head, const base::Clock& clock)
      : list_(std::move(list)), post_(std::move(post)), head_(std::move(head)), clock_(clock) {}

  void Answer(web::Responder responder);
  /// What is answered to whom it takes too long: to ask again.
  static web::Response StillCounting();

 private:
  void OnReport(model::PendingReport report, base::WallTime at);
  web::Response Render(const model::PendingReport& report, base::WallTime at);

  struct Kept {
    model::PendingReport report;
    base::WallTime at{};
    base::MonoTime since{};
  };

  const List list_;
  const Post post_;
  PendingHead head_;
  const base::Clock& clock_;
  bool counting_ = false;
  std::optional<Kept> kept_;  // nobody has seen it
  uint64_t asked_ = 0;
  std::map<uint64_t, web::Responder> waiting_;  // by the number of the one who asks
};

}  // namespace carillon::admin
