#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "stats.h"

namespace carillon::sink {

/// The webhook-ids that the sink waits for (`--expect`): when the last of them came, it is done.
/// Used on the thread that runs the io_context.
class Expected {
 public:
  /// `done` is called once, when nothing is missing any more; never when nothing was expected.
  Expected(const std::vector<std::string>& ids, std::function<void()> done)
      : missing_(ids.begin(), ids.end()), done_(std::move(done)) {}

  /// A request with this id was answered. It counts with a status of 2xx, unless its signature is
  /// wrong.
  void Answered(std::string_view id, Verdict verdict, int status);

  /// What has not come, and why where that is known: `a1, b2 (its signature is wrong)`.
  std::string Missing() const;

 private:
  std::set<std::string, std::less<>> missing_;
  std::set<std::string, std::less<>> failed_;  ///< of those, came with a wrong signature
  std::function<void()> done_;
};

}  // namespace carillon::sink
