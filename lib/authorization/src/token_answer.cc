#include "token_answer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "carillon/json/members.h"
#include "carillon/policy/retry.h"

namespace carillon::authorization {
namespace {

using model::Outcome;
using std::chrono::seconds;

constexpr size_t kMaxTokenBytes = 8 * 1024;
constexpr seconds kDefaultLifetime = std::chrono::minutes(5);
constexpr seconds kLongestLifetime = std::chrono::hours(24);

// Only these are repeated in an error: a server could put anything there, the secret too.
constexpr std::array<std::string_view, 6> kKnownErrors = {
    "invalid_request",     "invalid_client",         "invalid_grant",
    "unauthorized_client", "unsupported_grant_type", "invalid_scope"};

TokenAnswer Failed(Outcome outcome, std::string error) {
  return {.outcome = outcome, .error = "no token: " + std::move(error)};
}

TokenAnswer Unusable(const char* what) {
  return Failed(Outcome::kProtocol, std::string("the token server's answer ") + what);
}

/// The answer's members, by the grammar that payloads are read with: what a server says beside the
/// token (`1e400`) can't make the token unreadable.
class Answer {
 public:
  explicit Answer(std::string_view body)
      : is_object_(!json::ReadMembers(body, json::kMaxDepth, members_)) {}
  bool is_object() const { return is_object_; }

  /// The value as it is written; empty when it is missing or null. The last one counts.
  std::string_view Raw(std::string_view name) const {
    if (!is_object_) return {};
    for (size_t i = members_.size(); i > 0; --i) {
      const json::RawMember& member = members_[i - 1];
      if (member.name == name) return member.value == "null" ? std::string_view() : member.value;
    }
    return {};
  }
  std::optional<std::string> Text(std::string_view name) const {
    return json::DecodeString(Raw(name));
  }

 private:
  std::vector<json::RawMember> members_;
  bool is_object_;
};

TokenAnswer Refused(const http::Response& response, const Answer& answer) {
  std::string error = "the token server answered " + std::to_string(response.status);
  const std::optional<std::string> code = answer.Text("error");
  if (code && std::ranges::find(kKnownErrors, *code) != kKnownErrors.end()) {
    error += " (" + *code + ")";
  }
  return Failed(policy::Judge(model::SuccessRule::k2xx, response.status), std::move(error));
}

bool IsToken(std::string_view s) {
  return !s.empty() && s.size() <= kMaxTokenBytes &&
         std::ranges::all_of(s, [](char c) { return c > 0x20 && c < 0x7F; });
}

/// Nothing: the member makes no sense. Some servers write the number as a string.
std::optional<seconds> ReadLifetime(const Answer& answer) {
  const std::string_view raw = answer.Raw("expires_in");
  if (raw.empty()) return kDefaultLifetime;
  const std::string text = answer.Text("expires_in").value_or(std::string(raw));
  double value = 0;
  if (!absl::SimpleAtod(text, &value) || !(value >= 1)) return std::nullopt;
  return seconds(
      static_cast<int64_t>(std::min(value, static_cast<double>(kLongestLifetime.count()))));
}

/// RFC 6749 requires the member; servers that give nothing but Bearer leave it out.
bool IsBearer(const Answer& answer) {
  if (answer.Raw("token_type").empty()) return true;
  const std::optional<std::string> type = answer.Text("token_type");
  return type && absl::EqualsIgnoreCase(*type, "bearer");
}

}  // namespace

TokenAnswer ReadTokenAnswer(const http::Response& response) {
  if (response.wire != Outcome::kSuccess) {
    TokenAnswer failed = Failed(response.wire, response.error);
    failed.facts = response.facts;
    return failed;
  }
  const Answer answer(response.body);
  if (response.status < 200 || response.status > 299) return Refused(response, answer);
  if (!answer.is_object()) return Unusable("is no JSON object of at most 16 KiB");
  std::optional<std::string> value = answer.Text("access_token");
  if (!value) return Unusable("has no access_token");
  if (!IsToken(*value)) return Unusable("has an access_token that is not 1-8192 visible ASCII");
  if (!IsBearer(answer)) return Unusable("has a token_type that is not Bearer");
  const auto lifetime = ReadLifetime(answer);
  if (!lifetime) return Unusable("has an expires_in that is not a positive number");
  return {.token = Token{base::Secret(*std::move(value)), *lifetime}};
}

}  // namespace carillon::authorization
