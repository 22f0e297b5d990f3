#include "event_json.h"

#include <google/protobuf/util/json_util.h>

#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "carillon/base/text.h"
#include "carillon/codec/json_writer.h"
#include "carillon/json/members.h"
#include "carillon/v1/event.pb.h"
#include "event_wire.h"

namespace carillon::cli {
namespace {

using v1::Event;
using v1::SessionEvent;
using Members = std::vector<json::RawMember>;

/// An event around a payload, and what protobuf's JSON allows besides.
constexpr size_t kMaxDepth = json::kMaxDepth + 1;

/// The members of an object, by the grammar that the server checks payloads with.
absl::Status ReadMembers(std::string_view text, Members& out) {
  const auto error = json::ReadMembers(text, kMaxDepth, out);
  if (!error) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("not a JSON object: ", error->what, " at byte ", error->byte));
}

bool AppendString(std::string& out, int field, std::string_view raw) {
  const auto text = json::DecodeString(raw);
  if (text && !text->empty()) wire::AppendBytes(out, field, *text);
  return text.has_value();
}

/// A whole number, also as protobuf writes 64-bit ones: in quotes.
template <typename T>
bool AppendNumber(std::string& out, int field, std::string_view raw) {
  const std::optional<std::string> quoted = json::DecodeString(raw);
  if (quoted) raw = *quoted;
  T value = 0;
  const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), value);
  if (error != std::errc() || end != raw.data() + raw.size()) return false;
  wire::AppendInt(out, field, value);
  return true;
}

bool AppendSession(std::string& out, std::string_view raw) {
  Members members;
  if (!ReadMembers(raw, members).ok()) return false;
  std::string session;
  for (const auto& [key, value] : members) {
    bool good = false;
    if (key == "uuid") good = AppendString(session, SessionEvent::kUuidFieldNumber, value);
    if (key == "action") good = AppendString(session, SessionEvent::kActionFieldNumber, value);
    if (key == "location") good = AppendString(session, SessionEvent::kLocationFieldNumber, value);
    if (key == "stations") {
      good = AppendNumber<int32_t>(session, SessionEvent::kStationsFieldNumber, value);
    }
    if (key == "customerid") {
      good = AppendNumber<int64_t>(session, SessionEvent::kCustomeridFieldNumber, value);
    }
    if (!good) return false;
  }
  wire::AppendBytes(out, Event::kSessionFieldNumber, session);
  return true;
}

bool AppendAttributes(std::string& out, std::string_view raw) {
  Members members;
  if (!ReadMembers(raw, members).ok()) return false;
  for (const auto& [key, value] : members) {
    std::string entry;
    wire::AppendBytes(entry, 1, key);
    if (!AppendString(entry, 2, value)) return false;
    wire::AppendBytes(out, Event::kAttributesFieldNumber, entry);
  }
  return true;
}

bool AppendTimeMember(std::string& out, std::string_view raw) {
  return raw.size() > 2 && raw.front() == '"' &&
         AppendTime(out, Event::kOccurTimeFieldNumber, raw.substr(1, raw.size() - 2));
}

/// One member of the event; false where protobuf's reader has to look at the line.
bool AppendMember(EncodedEvent& out, std::string_view key, std::string_view raw) {
  if (key == "id") {
    auto text = json::DecodeString(raw);
    if (text) out.id = *std::move(text);
    return text.has_value();
  }
  if (key == "session") return AppendSession(out.rest, raw);
  if (key == "type") return AppendString(out.rest, Event::kTypeFieldNumber, raw);
  if (key == "tenant") return AppendString(out.rest, Event::kTenantFieldNumber, raw);
  if (key == "traceparent") return AppendString(out.rest, Event::kTraceparentFieldNumber, raw);
  if (key == "tracestate") return AppendString(out.rest, Event::kTracestateFieldNumber, raw);
  if (key == "attributes") return AppendAttributes(out.rest, raw);
  if (key == "ordering_key" || key == "orderingKey") {
    return AppendString(out.rest, Event::kOrderingKeyFieldNumber, raw);
  }
  if (key == "occur_time" || key == "occurTime") return AppendTimeMember(out.rest, raw);
  if (key == "json") {
    wire::AppendBytes(out.rest, Event::kJsonFieldNumber, raw);
    return true;
  }
  return false;
}

/// The slow way: everything but `json` through protobuf.
absl::Status ReadByProtobuf(const Members& members, EncodedEvent& out) {
  std::string text = "{";
  std::string_view payload;
  for (const auto& [key, value] : members) {
    if (key == "json") {
      payload = value;
      continue;
    }
    if (key == "occurred_at" || key == "occurredAt") {
      return absl::InvalidArgumentError("occurred_at: is now occur_time");
    }
    if (text.size() > 1) text += ',';
    codec::AppendJsonString(text, key);
    text.append(":").append(value);
  }
  text += '}';
  Event event;
  const auto status = google::protobuf::util::JsonStringToMessage(text, &event);
  if (!status.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("not a carillon.v1.Event: ", status.message().ToString()));
  }
  if (payload.data() != nullptr) event.set_json(std::string(payload));
  out.id = event.id();
  event.clear_id();
  out.rest = event.SerializeAsString();
  return absl::OkStatus();
}

}  // namespace

bool AppendTime(std::string& out, int field, std::string_view rfc3339) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, base::ToAbsl(rfc3339), &time, &error)) return false;
  const int64_t seconds = absl::ToUnixSeconds(time);
  std::string timestamp;
  wire::AppendInt(timestamp, 1, seconds);
  wire::AppendInt(timestamp, 2, absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds)));
  wire::AppendBytes(out, field, timestamp);
  return true;
}

absl::Status ReadEvent(std::string_view text, EncodedEvent& out) {
  Members members;
  members.reserve(8);
  if (absl::Status status = ReadMembers(text, members); !status.ok()) return status;
  out.id.clear();
  out.rest.clear();
  for (const auto& [key, value] : members) {
    if (!AppendMember(out, key, value)) return ReadByProtobuf(members, out);
  }
  return absl::OkStatus();
}

}  // namespace carillon::cli
