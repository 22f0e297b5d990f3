#include "token_answer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "carillon/policy/retry.h"

namespace carillon::authorization {
namespace {

using model::Outcome;
using nlohmann::json;
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

/// A member that is a string; null when there is none.
const std::string* Text(const json& answer, const char* name) {
  const auto found = answer.find(name);
  return found == answer.end() ? nullptr : found->get_ptr<const std::string*>();
}

TokenAnswer Refused(const http::Response& response, const json& answer) {
  std::string error = "the token server answered " + std::to_string(response.status);
  const std::string* code = answer.is_object() ? Text(answer, "error") : nullptr;
  if (code != nullptr && std::ranges::find(kKnownErrors, *code) != kKnownErrors.end()) {
    error += " (" + *code + ")";
  }
  return Failed(policy::Judge(model::SuccessRule::k2xx, response.status), std::move(error));
}

bool IsToken(std::string_view s) {
  return !s.empty() && s.size() <= kMaxTokenBytes &&
         std::ranges::all_of(s, [](char c) { return c > 0x20 && c < 0x7F; });
}

/// Nothing: the member makes no sense. Some servers write the number as a string.
std::optional<seconds> ReadLifetime(const json& answer) {
  const auto found = answer.find("expires_in");
  if (found == answer.end() || found->is_null()) return kDefaultLifetime;
  double value = 0;
  if (found->is_number()) {
    value = found->get<double>();
  } else if (!found->is_string() ||
             !absl::SimpleAtod(found->get_ref<const std::string&>(), &value)) {
    return std::nullopt;
  }
  if (!(value >= 1)) return std::nullopt;
  return seconds(
      static_cast<int64_t>(std::min(value, static_cast<double>(kLongestLifetime.count()))));
}

}  // namespace

TokenAnswer ReadTokenAnswer(const http::Response& response) {
  if (response.wire != Outcome::kSuccess) return Failed(response.wire, response.error);
  const json answer = json::parse(response.body, nullptr, /*allow_exceptions=*/false);
  if (response.status < 200 || response.status > 299) return Refused(response, answer);
  if (!answer.is_object()) return Unusable("is no JSON object of at most 16 KiB");
  const std::string* value = Text(answer, "access_token");
  if (value == nullptr) return Unusable("has no access_token");
  if (!IsToken(*value)) return Unusable("has an access_token that is not 1-8192 visible ASCII");
  const std::string* type = Text(answer, "token_type");
  if (type == nullptr || !absl::EqualsIgnoreCase(*type, "bearer")) {
    return Unusable("has a token_type that is not Bearer");
  }
  const auto lifetime = ReadLifetime(answer);
  if (!lifetime) return Unusable("has an expires_in that is not a positive number");
  return {.token = Token{base::Secret(*value), *lifetime}};
}

}  // namespace carillon::authorization
