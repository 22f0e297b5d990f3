#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>

#include "fixture.h"

namespace carillon::ingest {
namespace {

using nlohmann::ordered_json;
using testing::ElementsAre;
using testing::MatchesRegex;
using testing::Pair;

TEST(Decode, KeepsWhatThePublisherSaid) {
  v1::Event in = SessionEvent();
  in.set_tenant("acme.eu");
  in.set_ordering_key("ключ");
  in.mutable_occur_time()->set_seconds(1'700'000'000);
  in.mutable_occur_time()->set_nanos(7);
  (*in.mutable_attributes())["b"] = "2";
  (*in.mutable_attributes())["a"] = "";
  const auto events = Decode(RequestOf({in}));
  ASSERT_EQ(ErrorOf(events), "");
  const model::Event& event = *(*events)[0];
  EXPECT_EQ(event.id(), "e1");
  EXPECT_EQ(event.type(), "session.create");
  EXPECT_EQ(event.tenant(), "acme.eu");
  EXPECT_EQ(event.ordering_key(), "ключ");
  EXPECT_EQ(base::ToUnixNanos(event.occurred_at()), 1'700'000'000'000'000'007);
  EXPECT_THAT(event.attributes(), ElementsAre(Pair("a", ""), Pair("b", "2")));
}

TEST(Decode, FillsInWhatIsLeftOut) {
  v1::Event in;
  in.mutable_session()->set_uuid("u");
  in.mutable_session()->set_action("delete");
  const auto events = Decode(RequestOf({in, in}));
  ASSERT_EQ(ErrorOf(events), "");
  const model::Event& event = *(*events)[0];
  EXPECT_THAT(std::string(event.id()),
              MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_NE(event.id(), (*events)[1]->id());
  EXPECT_EQ(event.type(), "session.delete");
  EXPECT_EQ(event.tenant(), "default");
  EXPECT_EQ(event.ordering_key(), "");
  EXPECT_EQ(event.occurred_at(), kNow);
  EXPECT_EQ(event.payload(),
            R"({"uuid":"u","action":"delete","location":"","stations":0,"customerid":0})");
}

constexpr char kParent[] = "00-a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1-b2b2b2b2b2b2b2b2-01";

absl::StatusOr<Events> DecodeTraced(const v1::PublishRequest& request, Remarks& remarks) {
  const Catalog catalog = TestCatalog();
  base::SeededRandom random(1);
  return DecodeRequest(request.SerializeAsString(), {}, catalog, kNow, random, remarks);
}

TEST(Decode, AnEventHasTheTraceThatItBringsOrThatOfItsCall) {
  model::TraceContext call;
  call.trace_id.fill(0xC3);
  call.span_id.fill(0xD4);
  Remarks remarks{.inherited = &call};
  v1::Event own = SessionEvent();
  own.set_traceparent(kParent);
  own.set_tracestate("foo=1, bar=2");
  v1::Event bad = SessionEvent();
  bad.set_traceparent("00-x");
  bad.set_tracestate("foo=1");
  v1::Event half = SessionEvent();
  half.set_traceparent(kParent);
  half.set_tracestate("FOO");
  v1::Event alone = SessionEvent();
  alone.set_tracestate("foo=1");
  const auto events = DecodeTraced(RequestOf({own, SessionEvent(), bad, half, alone}), remarks);
  ASSERT_EQ(ErrorOf(events), "");
  const auto trace = (*events)[0]->trace();
  ASSERT_TRUE(trace);
  EXPECT_EQ(model::TraceIdText(trace->trace_id), "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1");
  EXPECT_EQ(trace->state, "foo=1,bar=2");
  EXPECT_EQ((*events)[1]->trace(), call);
  EXPECT_FALSE((*events)[2]->traced());  // whose it is is not known
  ASSERT_TRUE((*events)[3]->traced());
  EXPECT_EQ((*events)[3]->trace()->state, "");
  EXPECT_EQ((*events)[4]->trace(), call);
  EXPECT_EQ(remarks.bad_traceparents, 1u);
  EXPECT_EQ(remarks.bad_tracestates, 1u);
}

TEST(Decode, WithoutACallsTraceNothingIsStored) {
  Remarks remarks;
  const auto events = DecodeTraced(RequestOf({SessionEvent()}), remarks);
  ASSERT_EQ(ErrorOf(events), "");
  EXPECT_FALSE((*events)[0]->traced());
  EXPECT_EQ((*events)[0]->record()[0], 1);
}

TEST(Decode, NothingIsLeftFromTheEventBefore) {
  v1::Event full = SessionEvent();
  (*full.mutable_attributes())["a"] = "1";
  full.set_ordering_key("k");
  full.mutable_occur_time()->set_seconds(1'700'000'000);
  v1::Event bare;
  bare.mutable_list()->set_event("created");
  const auto events = Decode(RequestOf({full, bare}));
  ASSERT_EQ(ErrorOf(events), "");
  const model::Event& event = *(*events)[1];
  EXPECT_TRUE(event.attributes().empty());
  EXPECT_EQ(event.ordering_key(), "");
  EXPECT_EQ(event.occurred_at(), kNow);
  EXPECT_EQ(event.payload(),
            R"({"list_id":0,"object":"list","event":"created","timestamp":1714564800})");
}

/// The bytes of a PublishRequest with one event, which is `parts` one after another.
std::string RequestOfParts(const std::vector<std::string>& parts) {
  std::string event;
  for (const std::string& part : parts) event += part;
  // Field 1, of a length: the event's bytes as they are, which protobuf itself would tidy.
  std::string bytes(1, '\x0a');
  size_t length = event.size();
  for (; length >= 0x80; length >>= 7) bytes += static_cast<char>(length | 0x80);
  bytes += static_cast<char>(length);
  return bytes + event;
}

// A `json` is not copied by protobuf, which is given what stands around it.
TEST(Decode, WhereJsonStandsInTheMessageMakesNoDifference) {
  v1::Event head;
  head.set_id("e1");
  head.set_type("order.paid");
  v1::Event rest;
  rest.set_ordering_key("k");
  (*rest.mutable_attributes())["a"] = "1";
  v1::Event json;
  json.set_json(R"( {"x" : 1} )");
  v1::Event older;
  older.set_json("not JSON, and not the last");
  v1::Event session;
  session.mutable_session()->set_uuid("u");
  std::vector<std::string> parts;
  for (const v1::Event& part : {head, rest, json}) parts.push_back(part.SerializeAsString());
  for (int order = 0; order < 3; ++order) {
    std::rotate(parts.begin(), parts.begin() + 1, parts.end());
    for (const v1::Event& before : {v1::Event(), older, session}) {
      std::vector<std::string> all = parts;
      all.insert(all.begin(), before.SerializeAsString());
      const auto events = Decode(RequestOfParts(all));
      ASSERT_EQ(ErrorOf(events), "");
      const model::Event& event = *(*events)[0];
      EXPECT_EQ(event.id(), "e1");
      EXPECT_EQ(event.ordering_key(), "k");
      EXPECT_THAT(event.attributes(), ElementsAre(Pair("a", "1")));
      EXPECT_EQ(event.payload(), R"({"x":1})");
    }
  }
}

TEST(Decode, TheLastMemberThatStandsThereIsThePayload) {
  v1::Event json;
  json.set_json("1");
  v1::Event session;
  session.mutable_session()->set_uuid("u");
  session.mutable_session()->set_action("create");
  const auto events =
      Decode(RequestOfParts({json.SerializeAsString(), session.SerializeAsString()}));
  ASSERT_EQ(ErrorOf(events), "");
  EXPECT_EQ((*events)[0]->type(), "session.create");
}

TEST(Decode, WhatIsWrongAroundJsonIsFound) {
  v1::Event head;
  head.set_type("order.paid");
  v1::Event json;
  json.set_json("1");
  const std::string good = head.SerializeAsString() + json.SerializeAsString();
  const std::string bad_key = "\x2a\x02k\xff";             // ordering_key
  const std::string bad_session = "\x52\x03\x0a\x01\xff";  // session.uuid
  const std::string cut = "\x2a\x09k";
  EXPECT_EQ(ErrorOf(Decode(RequestOfParts({bad_key, good}))),
            "events[0].ordering_key: not valid UTF-8 at byte 1");
  EXPECT_EQ(ErrorOf(Decode(RequestOfParts({good, bad_key}))),
            "events[0].ordering_key: not valid UTF-8 at byte 1");
  EXPECT_EQ(ErrorOf(Decode(RequestOfParts({bad_session, good}))),
            "events[0].session.uuid: not valid UTF-8 at byte 0");
  EXPECT_EQ(ErrorOf(Decode(RequestOfParts({good, cut}))),
            "events[0]: truncated or malformed at byte " + std::to_string(good.size()));
}

TEST(Decode, TimestampZeroIsOccurredAtRoundedDown) {
  v1::Event in;
  in.set_type("contact.removed");
  in.mutable_contact()->set_contact_id(-5);
  in.mutable_occur_time()->set_seconds(1'600'000'000);
  in.mutable_occur_time()->set_nanos(999'999'999);
  const auto events = Decode(RequestOf({in}));
  ASSERT_EQ(ErrorOf(events), "");
  EXPECT_EQ((*events)[0]->payload(),
            R"({"list_id":0,"contact_id":-5,"object":"contact","event":"removed",)"
            R"("timestamp":1600000000})");
}

TEST(Decode, AnyIsTreatedAsItsOwnMember) {
  v1::Event typed = SessionEvent();
  v1::Event packed;
  packed.set_id("e1");
  packed.set_type("session.create");
  for (const char* prefix : {"type.googleapis.com", "example.com/types"}) {
    packed.mutable_any()->PackFrom(typed.session(), prefix);
    const auto events = Decode(RequestOf({typed, packed}));
    ASSERT_EQ(ErrorOf(events), "");
    EXPECT_EQ((*events)[0]->record(), (*events)[1]->record());
  }
  v1::SyncRunCompleted run;
  run.set_endpoint("e");
  v1::InsightPopulated insight;
  insight.set_insight("i");
  v1::ListEvent list;
  list.set_event("updated");
  v1::ContactEvent contact;
  contact.set_event("subscribed");
  v1::PublishRequest request;
  request.add_events()->mutable_any()->PackFrom(run);
  request.add_events()->mutable_any()->PackFrom(insight);
  request.add_events()->mutable_any()->PackFrom(list);
  request.add_events()->mutable_any()->PackFrom(contact);
  const auto events = Decode(request);
  ASSERT_EQ(ErrorOf(events), "");
  EXPECT_EQ((*events)[0]->type(), "sync.run.completed");
  EXPECT_EQ((*events)[1]->type(), "insight.population.completed");
  EXPECT_EQ((*events)[2]->type(), "list.updated");
  EXPECT_EQ((*events)[3]->type(), "contact.subscribed");
}

TEST(Decode, JsonKeepsEveryByteButWhiteSpace) {
  v1::Event in;
  in.set_type("order.paid");
  in.set_json(
      " { \"b\" : 1.0e+2 , \"a\" : [ 1 , 12345678901234567890123 ] , \"b\" : \"\\u00e9 \\/ é\" } "
      "\n");
  const auto events = Decode(RequestOf({in}));
  ASSERT_EQ(ErrorOf(events), "");
  EXPECT_EQ((*events)[0]->payload(),
            "{\"b\":1.0e+2,\"a\":[1,12345678901234567890123],\"b\":\"\\u00e9 \\/ é\"}");
}

TEST(Decode, PassesOverUnknownFields) {
  const std::string event = SessionEvent().SerializeAsString() + "\xF8\x3F\x01";  // field 1023
  const auto field = [](char tag, const std::string& bytes) {
    return std::string(1, tag) + static_cast<char>(bytes.size()) + bytes;
  };
  const std::string request = "\x08\x05"                  // field 1, a number: not `events`
                              + field('\x12', "unknown")  // field 2
                              + field('\x0A', event) + "\x1B\x20\x07\x1C";  // a group, field 3
  const auto events = Decode(request);
  ASSERT_EQ(ErrorOf(events), "");
  ASSERT_EQ(events->size(), 1u);
  EXPECT_EQ((*events)[0]->id(), "e1");
}

TEST(Decode, AStreamsMessageHasTheSameForm) {
  v1::PublishStreamRequest request;
  *request.add_events() = SessionEvent();
  EXPECT_EQ(ErrorOf(Decode(request.SerializeAsString())), "");
}

TEST(Decode, TypesOfTheCatalogOnly) {
  base::SeededRandom random(1);
  const auto bytes = RequestOf({SessionEvent()}).SerializeAsString();
  EXPECT_TRUE(DecodeRequest(bytes, {}, {"session.create"}, kNow, random).ok());
  EXPECT_EQ(ErrorOf(DecodeRequest(bytes, {}, {"order.paid"}, kNow, random)),
            "events[0].type: unknown event type 'session.create'; known types are in the "
            "catalog (event_types of the configuration)");
}

std::string RandomText(std::mt19937_64& random) {
  static const std::string kPieces[] = {"a", "\"",   "\\", "\n",   std::string(1, '\0'),
                                        "é", "日本", "😀", "\x7f", "/"};
  std::string out;
  for (size_t n = random() % 20; n > 0; --n) out += kPieces[random() % std::size(kPieces)];
  return out;
}

TEST(Decode, RandomEventsComeOutAsNlohmannWouldWriteThem) {
  for (uint64_t seed = 0; seed < 3'000; ++seed) {
    std::mt19937_64 random(seed);
    v1::Event in;
    in.set_type(random() % 2 ? "session.create" : "session.delete");
    auto& session = *in.mutable_session();
    session.set_uuid("u" + std::to_string(seed));
    session.set_location(RandomText(random));
    session.set_stations(static_cast<int32_t>(random()));
    session.set_customerid(static_cast<int64_t>(random()) >> (random() % 64));
    v1::Event json;
    json.set_type("order.paid");
    const ordered_json tree = {{RandomText(random), session.customerid()},
                               {"x", {RandomText(random), nullptr, true}}};
    json.set_json(tree.dump(static_cast<int>(random() % 4)));
    const auto events = Decode(RequestOf({in, json}));
    ASSERT_EQ(ErrorOf(events), "") << "seed " << seed;
    const ordered_json expected = {{"uuid", session.uuid()},
                                   {"action", in.type().substr(8)},
                                   {"location", session.location()},
                                   {"stations", session.stations()},
                                   {"customerid", session.customerid()}};
    ASSERT_EQ((*events)[0]->payload(), expected.dump()) << "seed " << seed;
    ASSERT_EQ((*events)[1]->payload(), tree.dump()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace carillon::ingest
