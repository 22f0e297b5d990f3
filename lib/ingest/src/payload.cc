#include "payload.h"

#include <algorithm>
#include <span>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/codec/json_writer.h"
#include "carillon/json/minify.h"
#include "carillon/model/built_in.h"
#include "data_payload.h"
#include "diagnose.h"
#include "field_count.h"
#include "registered_payload.h"
#include "validate.h"

namespace carillon::ingest {
namespace {

using codec::JsonWriter;

/// About the JSON of a message: the names of its members are not in its wire form.
template <typename Message>
size_t JsonBytes(const Message& message) {
  constexpr size_t kNames = 96;
  return message.ByteSizeLong() + kNames;
}

constexpr size_t kMaxUuidBytes = 64;
constexpr size_t kMaxTextBytes = 1024;
constexpr size_t kMaxErrorBytes = 8192;

using model::PayloadFamily;

std::string Listed(std::span<const std::string_view> verbs, std::string_view prefix) {
  std::string out;
  for (size_t i = 0; i < verbs.size(); ++i) {
    if (i > 0) out += i + 1 == verbs.size() ? " or " : ", ";
    out.append(prefix).append(verbs[i]);
  }
  return out;
}

bool Has(const PayloadFamily& family, std::string_view verb) {
  return std::find(family.verbs.begin(), family.verbs.end(), verb) != family.verbs.end();
}

absl::Status Contradiction(const PayloadFamily& family, std::string_view verb, Place place,
                           std::string_view type) {
  std::string what = absl::StrCat("'", base::Printable(type), "' contradicts the payload, ");
  if (verb.empty()) {
    absl::StrAppend(&what, "of type ", base::ToAbsl(family.message), ": must be ",
                    Listed(family.verbs, family.prefix));
  } else {
    absl::StrAppend(&what, "whose ", base::ToAbsl(family.member), " is '", base::ToAbsl(verb), "'");
  }
  return place.Member({}).Error("type", what);
}

/// Brings the event's type and the payload's verb together: either may be empty and is then taken
/// from the other. `verb` may come to point into `encoding.type()`.
absl::Status Settle(const PayloadFamily& family, Place place, std::string_view& verb,
                    Encoding& encoding) {
  std::string& type = encoding.type();
  if (!verb.empty() && !Has(family, verb)) {
    return place.Error(family.member, absl::StrCat("must be ", Listed(family.verbs, {}), ", not '",
                                                   base::Printable(verb), "'"));
  }
  if (type.empty()) {
    if (verb.empty()) {
      return place.Error(family.member, absl::StrCat("required when the event has no type: ",
                                                     Listed(family.verbs, {})));
    }
    type.append(family.prefix).append(verb);
    return absl::OkStatus();
  }
  const std::string_view given(type);
  const std::string_view rest =
      given.starts_with(family.prefix) ? given.substr(family.prefix.size()) : std::string_view();
  if (!Has(family, rest)) return Contradiction(family, {}, place, type);
  if (!verb.empty() && verb != rest) return Contradiction(family, verb, place, type);
  verb = rest;
  return absl::OkStatus();
}

void WriteTime(JsonWriter& writer, std::string_view name, const google::protobuf::Timestamp& time) {
  writer.String(name, base::FormatRfc3339(time.seconds(), time.nanos()));
}

/// SyncRunCompleted and InsightPopulated differ only in what was populated.
template <typename Run>
absl::Status EncodeRun(const PayloadFamily& family, std::string_view subject_name,
                       const std::string& subject, const Run& run, Place place,
                       Encoding& encoding) {
  std::string_view verb = family.verbs[0];
  if (encoding.type().empty()) encoding.type().append(family.prefix).append(verb);
  if (absl::StrCat(base::ToAbsl(family.prefix), base::ToAbsl(verb)) != encoding.type()) {
    return Contradiction(family, {}, place, encoding.type());
  }
  auto status = CheckText(subject, 1, kMaxTextBytes, place, subject_name);
  if (status.ok()) status = CheckText(run.error(), 0, kMaxErrorBytes, place, "error");
  if (status.ok()) status = CheckTimestamp(run.started_at(), place, "started_at");
  if (status.ok()) status = CheckTimestamp(run.ended_at(), place, "ended_at");
  if (!status.ok()) return status;
  if (run.success() && !run.error().empty()) {
    return place.Error("error", "must be empty when success is true");
  }
  JsonWriter writer(encoding.Json(JsonBytes(run)));
  writer.String(subject_name, subject);
  writer.Bool("success", run.success());
  if (run.has_started_at()) WriteTime(writer, "started_at", run.started_at());
  if (run.has_ended_at()) WriteTime(writer, "ended_at", run.ended_at());
  writer.Int("rows", run.rows());
  if (!run.error().empty()) writer.String("error", run.error());
  writer.End();
  return absl::OkStatus();
}

int64_t TimestampOf(int64_t given, const Encoding& encoding) {
  return given != 0 ? given : base::ToUnixSeconds(encoding.occurred_at());
}

template <typename Message>
absl::Status Unpack(const std::string& bytes, Place place, Encoding& encoding) {
  if (auto status = CheckFieldCount(*Message::descriptor(), bytes, place); !status.ok()) {
    return status;
  }
  Message message;
  if (!message.ParseFromString(bytes)) {
    return absl::InvalidArgumentError(Diagnose(*Message::descriptor(), bytes, place.Path()));
  }
  return EncodePayload(message, place, encoding);
}

}  // namespace

absl::Status EncodePayload(const v1::SessionEvent& session, Place place, Encoding& encoding) {
  std::string_view action = session.action();
  auto status = Settle(model::kSession, place, action, encoding);
  if (status.ok()) status = CheckText(session.uuid(), 1, kMaxUuidBytes, place, "uuid");
  if (status.ok()) status = CheckText(session.location(), 0, kMaxTextBytes, place, "location");
  if (!status.ok()) return status;
  JsonWriter writer(encoding.Json(JsonBytes(session)));
  writer.String("uuid", session.uuid());
  writer.String("action", action);
  writer.String("location", session.location());
  writer.Int("stations", session.stations());
  writer.Int("customerid", session.customerid());
  writer.End();
  return absl::OkStatus();
}

absl::Status EncodePayload(const v1::SyncRunCompleted& run, Place place, Encoding& encoding) {
  return EncodeRun(model::kSyncRun, "endpoint", run.endpoint(), run, place, encoding);
}

absl::Status EncodePayload(const v1::InsightPopulated& run, Place place, Encoding& encoding) {
  return EncodeRun(model::kInsight, "insight", run.insight(), run, place, encoding);
}

absl::Status EncodePayload(const v1::ListEvent& list, Place place, Encoding& encoding) {
  std::string_view event = list.event();
  if (auto status = Settle(model::kList, place, event, encoding); !status.ok()) return status;
  JsonWriter writer(encoding.Json(JsonBytes(list)));
  writer.Int("list_id", list.list_id());
  writer.String("object", "list");
  writer.String("event", event);
  writer.Int("timestamp", TimestampOf(list.timestamp(), encoding));
  writer.End();
  return absl::OkStatus();
}

absl::Status EncodePayload(const v1::ContactEvent& contact, Place place, Encoding& encoding) {
  std::string_view event = contact.event();
  if (auto status = Settle(model::kContact, place, event, encoding); !status.ok()) return status;
  JsonWriter writer(encoding.Json(JsonBytes(contact)));
  writer.Int("list_id", contact.list_id());
  writer.Int("contact_id", contact.contact_id());
  writer.String("object", "contact");
  writer.String("event", event);
  writer.Int("timestamp", TimestampOf(contact.timestamp(), encoding));
  writer.End();
  return absl::OkStatus();
}

absl::Status EncodePayload(const google::protobuf::Any& any, Place place, Encoding& encoding) {
  const std::string& url = any.type_url();
  const std::string name = url.substr(url.rfind('/') + 1);
  const auto is = [&](const google::protobuf::Descriptor* type) {
    return type->full_name() == name;
  };
  if (is(v1::SessionEvent::descriptor())) {
    return Unpack<v1::SessionEvent>(any.value(), place, encoding);
  }
  if (is(v1::SyncRunCompleted::descriptor())) {
    return Unpack<v1::SyncRunCompleted>(any.value(), place, encoding);
  }
  if (is(v1::InsightPopulated::descriptor())) {
    return Unpack<v1::InsightPopulated>(any.value(), place, encoding);
  }
  if (is(v1::ListEvent::descriptor())) return Unpack<v1::ListEvent>(any.value(), place, encoding);
  if (is(v1::ContactEvent::descriptor())) {
    return Unpack<v1::ContactEvent>(any.value(), place, encoding);
  }
  return EncodeRegistered(any, name, place, encoding);
}

absl::Status EncodePayload(std::string_view json, Place place, Encoding& encoding) {
  if (encoding.type().empty()) {
    return place.Member({}).Error("type", "required with a json payload");
  }
  if (const auto error = json::MinifyJson(json, encoding.Json(json.size()))) {
    return place.Error({}, absl::StrCat("not valid JSON at byte ", error->byte, ": ", error->what));
  }
  return absl::OkStatus();
}

absl::Status EncodePayload(const google::protobuf::Value& data, Place place, Encoding& encoding) {
  if (encoding.type().empty()) {
    return place.Member({}).Error("type", "required with a data payload");
  }
  if (const auto problem = WriteData(data, encoding.Json(JsonBytes(data)))) {
    return absl::InvalidArgumentError(
        absl::StrCat(place.Path(), problem->path, ": ", problem->what));
  }
  return absl::OkStatus();
}

}  // namespace carillon::ingest
