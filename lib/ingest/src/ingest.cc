#include "carillon/ingest/ingest.h"

#include "absl/strings/str_cat.h"
#include "carillon/schema/wire.h"
#include "event_decoder.h"

namespace carillon::ingest {
namespace {

using schema::WireField;
using schema::WireReader;

using google::protobuf::internal::WireFormatLite;

/// `events` of PublishRequest and of PublishStreamRequest.
constexpr int kEventsField = 1;

/// The bytes of each event. Counts before anything is decoded, and keeps no more than is allowed.
absl::StatusOr<std::vector<std::string_view>> Split(std::string_view request, size_t max_events) {
  std::vector<std::string_view> events;
  size_t count = 0;
  WireReader reader(request);
  for (WireField field; reader.Next(field);) {
    if (field.number != kEventsField || field.type != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
      continue;  // unknown, as protobuf sees it
    }
    if (++count <= max_events) events.push_back(field.bytes);
  }
  if (const std::string broken = reader.Error(); !broken.empty()) {
    return absl::InvalidArgumentError("the message is not a PublishRequest: " + broken);
  }
  if (count == 0 || count > max_events) {
    return absl::InvalidArgumentError(
        absl::StrCat("events: must be 1-", max_events, " (server.max_batch_events), not ", count));
  }
  return events;
}

}  // namespace

absl::Status CheckSize(size_t bytes, const Limits& limits) {
  if (bytes <= limits.max_message_bytes) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the message has ", bytes, " bytes, at most ", limits.max_message_bytes,
                   " are allowed (server.max_message_bytes); send its events in several"));
}

absl::StatusOr<std::vector<std::shared_ptr<model::Event>>> DecodeRequest(
    std::string_view request, const Limits& limits, const Catalog& catalog, base::WallTime now,
    base::Random& random, Remarks& remarks) {
  if (auto status = CheckSize(request.size(), limits); !status.ok()) return status;
  const auto split = Split(request, limits.max_batch_events);
  if (!split.ok()) return split.status();
  std::vector<std::shared_ptr<model::Event>> events;
  events.reserve(split->size());
  EventDecoder decoder(limits, catalog, now, random, remarks);
  for (const std::string_view bytes : *split) {
    auto event = decoder.Decode(events.size(), bytes);
    if (!event.ok()) return event.status();
    events.push_back(*std::move(event));
  }
  return events;
}

}  // namespace carillon::ingest
