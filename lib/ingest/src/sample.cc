#include "carillon/ingest/sample.h"

#include <chrono>
#include <string>

#include "carillon/base/text.h"
#include "carillon/base/uuid.h"
#include "carillon/codec/json_writer.h"
#include "carillon/ingest/ingest.h"
#include "carillon/model/built_in.h"
#include "carillon/model/operational.h"
#include "carillon/model/outcome.h"
#include "carillon/v1/publisher.pb.h"

namespace carillon::ingest {
namespace {

using codec::JsonWriter;

constexpr std::string_view kIdPrefix = "test_";
constexpr char kSampleUuid[] = "41509791-3de8-5bb9-b4fc-a9753da95aad";
constexpr std::chrono::seconds kRunTook{42};

void SetTime(base::WallTime at, google::protobuf::Timestamp& time) {
  time.set_seconds(base::ToUnixSeconds(at));
  time.set_nanos(static_cast<int32_t>(base::ToUnixNanos(at) % 1'000'000'000));
}

/// One that failed: only such a run has every member.
template <typename Run>
void FillRun(base::WallTime now, Run& run) {
  run.set_success(false);
  SetTime(now - kRunTook, *run.mutable_started_at());
  SetTime(now, *run.mutable_ended_at());
  run.set_rows(1200);
  run.set_error("sample: the connection was lost after 1200 rows");
}

/// Returns false where the type is none of the family.
bool IsOf(const model::PayloadFamily& family, std::string_view type) {
  if (!type.starts_with(family.prefix)) return false;
  const std::string_view verb = type.substr(family.prefix.size());
  for (const std::string_view known : family.verbs) {
    if (known == verb) return true;
  }
  return false;
}

/// The payload of a type that publishers publish. Returns false where it is none of them.
bool FillPayload(std::string_view type, base::WallTime now, v1::Event& event) {
  if (IsOf(model::kSession, type)) {
    v1::SessionEvent& session = *event.mutable_session();
    session.set_uuid(kSampleUuid);
    session.set_location("Sample location");
    session.set_stations(4);
    session.set_customerid(7685);
  } else if (IsOf(model::kSyncRun, type)) {
    event.mutable_sync_run_completed()->set_endpoint("sample_table");
    FillRun(now, *event.mutable_sync_run_completed());
  } else if (IsOf(model::kInsight, type)) {
    event.mutable_insight_populated()->set_insight("Sample insight");
    FillRun(now, *event.mutable_insight_populated());
  } else if (IsOf(model::kList, type)) {
    event.mutable_list()->set_list_id(17);
  } else if (IsOf(model::kContact, type)) {
    event.mutable_contact()->set_list_id(17);
    event.mutable_contact()->set_contact_id(4711);
  } else {
    return false;
  }
  return true;
}

/// What Carillon publishes itself; empty where it does not.
std::string OperationalPayload(std::string_view type, base::WallTime now) {
  std::string payload;
  if (!model::IsOperational(type)) return payload;
  JsonWriter json(payload);
  json.String("destination", "sample-destination");
  if (type == model::kDestinationDisabled) {
    json.String("reason", "failing");
    json.String("failing_since", base::FormatRfc3339(now - std::chrono::hours(5 * 24)));
    json.Bool("deliveries_kept", true);
  } else if (type == model::kDestinationRecovered) {
    json.String("reason", "breaker_closed");
  } else {
    json.String("event_id", kSampleUuid);
    json.String("event_type", "session.create");
    json.Int("position", 1);
    json.Int("attempts", 5);
    json.String("outcome", model::OutcomeName(model::Outcome::kHttp5xx));
  }
  json.End();
  return payload;
}

}  // namespace

std::shared_ptr<model::Event> SampleEvent(std::string_view type, std::string_view tenant,
                                          base::WallTime now, base::Random& random) {
  const std::string id = std::string(kIdPrefix) + base::MakeUuidV7(now, random);
  if (const std::string payload = OperationalPayload(type, now); !payload.empty()) {
    return model::Event::Create({.id = id,
                                 .type = type,
                                 .tenant = tenant,
                                 .ordering_key = "sample-destination",
                                 .occurred_at = now,
                                 .attributes = {},
                                 .payload = payload});
  }
  v1::PublishRequest request;
  v1::Event& event = *request.add_events();
  if (!FillPayload(type, now, event)) return nullptr;
  event.set_id(id);
  event.set_type(std::string(type));
  event.set_tenant(std::string(tenant));
  event.set_ordering_key("sample-key");
  (*event.mutable_attributes())["sample"] = "true";
  SetTime(now, *event.mutable_occur_time());
  auto events =
      DecodeRequest(request.SerializeAsString(), {}, Catalog{std::string(type)}, now, random);
  return events.ok() ? std::move(events->front()) : nullptr;
}

std::shared_ptr<model::Event> SampleEvent(const schema::EventType& type, std::string_view tenant,
                                          base::WallTime now, base::Random& random) {
  if (type.sample.empty()) return nullptr;
  const std::string id = std::string(kIdPrefix) + base::MakeUuidV7(now, random);
  return model::Event::Create({.id = id,
                               .type = type.name,
                               .tenant = tenant,
                               .ordering_key = "sample-key",
                               .occurred_at = now,
                               .attributes = {{"sample", "true"}},
                               .payload = type.sample});
}

}  // namespace carillon::ingest
