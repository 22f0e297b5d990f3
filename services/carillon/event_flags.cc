#include "event_flags.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "carillon/base/similar.h"
#include "carillon/base/text.h"
#include "carillon/v1/event.pb.h"
#include "event_wire.h"

namespace carillon::cli {
namespace {

using v1::Event;
using v1::SessionEvent;

constexpr size_t kMaxJsonFile = 16u << 20;

absl::Status SetMember(SessionEvent& session, absl::string_view key, const std::string& value) {
  if (key == "uuid") {
    session.set_uuid(value);
  } else if (key == "action") {
    session.set_action(value);
  } else if (key == "location") {
    session.set_location(value);
  } else if (key == "stations") {
    int32_t number = 0;
    if (!absl::SimpleAtoi(value, &number)) {
      return absl::InvalidArgumentError("--session: stations must be a whole number");
    }
    session.set_stations(number);
  } else {
    int64_t number = 0;
    if (!absl::SimpleAtoi(value, &number)) {
      return absl::InvalidArgumentError("--session: customerid must be a whole number");
    }
    session.set_customerid(number);
  }
  return absl::OkStatus();
}

const std::vector<std::string_view>& MemberNames() {
  static const auto& members =
      *new std::vector<std::string_view>{"uuid", "action", "location", "stations", "customerid"};
  return members;
}

bool IsMember(std::string_view key) {
  return std::find(MemberNames().begin(), MemberNames().end(), key) != MemberNames().end();
}

/// Whether `key` was meant to be a member's name: small letters and `_` only.
bool LooksLikeMember(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(),
                                     [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

absl::Status UnknownMember(const std::string& key) {
  return absl::InvalidArgumentError(absl::StrCat("--session: no member '", base::Printable(key),
                                                 "'; there are uuid, action, "
                                                 "location, stations and customerid",
                                                 base::DidYouMean(key, MemberNames()),
                                                 " (a location that holds ',", base::Printable(key),
                                                 "=' goes with --file)"));
}

/// A value goes on over commas until the next `member=`: a location may hold them. What looks like
/// a member and is none is a mistake, not a part of the value before it.
absl::StatusOr<SessionEvent> ParseSession(const std::string& text) {
  std::vector<std::pair<std::string, std::string>> members;
  for (const absl::string_view piece : absl::StrSplit(text, ',')) {
    const size_t equals = piece.find('=');
    const std::string key(equals == absl::string_view::npos ? "" : piece.substr(0, equals));
    if (IsMember(key)) {
      for (const auto& [name, value] : members) {
        if (name == key) return absl::InvalidArgumentError("--session: " + key + " stands twice");
      }
      members.emplace_back(key, piece.substr(equals + 1));
    } else if (LooksLikeMember(key)) {
      return UnknownMember(key);
    } else if (!members.empty()) {
      absl::StrAppend(&members.back().second, ",", piece);
    } else {
      return absl::InvalidArgumentError(
          "--session: write uuid=..,action=..,location=..,stations=..,customerid=..");
    }
  }
  SessionEvent session;
  for (const auto& [key, value] : members) {
    if (absl::Status status = SetMember(session, key, value); !status.ok()) return status;
  }
  return session;
}

absl::StatusOr<std::string> ReadJsonFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMaxJsonFile + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  if (file.bad() || (text.empty() && !file.is_open())) {
    return absl::InvalidArgumentError(absl::StrCat("--json-file: cannot read ", path));
  }
  if (text.size() > kMaxJsonFile) {
    return absl::InvalidArgumentError(absl::StrCat("--json-file: ", path, " is over 16 MiB"));
  }
  return text;
}

absl::Status AppendPayload(const EventFlags& flags, std::string& out) {
  if (!flags.session.empty()) {
    const auto session = ParseSession(flags.session);
    if (!session.ok()) return session.status();
    wire::AppendBytes(out, Event::kSessionFieldNumber, session->SerializeAsString());
    return absl::OkStatus();
  }
  if (flags.type.empty()) return absl::InvalidArgumentError("--type is needed with --json");
  if (flags.json_file.empty()) {
    wire::AppendBytes(out, Event::kJsonFieldNumber, flags.json);
    return absl::OkStatus();
  }
  const auto text = ReadJsonFile(flags.json_file);
  if (!text.ok()) return text.status();
  wire::AppendBytes(out, Event::kJsonFieldNumber, *text);
  return absl::OkStatus();
}

absl::Status AppendAttributes(const EventFlags& flags, std::string& out) {
  for (const std::string& text : flags.attributes) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("--attribute must be KEY=VALUE, not '", base::Printable(text), "'"));
    }
    std::string entry;
    wire::AppendBytes(entry, 1, std::string_view(text).substr(0, equals));
    wire::AppendBytes(entry, 2, std::string_view(text).substr(equals + 1));
    wire::AppendBytes(out, Event::kAttributesFieldNumber, entry);
  }
  return absl::OkStatus();
}

}  // namespace

void AddEventFlags(CLI::App& app, EventFlags& flags) {
  const std::string group = "One event";
  app.add_option("--type", flags.type, "Event type, e.g. session.create")->group(group);
  app.add_option("--id", flags.id, "Its id; the same id is delivered once (default: a UUIDv7)")
      ->group(group);
  app.add_option("--tenant", flags.tenant, "Its tenant (default: default)")->group(group);
  app.add_option("--ordering-key", flags.ordering_key, "Its ordering key")->group(group);
  app.add_option("--attribute", flags.attributes, "KEY=VALUE to filter on (repeatable)")
      ->group(group);
  app.add_option("--occur-time", flags.occur_time, "When it happened, RFC 3339 (default: now)")
      ->group(group);
  auto* session = app.add_option("--session", flags.session,
                                 "Payload: uuid=..,action=create,location=..,stations=..,"
                                 "customerid=..")
                      ->group(group);
  auto* json = app.add_option("--json", flags.json, "Payload: any JSON")->group(group);
  auto* json_file =
      app.add_option("--json-file", flags.json_file, "Payload: a file of JSON")->group(group);
  session->excludes(json)->excludes(json_file);
  json->excludes(json_file);
}

absl::StatusOr<EncodedEvent> MakeEvent(const EventFlags& flags) {
  EncodedEvent event;
  event.id = flags.id;
  const auto append = [&event](int field, const std::string& text) {
    if (!text.empty()) wire::AppendBytes(event.rest, field, text);
  };
  append(Event::kTypeFieldNumber, flags.type);
  append(Event::kTenantFieldNumber, flags.tenant);
  append(Event::kOrderingKeyFieldNumber, flags.ordering_key);
  if (!flags.occur_time.empty() &&
      !AppendTime(event.rest, Event::kOccurTimeFieldNumber, flags.occur_time)) {
    return absl::InvalidArgumentError("--occur-time must look like 2026-01-31T12:00:00Z");
  }
  if (absl::Status status = AppendAttributes(flags, event.rest); !status.ok()) return status;
  if (absl::Status status = AppendPayload(flags, event.rest); !status.ok()) return status;
  return event;
}

}  // namespace carillon::cli
