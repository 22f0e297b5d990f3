#include "behavior.h"

#include <array>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "carillon/base/text.h"

namespace carillon::sink {
namespace {

using Kind = Behavior::Kind;

constexpr std::array<std::pair<std::string_view, Kind>, 12> kPlain = {{
    {"ok", Kind::kAnswer},
    {"hang", Kind::kHang},
    {"drip", Kind::kDrip},
    {"dripbody", Kind::kDripBody},
    {"endless", Kind::kEndless},
    {"reset", Kind::kReset},
    {"close", Kind::kClose},
    {"redirect", Kind::kRedirect},
    {"garbage", Kind::kGarbage},
    {"short", Kind::kShortBody},
    {"hugehead", Kind::kHugeHead},
    {"hugebody", Kind::kHugeBody},
}};

/// The number in segment `at`, within bounds.
absl::StatusOr<int> Number(const std::vector<absl::string_view>& segments, size_t at, int low,
                           int high) {
  int value = 0;
  if (segments.size() <= at || !absl::SimpleAtoi(segments[at], &value) || value < low ||
      value > high) {
    return absl::InvalidArgumentError(
        absl::StrCat(segments[0], "/N: N must be a whole number from ", low, " to ", high));
  }
  return value;
}

absl::StatusOr<Behavior> Numbered(const std::vector<absl::string_view>& segments,
                                  Behavior behavior) {
  const absl::string_view word = segments[0];
  absl::StatusOr<int> number = 0;
  if (word == "status") {
    number = Number(segments, 1, 200, 999);
    if (number.ok()) behavior.status = *number;
  } else if (word == "slow") {
    number = Number(segments, 1, 0, 3'600'000);
    if (number.ok()) behavior.delay = std::chrono::milliseconds(*number);
    int status = 0;
    if (segments.size() > 2 && absl::SimpleAtoi(segments[2], &status) && status >= 200 &&
        status <= 999) {
      behavior.status = status;
    }
  } else if (word == "flaky") {
    number = Number(segments, 1, 1, 100);
    behavior.kind = Kind::kFlaky;
    if (number.ok()) behavior.count = *number;
  } else if (word == "retryafter") {
    number = Number(segments, 1, 0, 86'400);
    behavior.kind = Kind::kRetryAfter;
    behavior.status = 429;
    if (number.ok()) behavior.count = *number;
  } else {
    return absl::NotFoundError(absl::StrCat("'", word, "' names no behavior (see --help)"));
  }
  if (!number.ok()) return number.status();
  return behavior;
}

}  // namespace

absl::StatusOr<Behavior> ParseBehavior(std::string_view text, int default_status) {
  if (!text.empty() && text.front() == '/') text.remove_prefix(1);
  const std::vector<absl::string_view> segments = absl::StrSplit(base::ToAbsl(text), '/');
  Behavior behavior;
  behavior.status = default_status;
  behavior.name = std::string(text.substr(0, 64));
  for (const auto& [name, kind] : kPlain) {
    if (segments[0] == base::ToAbsl(name)) {
      behavior.kind = kind;
      if (kind == Kind::kRedirect) behavior.status = 302;
      return behavior;
    }
  }
  return Numbered(segments, std::move(behavior));
}

std::string_view BehaviorHelp() {
  return R"(Behaviors, chosen by the request's path or by --mode:
  ok                 the default status
  status/CODE        this status
  slow/MS[/CODE]     the answer after MS milliseconds
  flaky/N            of each webhook-id N-1 requests get 503, then the default status
  retryafter/S       429 with Retry-After: S
  redirect           302 to /ok
  hang               no answer, ever
  drip, dripbody     a byte of the head (of the body) every 100 ms, endless
  endless            a body without end
  short              less body than Content-Length promises
  hugehead, hugebody a head of 64 KiB, a body of 1 MiB
  garbage            an answer that is not HTTP
  reset, close       the connection is reset or closed instead of an answer
More segments may follow (/slow/250/shop-7): many targets can share a behavior.
Any other path gets the default behavior.

Control: GET /_stats, POST /_reset, POST /_set?path=/x&mode=status/503 (mode empty: as before).
SIGTERM or SIGINT ends it with 0; 1: could not listen or write; 2: wrong arguments;
3: what was expected did not come in time.)";
}

}  // namespace carillon::sink
