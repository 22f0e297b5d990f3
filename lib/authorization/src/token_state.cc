#include "token_state.h"

#include <algorithm>
#include <utility>

namespace carillon::authorization {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr seconds kFirstBackoff{1};
constexpr seconds kLongestBackoff{60};
constexpr minutes kLongestAskedWait{5};
constexpr minutes kLongestMinAge{5};

/// Renewed after 80 % of its life or 30 s before its end, whichever is earlier; of a life that
/// short, after half of it.
milliseconds RenewAfter(milliseconds life) {
  return std::min(life * 4 / 5, life - std::min<milliseconds>(seconds(30), life / 2));
}

/// A request on its way needs the token to be good when it arrives.
milliseconds UsableFor(milliseconds life) {
  return life - std::min<milliseconds>(seconds(5), life / 10);
}

}  // namespace

Advice TokenState::OnRequest(base::MonoTime now) const {
  const bool may_fetch = !fetching_ && now >= retry_at_;
  if (token_ && now < ends_) {
    return may_fetch && now >= renew_at_ ? Advice::kUseAndFetch : Advice::kUse;
  }
  if (fetching_) return Advice::kWait;
  return may_fetch ? Advice::kFetchAndWait : Advice::kFail;
}

void TokenState::OnFetched(Token token, base::MonoTime asked) {
  asked_ = asked;
  renew_at_ = asked + RenewAfter(token.lifetime);
  ends_ = asked + UsableFor(token.lifetime);
  token_ = std::move(token);
  ++number_;
  fetching_ = false;
  failures_ = 0;
  retry_at_ = {};
}

void TokenState::OnFailed(base::MonoTime now, std::optional<milliseconds> asked_wait) {
  fetching_ = false;
  const seconds backoff = kFirstBackoff * (1 << std::min(failures_++, 6));
  const milliseconds asked =
      std::min<milliseconds>(asked_wait.value_or(milliseconds(0)), kLongestAskedWait);
  retry_at_ = now + std::max<milliseconds>(std::min(backoff, kLongestBackoff), asked);
}

void TokenState::OnRefused(uint64_t number, base::MonoTime now) {
  if (number != number_ || !token_ || now - asked_ < min_age_) return;
  token_.reset();
  min_age_ = std::min<seconds>(2 * min_age_, kLongestMinAge);
}

void TokenState::OnTaken(uint64_t number) {
  if (number == number_) min_age_ = kFirstMinAge;
}

}  // namespace carillon::authorization
