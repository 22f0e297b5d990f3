#include <array>
#include <string>
#include <vector>

#include "carillon/base/random.h"
#include "carillon/base/text.h"
#include "carillon/codec/body.h"
#include "carillon/codec/cloud_event.h"
#include "carillon/ingest/ingest.h"
#include "carillon/json/document.h"
#include "carillon/model/built_in.h"
#include "targets.h"

namespace carillon::fuzz {
namespace {

constexpr base::WallTime kNow{std::chrono::seconds(1'714'564'800)};

const ingest::Catalog& Types() {
  static const ingest::Catalog types = [] {
    const std::vector<std::string> built_in = model::BuiltInTypes();
    ingest::Catalog all(built_in.begin(), built_in.end());
    all.insert("order.paid");
    return all;
  }();
  return types;
}

void CheckBodies(const model::Event& event) {
  using model::Format;
  const std::array<const model::Event*, 2> both = {&event, &event};
  for (const Format format :
       {Format::kStandard, Format::kPayload, Format::kArray, Format::kCloudEvents,
        Format::kCloudEventsBatch, Format::kCloudEventsBinary}) {
    const size_t count = codec::IsBatchFormat(format) ? 2 : 1;
    const std::string body = codec::EncodeBody(format, std::span(both).first(count));
    Require(json::Document(body).readable());
    Require(!base::FindInvalidUtf8(body).has_value());
  }
  std::string head;
  codec::AppendCloudEventHeaders(event, {}, head);
  Require(head.empty() || head.ends_with("\r\n"));
  Require(head.find('\0') == head.npos);
}

}  // namespace

void Publish(std::string_view input) {
  base::SeededRandom random(1);
  const ingest::Limits limits{.max_payload_bytes = 4096, .max_batch_events = 16};
  const auto events = ingest::DecodeRequest(input, limits, Types(), kNow, random);
  if (!events.ok()) {
    Require(absl::IsInvalidArgument(events.status()) && !events.status().message().empty());
    return;
  }
  for (const auto& event : *events) {
    Require(event->payload().size() <= limits.max_payload_bytes);
    const auto stored = model::Event::Parse(event->record());
    Require(stored.ok() && (*stored)->record() == event->record());
    CheckBodies(*event);
  }
}

}  // namespace carillon::fuzz
