#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "carillon/base/clock.h"
#include "carillon/base/secret.h"

namespace carillon::authorization {

/// What a token server gave.
struct Token {
  base::Secret value;
  std::chrono::seconds lifetime{};
};

/// What a request does about its token.
enum class Advice : uint8_t {
  kUse,          ///< goes with the token that is there
  kUseAndFetch,  ///< the same, and the next one is to be fetched
  kWait,         ///< waits for the fetch under way
  kFetchAndWait,
  kFail,  ///< there is none, and it is too early to try again
};

/// Decides when a token is used, renewed, dropped, and when a fetch may be tried. No I/O; `now` is
/// an argument.
class TokenState {
 public:
  Advice OnRequest(base::MonoTime now) const;
  void OnFetchStarted() { fetching_ = true; }
  /// Its lifetime runs from `asked`, when the fetch began.
  void OnFetched(Token token, base::MonoTime asked);
  /// The next fetch is made when the back-off is over, and not before `asked_wait`, up to a bound.
  void OnFailed(base::MonoTime now, std::optional<std::chrono::milliseconds> asked_wait);
  /// The fetch was given up without an answer.
  void OnCancelled() { fetching_ = false; }
  /// The receiver did not take token `number`. One that is new is kept: another would not be taken
  /// either. So a receiver that takes none makes ever fewer fetches.
  void OnRefused(uint64_t number, base::MonoTime now);
  /// The receiver took it.
  void OnTaken(uint64_t number);

  const base::Secret& value() const { return token_->value; }  ///< after kUse, or OnFetched
  uint64_t number() const { return number_; }                  ///< of the newest; 0: none yet
  base::MonoTime retry_at() const { return retry_at_; }

 private:
  std::optional<Token> token_;
  uint64_t number_ = 0;
  bool fetching_ = false;
  base::MonoTime asked_{};
  base::MonoTime renew_at_{};
  base::MonoTime ends_{};
  base::MonoTime retry_at_{};  // no fetch before
  int failures_ = 0;           // without a success between them
  std::chrono::seconds min_age_ = kFirstMinAge;

  static constexpr std::chrono::seconds kFirstMinAge{5};
};

}  // namespace carillon::authorization
