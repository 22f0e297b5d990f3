#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "fixture.h"

// The cases of the systems Carillon serves, read as data: event -> payload bytes.
namespace carillon::ingest {
namespace {

using nlohmann::ordered_json;

ordered_json Contract(const std::string& name) {
  std::ifstream file(CARILLON_CONTRACTS_DIR "/" + name);
  return ordered_json::parse(file);
}

TEST(Contracts, SessionsOfSynthesisVr) {
  const auto contract = Contract("synthesisvr.json");
  ASSERT_FALSE(contract.at("cases").empty());
  for (const auto& c : contract.at("cases")) {
    const auto& session = c.at("session");
    v1::Event event;
    event.set_type(c.at("event_type").get<std::string>());
    event.mutable_session()->set_uuid(session.at("uuid").get<std::string>());
    event.mutable_session()->set_location(session.at("location").get<std::string>());
    event.mutable_session()->set_stations(session.at("stations").get<int32_t>());
    event.mutable_session()->set_customerid(session.at("customerid").get<int64_t>());
    for (const bool with_action : {false, true}) {
      if (with_action) event.mutable_session()->set_action(session.at("action").get<std::string>());
      const auto events = Decode(RequestOf({event}));
      ASSERT_EQ(ErrorOf(events), "");
      EXPECT_EQ((*events)[0]->payload(), c.at("body")[0].dump());
      EXPECT_EQ((*events)[0]->type(), c.at("event_type").get<std::string>());
    }
  }
}

v1::Event Vision6Event(const ordered_json& in) {
  v1::Event event;
  event.set_type(in.at("type").get<std::string>());
  if (in.contains("contact_id")) {
    event.mutable_contact()->set_list_id(in.at("list_id").get<int64_t>());
    event.mutable_contact()->set_contact_id(in.at("contact_id").get<int64_t>());
    event.mutable_contact()->set_timestamp(in.at("timestamp").get<int64_t>());
  } else {
    event.mutable_list()->set_list_id(in.at("list_id").get<int64_t>());
    event.mutable_list()->set_timestamp(in.at("timestamp").get<int64_t>());
  }
  return event;
}

TEST(Contracts, ListsAndContactsOfVision6) {
  const auto contract = Contract("vision6.json");
  ASSERT_FALSE(contract.at("cases").empty());
  for (const auto& c : contract.at("cases")) {
    v1::PublishRequest request;
    for (const auto& in : c.at("events")) *request.add_events() = Vision6Event(in);
    const auto events = Decode(request);
    ASSERT_EQ(ErrorOf(events), "");
    ASSERT_EQ(events->size(), c.at("body").size());
    for (size_t i = 0; i < events->size(); ++i) {
      EXPECT_EQ((*events)[i]->payload(), c.at("body")[i].dump());
    }
  }
}

TEST(Contracts, EveryVision6EventIsAType) {
  const auto contract = Contract("vision6.json");
  for (const auto& [object, verbs] : contract.at("events").items()) {
    for (const auto& verb : verbs) {
      v1::Event event;
      const auto name = verb.get<std::string>();
      if (object == "list")
        event.mutable_list()->set_event(name);
      else
        event.mutable_contact()->set_event(name);
      const auto events = Decode(RequestOf({event}));
      ASSERT_EQ(ErrorOf(events), "");
      EXPECT_EQ((*events)[0]->type(), object + "." + name);
    }
  }
}

TEST(Contracts, SyncHubIsToldWhatItMustBe) {
  v1::Event event;
  auto& run = *event.mutable_sync_run_completed();
  run.set_endpoint("dbo.Заказы");
  run.mutable_started_at()->set_seconds(1'714'564'800);
  run.mutable_ended_at()->set_seconds(1'714'564'801);
  run.mutable_ended_at()->set_nanos(5'000'000);
  run.set_rows(9'007'199'254'740'993);
  run.set_error("time-out \"x\"");
  v1::Event insight;
  insight.mutable_insight_populated()->set_insight("churn");
  insight.mutable_insight_populated()->set_success(true);
  const auto events = Decode(RequestOf({event, insight}));
  ASSERT_EQ(ErrorOf(events), "");
  EXPECT_EQ((*events)[0]->type(), "sync.run.completed");
  EXPECT_EQ((*events)[0]->payload(),
            R"({"endpoint":"dbo.Заказы","success":false,"started_at":"2024-05-01T12:00:00Z",)"
            R"("ended_at":"2024-05-01T12:00:01.005Z","rows":9007199254740993,)"
            R"("error":"time-out \"x\""})");
  EXPECT_EQ((*events)[1]->type(), "insight.population.completed");
  EXPECT_EQ((*events)[1]->payload(), R"({"insight":"churn","success":true,"rows":0})");
}

}  // namespace
}  // namespace carillon::ingest
