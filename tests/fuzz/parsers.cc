#include <string>
#include <vector>

#include "carillon/json/document.h"
#include "carillon/json/members.h"
#include "carillon/json/minify.h"
#include "carillon/json/number.h"
#include "carillon/policy/retry_after.h"
#include "carillon/resource/units.h"
#include "carillon/signing/signer.h"
#include "carillon/tracing/w3c.h"
#include "hosts_file.h"
#include "targets.h"

namespace carillon::fuzz {
namespace {

void CheckJson(std::string_view text) {
  std::string small;
  if (json::MinifyJson(text, small).has_value()) return;
  std::string again;
  Require(!json::MinifyJson(small, again).has_value() && again == small);
  Require(json::Document(text).readable());
  std::vector<json::RawMember> members;
  const bool object = !json::ReadMembers(text, json::kMaxDepth, members).has_value();
  Require(object == small.starts_with('{'));
}

void CheckNumber(std::string_view text) {
  const auto number = json::Number::Parse(text);
  if (!number.has_value()) return;
  Require(number->digits.empty() ||
          (number->digits.front() != '0' && number->digits.back() != '0'));
  Require(json::Same(*number, json::PartsOf(text)));
}

void CheckTrace(std::string_view parent, std::string_view state) {
  const tracing::Received received = tracing::ReadTrace(parent, state);
  Require(!received.context.has_value() || !received.bad_traceparent);
  if (!received.context.has_value()) return;
  Require(received.context->state.size() <= model::TraceContext::kMaxStateBytes);
  std::string header;
  model::AppendTraceparent(*received.context, received.context->span_id, header);
  const auto again = tracing::ParseTraceparent(header);
  Require(again.has_value() && again->trace_id == received.context->trace_id);
}

}  // namespace

void Parsers(std::string_view input) {
  const base::WallTime now{std::chrono::seconds(1'714'564'800)};
  if (const auto wait = policy::ParseRetryAfter(input, now)) {
    Require(wait->count() >= 0 && *wait <= policy::kMaxRetryAfter);
  }
  if (const auto duration = resource::ParseDuration(input); duration.ok()) {
    Require(*resource::ParseDuration(resource::FormatMillis(*duration)) == *duration);
  }
  resource::ParseSize(input).IgnoreError();
  signing::ParseAnySecret(input).IgnoreError();
  const http::HostsFile hosts(input);
  Require(hosts.Find("localhost") != nullptr);
  CheckJson(input);
  CheckNumber(input);
  Choices choices(input);
  const std::string_view parent = choices.Until('\n');
  CheckTrace(parent, choices.rest());
}

}  // namespace carillon::fuzz
