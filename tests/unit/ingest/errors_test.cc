#include <gmock/gmock.h>

#include <functional>

#include "fixture.h"

// Each bound of event.proto, just inside and just outside.
namespace carillon::ingest {
namespace {

using Edit = std::function<void(v1::Event&)>;

/// The error of `[valid, valid edited]`, so that the index is 1; "" when it is taken.
std::string Error(const Edit& edit) {
  v1::Event edited = SessionEvent();
  edit(edited);
  return ErrorOf(Decode(RequestOf({SessionEvent(), edited})));
}

struct Case {
  Edit edit;
  std::string error;
};

void Expect(const std::vector<Case>& cases) {
  for (const Case& c : cases) EXPECT_EQ(Error(c.edit), c.error);
}

std::string X(size_t n) { return std::string(n, 'x'); }

TEST(Errors, Head) {
  const std::string id = "events[1].id: must be 1-128 characters of [A-Za-z0-9_-], not '";
  const std::string tenant = "events[1].tenant: must be 1-128 characters of [A-Za-z0-9_.-], not '";
  Expect({
      {[](auto& e) { e.set_id(X(128)); }, ""},
      {[](auto& e) { e.set_id("aZ09_-"); }, ""},
      {[](auto& e) { e.set_id(X(129)); }, id + X(128) + "...'"},
      {[](auto& e) { e.set_id("a.b"); }, id + "a.b'"},
      {[](auto& e) { e.set_id("a\nb"); }, id + "a\\x0ab'"},
      {[](auto& e) { e.set_tenant(X(128)); }, ""},
      {[](auto& e) { e.set_tenant("a.B_-9"); }, ""},
      {[](auto& e) { e.set_tenant(X(129)); }, tenant + X(128) + "...'"},
      {[](auto& e) { e.set_tenant("a/b"); }, tenant + "a/b'"},
      {[](auto& e) { e.set_tenant(".."); }, "events[1].tenant: must not be -, . or .."},
      {[](auto& e) { e.set_tenant("-"); }, "events[1].tenant: must not be -, . or .."},
      {[](auto& e) { e.set_ordering_key(X(256)); }, ""},
      {[](auto& e) { e.set_ordering_key(X(257)); },
       "events[1].ordering_key: must be at most 256 bytes of UTF-8, not 257"},
  });
}

TEST(Errors, Attributes) {
  const auto set = [](std::string key, std::string value) {
    return [=](v1::Event& e) { (*e.mutable_attributes())[key] = value; };
  };
  const auto many = [](int n) {
    return [=](v1::Event& e) {
      for (int i = 0; i < n; ++i) (*e.mutable_attributes())["k" + std::to_string(i)] = "v";
    };
  };
  const std::string key = ": the key must be 1-64 characters of [A-Za-z0-9_.-]";
  Expect({
      {many(32), ""},
      {many(33), "events[1].attributes: at most 32 are allowed, not 33"},
      {set(X(64), X(1024)), ""},
      {set(X(65), ""), "events[1].attributes[\"" + X(65) + "\"]" + key},
      {set("", ""), "events[1].attributes[\"\"]" + key},
      {set("a b", ""), "events[1].attributes[\"a b\"]" + key},
      {set("k", X(1025)),
       "events[1].attributes[\"k\"]: must be at most 1024 bytes of UTF-8, not 1025"},
  });
}

TEST(Errors, OccurredAt) {
  const auto at = [](int64_t seconds, int32_t nanos = 0) {
    return [=](v1::Event& e) {
      e.mutable_occur_time()->set_seconds(seconds);
      e.mutable_occur_time()->set_nanos(nanos);
    };
  };
  const std::string between =
      "events[1].occur_time: must lie between 2000-01-01T00:00:00Z and 24 hours after the "
      "server's clock (2024-05-02T12:00:00Z), not ";
  const int64_t last = base::ToUnixSeconds(kNow) + 86'400;
  Expect({
      {at(946'684'800), ""},
      {at(946'684'799, 999'999'999), between + "1999-12-31T23:59:59.999999999Z"},
      {at(0), between + "1970-01-01T00:00:00Z"},
      {at(last), ""},
      {at(last, 1), between + "2024-05-02T12:00:00.000000001Z"},
      {at(253'402'300'799), between + "9999-12-31T23:59:59Z"},
      {at(253'402'300'800),
       "events[1].occur_time: must lie in the years 1 to 9999; seconds are 253402300800"},
      {at(INT64_MAX),
       "events[1].occur_time: must lie in the years 1 to 9999; seconds are 9223372036854775807"},
      {at(last - 1, -1), "events[1].occur_time: nanos must be 0 to 999999999, not -1"},
      {at(last - 1, 1'000'000'000),
       "events[1].occur_time: nanos must be 0 to 999999999, not 1000000000"},
  });
}

TEST(Errors, Type) {
  Expect({
      {[](auto& e) { e.set_type("foo.bar"); },
       "events[1].type: unknown event type 'foo.bar'; known types are in the catalog "
       "(event_types of the configuration)"},
      {[](auto& e) { e.set_type("destination.disabled"); },
       "events[1].type: 'destination.disabled' is published by Carillon itself and nobody else"},
      {[](auto& e) { e.set_type("destination.recovered"); },
       "events[1].type: 'destination.recovered' is published by Carillon itself and nobody else"},
      {[](auto& e) { e.set_type("delivery.dead"); },
       "events[1].type: 'delivery.dead' is published by Carillon itself and nobody else"},
      {[](auto& e) { e.set_type("Session.create"); },
       "events[1].type: must be 1-128 characters of [a-z0-9_.-], not 'Session.create'"},
      {[](auto& e) { e.set_type(X(129)); },
       "events[1].type: must be 1-128 characters of [a-z0-9_.-], not '" + X(128) + "...'"},
      {[](auto& e) { e.set_type("order.paid"); },
       "events[1].type: 'order.paid' contradicts the payload, of type SessionEvent: must be "
       "session.create or session.delete"},
      {[](auto& e) { e.mutable_session()->set_action("delete"); },
       "events[1].type: 'session.create' contradicts the payload, whose action is 'delete'"},
      {[](auto& e) { e.mutable_session()->set_action("created"); },
       "events[1].session.action: must be create or delete, not 'created'"},
      {[](auto& e) { e.clear_type(); },
       "events[1].session.action: required when the event has no type: create or delete"},
      {[](auto& e) { e.mutable_list()->set_list_id(1); },
       "events[1].type: 'session.create' contradicts the payload, of type ListEvent: must be "
       "list.created, list.updated, list.removed or list.bulk_updated"},
      {[](auto& e) { e.mutable_contact()->set_event("x"); },
       "events[1].contact.event: must be created, updated, removed, subscribed, unsubscribed, "
       "deactivated or reactivated, not 'x'"},
      {[](auto& e) { e.mutable_sync_run_completed()->set_endpoint("x"); },
       "events[1].type: 'session.create' contradicts the payload, of type SyncRunCompleted: must "
       "be "
       "sync.run.completed"},
      {[](auto& e) { e.mutable_insight_populated()->set_insight("x"); },
       "events[1].type: 'session.create' contradicts the payload, of type InsightPopulated: must "
       "be "
       "insight.population.completed"},
      {[](auto& e) {
         e.clear_type();
         e.set_json("1");
       },
       "events[1].type: required with a json payload"},
      {[](auto& e) { e.clear_session(); },
       "events[1].payload: required: one of session, sync_run_completed, insight_populated, "
       "list, contact, any, json and data"},
  });
}

TEST(Errors, SessionMembers) {
  Expect({
      {[](auto& e) { e.mutable_session()->set_uuid(X(64)); }, ""},
      {[](auto& e) { e.mutable_session()->set_uuid(X(65)); },
       "events[1].session.uuid: must be 1-64 bytes of UTF-8, not 65"},
      {[](auto& e) { e.mutable_session()->clear_uuid(); },
       "events[1].session.uuid: must be 1-64 bytes of UTF-8, not 0"},
      {[](auto& e) { e.mutable_session()->set_location(X(1024)); }, ""},
      {[](auto& e) { e.mutable_session()->set_location(X(1025)); },
       "events[1].session.location: must be at most 1024 bytes of UTF-8, not 1025"},
  });
}

/// The same bounds hold for both kinds of run.
template <typename Mutable, typename SetSubject>
void ExpectRun(const std::string& member, const std::string& subject, Mutable mutable_run,
               SetSubject set_subject) {
  const auto edit = [&](auto change) {
    return [=](v1::Event& e) {
      e.clear_type();
      set_subject(*mutable_run(e), "x");
      change(*mutable_run(e));
    };
  };
  const std::string at = "events[1]." + member + ".";
  const std::string years = ": must lie in the years 1 to 9999; seconds are ";
  Expect({
      {edit([=](auto& r) { set_subject(r, X(1024)); }), ""},
      {edit([=](auto& r) { set_subject(r, X(1025)); }),
       at + subject + ": must be 1-1024 bytes of UTF-8, not 1025"},
      {edit([=](auto& r) { set_subject(r, ""); }),
       at + subject + ": must be 1-1024 bytes of UTF-8, not 0"},
      {edit([](auto& r) { r.set_error(X(8192)); }), ""},
      {edit([](auto& r) { r.set_error(X(8193)); }),
       at + "error: must be at most 8192 bytes of UTF-8, not 8193"},
      {edit([](auto& r) {
         r.set_success(true);
         r.set_error("x");
       }),
       at + "error: must be empty when success is true"},
      {edit([](auto& r) { r.mutable_started_at()->set_seconds(-62'135'596'800); }), ""},
      {edit([](auto& r) { r.mutable_started_at()->set_seconds(-62'135'596'801); }),
       at + "started_at" + years + "-62135596801"},
      {edit([](auto& r) { r.mutable_ended_at()->set_seconds(253'402'300'799); }), ""},
      {edit([](auto& r) { r.mutable_ended_at()->set_seconds(253'402'300'800); }),
       at + "ended_at" + years + "253402300800"},
      {edit([](auto& r) { r.mutable_ended_at()->set_nanos(-1); }),
       at + "ended_at: nanos must be 0 to 999999999, not -1"},
  });
}

TEST(Errors, RunMembers) {
  ExpectRun(
      "sync_run_completed", "endpoint", [](v1::Event& e) { return e.mutable_sync_run_completed(); },
      [](auto& run, const std::string& value) { run.set_endpoint(value); });
  ExpectRun(
      "insight_populated", "insight", [](v1::Event& e) { return e.mutable_insight_populated(); },
      [](auto& run, const std::string& value) { run.set_insight(value); });
}

TEST(Errors, Any) {
  const auto any = [](std::string url, std::string value) {
    return [=](v1::Event& e) {
      e.mutable_any()->set_type_url(url);
      e.mutable_any()->set_value(value);
    };
  };
  const std::string none =
      " names none of SessionEvent, SyncRunCompleted, InsightPopulated, ListEvent and "
      "ContactEvent of carillon.v1, and the event's type has no message of its own";
  v1::SessionEvent bare;
  bare.set_location("x");
  Expect({
      {any("type.googleapis.com/foo.Bar", ""),
       "events[1].any.type_url: 'type.googleapis.com/foo.Bar'" + none},
      {any("type.googleapis.com/carillon.v1.Event", ""),
       "events[1].any.type_url: 'type.googleapis.com/carillon.v1.Event'" + none},
      {any("", ""), "events[1].any.type_url: ''" + none},
      {any("x/carillon.v1.SessionEvent", bare.SerializeAsString()),
       "events[1].any.uuid: must be 1-64 bytes of UTF-8, not 0"},
      {any("x/carillon.v1.SessionEvent",
           "\x0A\x05"
           "ab"),
       "events[1].any: truncated or malformed at byte 0"},
      {any("x/carillon.v1.SessionEvent",
           "\x0A\x01u\x1A\x02"
           "a\xff"),
       "events[1].any.location: not valid UTF-8 at byte 1"},
      {any("x/carillon.v1.ListEvent", ""),
       "events[1].type: 'session.create' contradicts the payload, of type ListEvent: must be "
       "list.created, list.updated, list.removed or list.bulk_updated"},
  });
}

TEST(Errors, Json) {
  const auto json = [](std::string text) {
    return [=](v1::Event& e) {
      e.set_type("order.paid");
      e.set_json(text);
    };
  };
  Expect({
      {json("{\"a\":tru}"), "events[1].json: not valid JSON at byte 5: a JSON value is expected"},
      {json("\"\xff\""), "events[1].json: not valid JSON at byte 1: not valid UTF-8"},
      {json(""), "events[1].json: not valid JSON at byte 0: a JSON value is expected"},
      {json(std::string(65, '[')),
       "events[1].json: not valid JSON at byte 64: nested more than 64 deep"},
  });
}

TEST(Errors, PayloadsAreMeasuredAsEncodedJson) {
  v1::Event json;
  json.set_type("order.paid");
  json.set_json("[ 1 , 2 ]     ");  // 5 bytes without the white space
  const auto request = RequestOf({json});
  EXPECT_EQ(ErrorOf(Decode(request, {.max_payload_bytes = 5})), "");
  EXPECT_EQ(ErrorOf(Decode(request, {.max_payload_bytes = 4})),
            "events[0].json: 5 bytes as JSON, at most 4 are allowed (server.max_payload_bytes)");
  EXPECT_EQ(ErrorOf(Decode(RequestOf({SessionEvent()}), {.max_payload_bytes = 89})), "");
  EXPECT_EQ(ErrorOf(Decode(RequestOf({SessionEvent()}), {.max_payload_bytes = 88})),
            "events[0].session: 89 bytes as JSON, at most 88 are allowed "
            "(server.max_payload_bytes)");
}

TEST(Errors, NumberOfEvents) {
  v1::PublishRequest request;
  EXPECT_EQ(ErrorOf(Decode(request)), "events: must be 1-1000 (server.max_batch_events), not 0");
  for (int i = 0; i < 1000; ++i) *request.add_events() = SessionEvent();
  EXPECT_EQ(ErrorOf(Decode(request)), "");
  request.add_events()->set_id("not/looked/at");
  EXPECT_EQ(ErrorOf(Decode(request)), "events: must be 1-1000 (server.max_batch_events), not 1001");
  EXPECT_EQ(ErrorOf(Decode(request, {.max_batch_events = 7})),
            "events: must be 1-7 (server.max_batch_events), not 1001");
}

}  // namespace
}  // namespace carillon::ingest
