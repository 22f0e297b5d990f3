#include "event_decoder.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/base/uuid.h"
#include "carillon/schema/wire.h"
#include "carillon/tracing/w3c.h"
#include "diagnose.h"
#include "field_count.h"
#include "registered_payload.h"
#include "validate.h"

namespace carillon::ingest {
namespace {

using schema::WireField;
using schema::WireReader;

using google::protobuf::internal::WireFormatLite;

constexpr std::string_view kDefaultTenant = "default";
constexpr size_t kMaxOrderingKeyBytes = 256;

google::protobuf::ArenaOptions Within(std::span<char> block) {
  google::protobuf::ArenaOptions options;
  options.initial_block = block.data();
  options.initial_block_size = block.size();
  return options;
}

bool IsPayload(int number) {
  const auto* field = v1::Event::descriptor()->FindFieldByNumber(number);
  return field != nullptr && field->containing_oneof() != nullptr;
}

/// Where `json` stands, if it is the payload: the last member that stands there is. Nullopt also
/// where the bytes are no message.
std::optional<WireField> FindJson(std::string_view bytes) {
  std::optional<WireField> json;
  WireReader reader(bytes);
  for (WireField field; reader.Next(field);) {
    if (field.type != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) continue;
    if (field.number == v1::Event::kJsonFieldNumber) {
      json = field;
    } else if (json && IsPayload(field.number)) {
      return std::nullopt;
    }
  }
  if (!reader.Error().empty()) return std::nullopt;
  return json;
}

bool ParseWhole(std::string_view bytes, v1::Event& event) {
  return bytes.size() <= static_cast<size_t>(std::numeric_limits<int>::max()) &&
         event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

/// Adds what `bytes`, part of a message that fits, says of the event.
bool Merge(std::string_view bytes, v1::Event& event) {
  google::protobuf::io::CodedInputStream input(reinterpret_cast<const uint8_t*>(bytes.data()),
                                               static_cast<int>(bytes.size()));
  return event.MergeFromCodedStream(&input) && input.ConsumedEntireMessage();
}

/// Parses what stands around the payload where that is `json`, which stays where it is.
bool Parse(std::string_view bytes, v1::Event& event, std::optional<std::string_view>& json) {
  const std::optional<WireField> field = FindJson(bytes);
  if (!field) return ParseWhole(bytes, event);
  json = field->bytes;
  const auto end = static_cast<size_t>(field->bytes.data() + field->bytes.size() - bytes.data());
  return ParseWhole(bytes.substr(0, field->begin), event) &&
         (end == bytes.size() || Merge(bytes.substr(end), event));
}

/// Names the payload's member, and encodes it. `json` is that member, where it is the payload.
absl::Status EncodeMember(const v1::Event& event, std::optional<std::string_view> json, Place place,
                          std::string_view& member, Encoding& encoding) {
  const auto encode = [&](std::string_view name, const auto& payload) {
    member = name;
    return EncodePayload(payload, place.Member(name), encoding);
  };
  if (json) return encode("json", *json);
  switch (event.payload_case()) {
    case v1::Event::kSession:
      return encode("session", event.session());
    case v1::Event::kSyncRunCompleted:
      return encode("sync_run_completed", event.sync_run_completed());
    case v1::Event::kInsightPopulated:
      return encode("insight_populated", event.insight_populated());
    case v1::Event::kList:
      return encode("list", event.list());
    case v1::Event::kContact:
      return encode("contact", event.contact());
    case v1::Event::kAny:
      return encode("any", event.any());
    case v1::Event::kData:
      return encode("data", event.data());
    case v1::Event::kJson:  // was found before
    case v1::Event::PAYLOAD_NOT_SET:
      break;
  }
  return place.Error("payload",
                     "required: one of session, sync_run_completed, insight_populated, list, "
                     "contact, any, json and data");
}

}  // namespace

EventDecoder::EventDecoder(const Limits& limits, const Catalog& catalog, base::WallTime now,
                           base::Random& random, Remarks& remarks)
    : limits_(limits),
      catalog_(catalog),
      now_(now),
      random_(random),
      remarks_(remarks),
      arena_(Within(block_)),
      encoding_(parts_, builder_, limits.max_payload_bytes) {}

absl::StatusOr<std::shared_ptr<model::Event>> EventDecoder::Decode(size_t index,
                                                                   std::string_view bytes) {
  arena_.Reset();
  auto& event = *google::protobuf::Arena::CreateMessage<v1::Event>(&arena_);
  const Place place(index);
  if (auto status = CheckFieldCount(*v1::Event::descriptor(), bytes, place); !status.ok()) {
    return status;
  }
  std::optional<std::string_view> json;
  if (!Parse(bytes, event, json)) {
    return absl::InvalidArgumentError(Diagnose(*v1::Event::descriptor(), bytes, place.Path()));
  }
  auto status = TakeHead(event, place);
  if (status.ok()) status = TakePayload(event, json, place);
  if (!status.ok()) return status;
  return builder_.Finish();
}

absl::Status EventDecoder::TakeHead(const v1::Event& event, Place place) {
  parts_.attributes.clear();
  parts_.id = event.id();
  parts_.tenant = event.tenant().empty() ? kDefaultTenant : std::string_view(event.tenant());
  parts_.ordering_key = event.ordering_key();
  parts_.occurred_at = now_;
  parts_.trace = remarks_.inherited;
  if (!event.traceparent().empty()) [[unlikely]]
    TakeTrace(event);
  if (event.id().empty()) {
    made_id_ = base::MakeUuidV7(now_, random_);
    parts_.id = made_id_;
  }
  auto status = CheckId(parts_.id, place);
  if (status.ok()) status = CheckTenant(parts_.tenant, place);
  if (status.ok()) {
    status = CheckText(parts_.ordering_key, 0, kMaxOrderingKeyBytes, place, "ordering_key");
  }
  if (status.ok()) status = TakeAttributes(event, place, parts_.attributes);
  if (status.ok() && event.has_occur_time()) {
    status = TakeOccurTime(event.occur_time(), now_, place, parts_.occurred_at);
  }
  return status;
}

// What is wrong is ignored: it says nothing of the event, which is as good without.
void EventDecoder::TakeTrace(const v1::Event& event) {
  tracing::Received received = tracing::ReadTrace(event.traceparent(), event.tracestate());
  remarks_.bad_traceparents += received.bad_traceparent ? 1 : 0;
  remarks_.bad_tracestates += received.bad_tracestate ? 1 : 0;
  own_trace_ = std::move(received.context);
  parts_.trace = own_trace_ ? &*own_trace_ : nullptr;
}

absl::Status EventDecoder::TakePayload(const v1::Event& event, std::optional<std::string_view> json,
                                       Place place) {
  const bool derived = event.type().empty();
  const schema::EventType* registered = nullptr;
  if (!derived) {
    auto status = CheckType(event.type(), catalog_, place, registered);
    if (!status.ok()) return status;
  }
  encoding_.Reset(event.type(), registered);
  std::string_view member;
  auto status = EncodeMember(event, json, place, member, encoding_);
  if (status.ok() && derived) status = CheckType(encoding_.type(), catalog_, place, registered);
  if (!status.ok() && event.has_any() && registered != nullptr) ++remarks_.refused;
  if (!status.ok()) return status;
  if (builder_.payload_bytes() > limits_.max_payload_bytes) {
    return place.Error(
        member, absl::StrCat(builder_.payload_bytes(), " bytes as JSON, at most ",
                             limits_.max_payload_bytes, " are allowed (server.max_payload_bytes)"));
  }
  if (registered == nullptr || event.has_any() || !schema::ChecksJson(*registered)) [[likely]]
    return absl::OkStatus();
  return CheckPayload(*registered, place.Member(member));
}

absl::Status EventDecoder::CheckPayload(const schema::EventType& type, Place place) {
  const auto problem = schema::CheckJson(type, builder_.payload());
  if (!problem) return absl::OkStatus();
  if (type.validation == schema::Validation::kWarn) {
    ++remarks_.warned;
    return absl::OkStatus();
  }
  ++remarks_.refused;
  return Misfit(*problem, place);
}

}  // namespace carillon::ingest
