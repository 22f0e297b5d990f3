#include <gmock/gmock.h>

#include <random>

#include "fixture.h"

// Bytes that no well-meaning publisher sends.
namespace carillon::ingest {
namespace {

using testing::StartsWith;

/// A length-delimited field with a one-byte tag.
std::string Field(int number, const std::string& bytes) {
  std::string out(1, static_cast<char>(number << 3 | 2));
  size_t n = bytes.size();
  for (; n >= 0x80; n >>= 7) out += static_cast<char>(n | 0x80);
  return out + static_cast<char>(n) + bytes;
}

std::string Good() { return Field(1, SessionEvent().SerializeAsString()); }

v1::PublishRequest FullRequest() {
  v1::Event session = SessionEvent();
  session.set_tenant("acme");
  session.set_ordering_key("ключ");
  session.mutable_occur_time()->set_seconds(1'700'000'000);
  (*session.mutable_attributes())["key"] = "значение";
  v1::Event run;
  run.mutable_sync_run_completed()->set_endpoint("e");
  run.mutable_sync_run_completed()->mutable_started_at()->set_nanos(5);
  run.mutable_sync_run_completed()->set_error("e😀");
  v1::Event any;
  any.mutable_any()->PackFrom(run.sync_run_completed());
  v1::Event json;
  json.set_type("order.paid");
  json.set_json(R"( {"a": [1, -2.5e3, "é\ud83d\ude00"], "b": null} )");
  return RequestOf({session, run, any, json});
}

TEST(Hostile, InvalidUtf8IsNamedByFieldAndByte) {
  const std::string bad = "Kamen\xC0";
  const std::pair<std::string, const char*> cases[] = {
      {Field(1, bad), "events[3].id: not valid UTF-8 at byte 5"},
      {Field(2, bad), "events[3].type: not valid UTF-8 at byte 5"},
      {Field(3, bad), "events[3].tenant: not valid UTF-8 at byte 5"},
      {Field(5, bad), "events[3].ordering_key: not valid UTF-8 at byte 5"},
      {Field(6, Field(1, "k") + Field(2, bad)),
       "events[3].attributes[\"k\"]: not valid UTF-8 at byte 5"},
      {Field(6, Field(2, bad) + Field(1, "k")),
       "events[3].attributes[\"k\"]: not valid UTF-8 at byte 5"},
      {Field(6, Field(1, bad) + Field(2, "v")),
       "events[3].attributes[\"Kamen\\xc0\"]: the key is not valid UTF-8 at byte 5"},
      {Field(10, Field(3, bad)), "events[3].session.location: not valid UTF-8 at byte 5"},
      {Field(10, Field(1, "u") + Field(1, bad)),
       "events[3].session.uuid: not valid UTF-8 at byte 5"},
      {Field(11, Field(1, bad)),
       "events[3].sync_run_completed.endpoint: not valid UTF-8 at byte 5"},
      {Field(12, Field(6, bad)), "events[3].insight_populated.error: not valid UTF-8 at byte 5"},
      {Field(13, Field(2, bad)), "events[3].list.event: not valid UTF-8 at byte 5"},
      {Field(14, Field(3, bad)), "events[3].contact.event: not valid UTF-8 at byte 5"},
      {Field(15, Field(1, bad)), "events[3].any.type_url: not valid UTF-8 at byte 5"},
  };
  for (const auto& [event, error] : cases) {
    EXPECT_EQ(ErrorOf(Decode(Good() + Good() + Good() + Field(1, event))), error);
  }
}

TEST(Hostile, MalformedEventsAreNamedByPlaceAndByte) {
  const std::pair<std::string, const char*> cases[] = {
      {std::string("\x0A\x05"
                   "ab"),
       "events[1]: truncated or malformed at byte 0"},
      {Field(1, "id") + "\x0A", "events[1]: truncated or malformed at byte 4"},
      {Field(1, "id") + "\x0C", "events[1]: truncated or malformed at byte 4"},  // ends a group
      {std::string("\x00", 1), "events[1]: truncated or malformed at byte 0"},
      {Field(10, "\x20"), "events[1].session: truncated or malformed at byte 0"},
      {Field(4, Field(1, "x") + "\x08\xFF"),
       "events[1].occur_time: truncated or malformed at byte 3"},
      {Field(6, Field(1, "k") + "\x12\x7F"),
       "events[1].attributes[\"k\"]: truncated or malformed at byte 3"},
      {std::string("\x07"), "events[1]: truncated or malformed at byte 0"},  // wire type 7
  };
  for (const auto& [event, error] : cases) {
    EXPECT_EQ(ErrorOf(Decode(Good() + Field(1, event))), error);
  }
}

TEST(Hostile, WhatIsNoRequest) {
  const std::string prefix = "the message is not a PublishRequest: truncated or malformed at byte ";
  EXPECT_EQ(ErrorOf(Decode("\x0A")), prefix + "0");
  EXPECT_EQ(ErrorOf(Decode(Good() + "\x0A\x7F")), prefix + std::to_string(Good().size()));
  EXPECT_EQ(ErrorOf(Decode("\x0A\xFF\xFF\xFF\xFF\x0F")), prefix + "0");
  EXPECT_EQ(ErrorOf(Decode(std::string(11, '\xFF'))), prefix + "0");
  EXPECT_EQ(ErrorOf(Decode(std::string(100'000, '\x0B'))), prefix + "0");  // groups in groups
  EXPECT_EQ(ErrorOf(Decode(std::string_view("\0", 1))), prefix + "0");
}

TEST(Hostile, EveryTruncationIsAnswered) {
  const std::string whole = FullRequest().SerializeAsString();
  ASSERT_EQ(ErrorOf(Decode(whole)), "");
  size_t refused = 0;
  for (size_t n = 0; n < whole.size(); ++n) {
    // A buffer of its own, so that a read past its end is seen.
    const std::vector<char> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n));
    const auto events = Decode(std::string_view(cut.data(), cut.size()));
    if (events.ok()) continue;
    ++refused;
    EXPECT_EQ(events.status().code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(refused, whole.size() - 3);  // a cut between two events leaves a smaller request
}

TEST(Hostile, EveryTruncatedEventIsAnsweredWithItsIndex) {
  const v1::PublishRequest request = FullRequest();
  for (const v1::Event& event : request.events()) {
    const std::string whole = event.SerializeAsString();
    for (size_t n = 0; n < whole.size(); ++n) {
      const std::string error = ErrorOf(Decode(Good() + Field(1, whole.substr(0, n))));
      if (!error.empty()) EXPECT_THAT(error, StartsWith("events[1]"));
    }
  }
}

TEST(Hostile, RandomChangesAreAnsweredOrGiveValidEvents) {
  const std::string whole = FullRequest().SerializeAsString();
  for (uint64_t seed = 0; seed < 20'000; ++seed) {
    std::mt19937_64 random(seed);
    std::string bytes = whole;
    for (size_t n = 1 + random() % 4; n > 0; --n) {
      const size_t at = random() % bytes.size();
      switch (random() % 3) {
        case 0:
          bytes[at] = static_cast<char>(random());
          break;
        case 1:
          bytes.erase(at, 1 + random() % 4);
          break;
        default:
          bytes.insert(at, 1, static_cast<char>(random()));
      }
    }
    const auto events = Decode(bytes);
    if (!events.ok()) {
      ASSERT_EQ(events.status().code(), absl::StatusCode::kInvalidArgument) << "seed " << seed;
      continue;
    }
    for (const auto& event : *events) {
      ASSERT_TRUE(model::Event::Parse(event->record()).ok()) << "seed " << seed;
      ASSERT_FALSE(event->payload().empty()) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace carillon::ingest
