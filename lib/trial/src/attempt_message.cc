#include "carillon/trial/attempt_message.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/delivery/response_facts.h"
#include "carillon/resource/attempt_detail.h"
#include "carillon/resource/to_message.h"

namespace carillon::trial {
namespace {

constexpr size_t kMaxValueBytes = 8 * 1024;

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Calls `visit` with name and value of each whole line behind the first.
template <typename Visit>
void ForEachHeader(std::string_view head, Visit visit) {
  for (bool first = true;; first = false) {
    const size_t end = head.find('\n');
    if (end == head.npos) return;
    std::string_view line = head.substr(0, end);
    head.remove_prefix(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const size_t colon = line.find(':');
    if (first || colon == line.npos) continue;
    visit(Trim(line.substr(0, colon)), Trim(line.substr(colon + 1)));
  }
}

void AddHeader(std::string_view name, std::string_view value, bool blank,
               google::protobuf::RepeatedPtrField<v1::HttpHeader>& headers) {
  v1::HttpHeader& header = *headers.Add();
  header.set_name(base::Printable(name, kMaxValueBytes));
  if (!blank) header.set_value(base::Printable(value, kMaxValueBytes));
  header.set_blanked(blank);
}

bool IsSecret(const model::Destination& destination, std::string_view name) {
  return resource::TellsSecret(name) ||
         std::ranges::any_of(destination.headers, [&](const model::Header& header) {
           return header.secret && absl::EqualsIgnoreCase(header.name, base::ToAbsl(name));
         });
}

void SetDuration(std::chrono::nanoseconds time, google::protobuf::Duration& duration) {
  duration.set_seconds(time / std::chrono::seconds(1));
  duration.set_nanos(static_cast<int32_t>((time % std::chrono::seconds(1)).count()));
}

void SetPhases(const http::Response& response, v1::Phases& phases) {
  const http::PhaseTimes& times = response.times;
  if (times.dns != times.kNone) SetDuration(times.dns, *phases.mutable_dns());
  if (times.connect != times.kNone) SetDuration(times.connect, *phases.mutable_connect());
  if (times.tls != times.kNone) SetDuration(times.tls, *phases.mutable_tls());
  if (times.first_byte != times.kNone) SetDuration(times.first_byte, *phases.mutable_first_byte());
  SetDuration(response.ended - response.started, *phases.mutable_total());
}

/// A timeout that was shortened for the call is none of the destination's.
bool IsOfCall(const Trial& trial, const TrialResult& result, const model::BoundFacts& bound) {
  const model::Destination& destination = *trial.destination;
  const auto own = bound.bound == model::Bound::kTotalTimeout ? destination.total_timeout
                                                              : destination.connect_timeout;
  return result.cut_short && bound.value != own.count();
}

void SetAttemptDetail(const Trial& trial, const TrialResult& result, v1::Attempt& attempt) {
  const base::WallTime ended = result.started + (result.response.ended - result.response.started);
  model::AttemptFacts facts = delivery::FactsOf(result.response, trial.destination->url, ended);
  if (facts.bound && IsOfCall(trial, result, *facts.bound)) facts.bound.reset();
  if (!facts.empty()) *attempt.mutable_detail() = resource::ToMessage(facts);
}

std::string MessageOf(const TrialResult& result) {
  if (result.response.status != 0) return "";
  std::string message = absl::StrCat(base::Printable(result.response.error, 1024), " (",
                                     base::ToAbsl(http::PhaseName(result.response.phase)), ")");
  const bool late = result.outcome == model::Outcome::kConnectTimeout ||
                    result.outcome == model::Outcome::kResponseTimeout;
  if (late && result.cut_short) {
    absl::StrAppend(&message,
                    "; the call had less time than the destination's timeouts: call with a longer "
                    "deadline");
  }
  return message;
}

}  // namespace

v1::Attempt ToAttempt(const Trial& trial, const TrialResult& result) {
  const http::Response& response = result.response;
  v1::Attempt attempt;
  attempt.set_number(1);
  attempt.set_batch_size(1);
  attempt.set_trigger(v1::Delivery::TEST);
  attempt.set_event_type(std::string(trial.event->type()));
  attempt.mutable_start_time()->set_seconds(base::ToUnixSeconds(result.started));
  attempt.mutable_start_time()->set_nanos(
      static_cast<int32_t>(base::ToUnixNanos(result.started) % 1'000'000'000));
  // The two enumerations name the same outcomes in the same order.
  static_assert(static_cast<int>(v1::OUTCOME_LOCAL_SHORTAGE) == model::kOutcomeCount);
  attempt.set_outcome(static_cast<v1::Outcome>(static_cast<int>(result.outcome) + 1));
  SetPhases(response, *attempt.mutable_phases());
  if (response.peer != nullptr) attempt.set_remote_address(*response.peer);
  attempt.set_message(MessageOf(result));
  SetAttemptDetail(trial, result, attempt);

  v1::HttpRequest& request = *attempt.mutable_request();
  request.set_url(trial.destination->url);
  ForEachHeader(result.request.head, [&](std::string_view name, std::string_view value) {
    if (name == "webhook-id") attempt.set_webhook_id(std::string(value));
    AddHeader(name, value, IsSecret(*trial.destination, name), *request.mutable_headers());
  });
  request.set_body(*result.request.body);
  request.set_body_bytes(static_cast<int64_t>(result.request.body->size()));
  if (response.status == 0) return attempt;
  v1::HttpResponse& answer = *attempt.mutable_response();
  answer.set_status(response.status);
  ForEachHeader(response.head, [&](std::string_view name, std::string_view value) {
    AddHeader(name, value, false, *answer.mutable_headers());
  });
  answer.set_body(response.body);
  return attempt;
}

}  // namespace carillon::trial
