#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "carillon/resource/config.h"

namespace carillon::admin {

/// What a change of the configuration does to a running server that cannot be undone, for people:
/// the deliveries that are given up with destinations that are taken out (a renamed one is taken
/// out, and another put in), and the sections that a reload does not take.
enum class Compared {
  kDone,
  kWrongUrl,  ///< of `--against`
  kNoAnswer,  ///< the server cannot be reached, or does not tell
};

struct Comparison {
  Compared result = Compared::kDone;
  std::string text;  ///< lines, or the error; no line end behind the last
};

/// The one comparison of `carillond --check-config FILE --against URL` and of
/// `carillon config check --against URL FILE`. Asks the server's page /pending (`url`:
/// `http://HOST:PORT` of its admin port), again while the server still counts. Blocks for `timeout`
/// at most.
Comparison CompareWithRunning(const resource::Config& config, std::string_view url,
                              std::chrono::milliseconds timeout);

/// How long that may take from a command line.
inline constexpr std::chrono::seconds kAgainstTimeout{10};

/// The same for the text of a page. INVALID_ARGUMENT when it is none. At most `kMaxLines`
/// destinations have a line of their own, those with most first; the sum is of all.
absl::StatusOr<std::string> CompareWithPage(const resource::Config& config, std::string_view page);
inline constexpr size_t kMaxLines = 1'000;

}  // namespace carillon::admin
