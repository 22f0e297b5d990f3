#include "carillon/model/event.h"

#include <gmock/gmock.h>

#include <random>

namespace carillon::model {
namespace {

using testing::ElementsAre;
using testing::Pair;

Event::Parts FullParts() {
  return {.id = "id",
          .type = "session.create",
          .tenant = "acme",
          .ordering_key = "key",
          .occurred_at = base::WallTime(std::chrono::nanoseconds(1'714'564'800'000'000'007)),
          .attributes = {{"a", "1"}, {"b", ""}},
          .payload = R"({"x":1})"};
}

void ExpectFull(const Event& event) {
  EXPECT_EQ(event.id(), "id");
  EXPECT_EQ(event.type(), "session.create");
  EXPECT_EQ(event.tenant(), "acme");
  EXPECT_EQ(event.ordering_key(), "key");
  EXPECT_EQ(base::ToUnixNanos(event.occurred_at()), 1'714'564'800'000'000'007);
  EXPECT_THAT(event.attributes(), ElementsAre(Pair("a", "1"), Pair("b", "")));
  EXPECT_EQ(event.payload(), R"({"x":1})");
}

TEST(Event, IsWhatItWasMadeOf) {
  const auto event = Event::Create(FullParts());
  ExpectFull(*event);
  EXPECT_EQ(event->position(), 0u);
  event->Accept(7, base::WallTime(std::chrono::seconds(9)));
  EXPECT_EQ(event->position(), 7u);
  EXPECT_EQ(event->accepted_at(), base::WallTime(std::chrono::seconds(9)));
}

TEST(Event, OwnsItsBytes) {
  std::string id = "temporary id that is longer than a short string";
  std::shared_ptr<Event> event;
  {
    Event::Parts parts = FullParts();
    parts.id = id;
    event = Event::Create(parts);
  }
  id.assign(id.size(), '?');
  EXPECT_EQ(event->id(), "temporary id that is longer than a short string");
}

TEST(Event, IsTheSameWhenItsPayloadIsWrittenIntoItsRecord) {
  Event::Parts parts = FullParts();
  parts.payload = "not looked at";
  Event::Builder builder;
  builder.Begin(parts, 100).append("what was begun and not finished");
  for (const size_t expected : {0u, 7u, 4'000u}) {
    std::string& record = builder.Begin(parts, expected);
    record.append(R"({"x")");
    EXPECT_EQ(builder.payload_bytes(), 4u);
    record.append(":1}");
    const auto event = builder.Finish();
    ExpectFull(*event);
    EXPECT_EQ(event->record(), Event::Create(FullParts())->record());
  }
}

TEST(Event, KeepsLittleMemoryThatWasExpectedAndNotUsed) {
  Event::Builder builder;
  builder.Begin(FullParts(), 100'000).append(1'000, '1');
  EXPECT_LE(builder.Finish()->bytes(), 1'500u);
  builder.Begin(FullParts(), 1'050).append(1'000, '1');  // little: it stays where it is
  EXPECT_GE(builder.Finish()->bytes(), 1'050u);
}

TEST(Event, ComesBackFromItsRecord) {
  const auto event = Event::Create(FullParts());
  const auto parsed = Event::Parse(event->record());
  ASSERT_TRUE(parsed.ok());
  ExpectFull(**parsed);
  EXPECT_EQ((*parsed)->record(), event->record());
  const auto empty = Event::Parse(Event::Create({})->record());
  ASSERT_TRUE(empty.ok());
  EXPECT_EQ((*empty)->payload(), "");
  EXPECT_TRUE((*empty)->attributes().empty());
}

TEST(Event, TheFormOfARecordIsFixed) {
  const auto event = Event::Create({.id = "i",
                                    .type = "t",
                                    .tenant = "n",
                                    .ordering_key = "",
                                    .occurred_at = base::FromUnixNanos(0x0102),
                                    .attributes = {{"k", "v"}},
                                    .payload = "1"});
  const auto field = [](const std::string& s) {
    return std::string{static_cast<char>(s.size()), 0, 0, 0} + s;
  };
  EXPECT_EQ(event->record(), std::string("\x01\x02\x01\0\0\0\0\0\0\x01\0", 11) + field("i") +
                                 field("t") + field("n") + field("") + field("k") + field("v") +
                                 field("1"));
}

TraceContext SomeTrace() {
  TraceContext trace;
  trace.trace_id.fill(0xA1);
  trace.span_id.fill(0xB2);
  trace.flags = TraceContext::kSampled;
  trace.state = "foo=1,bar=2";
  return trace;
}

TEST(Event, KeepsItsTrace) {
  const TraceContext trace = SomeTrace();
  Event::Parts parts = FullParts();
  EXPECT_FALSE(Event::Create(parts)->traced());
  EXPECT_FALSE(Event::Create(parts)->trace());
  parts.trace = &trace;
  const auto event = Event::Create(parts);
  ExpectFull(*event);
  EXPECT_EQ(event->trace(), trace);
  const auto parsed = Event::Parse(event->record());
  ASSERT_TRUE(parsed.ok());
  ExpectFull(**parsed);
  EXPECT_EQ((*parsed)->trace(), trace);
}

TEST(Event, KnowsWhetherItsTraceIsRecorded) {
  TraceContext trace = SomeTrace();
  Event::Parts parts = FullParts();
  EXPECT_FALSE(Event::Create(parts)->sampled());
  parts.trace = &trace;
  for (const uint8_t flags : {0, 1, 2, 3}) {
    trace.flags = flags;
    EXPECT_EQ(Event::Create(parts)->sampled(), trace.sampled()) << int{flags};
    EXPECT_EQ(Event::Create(parts)->sampled(), flags % 2 == 1) << int{flags};
  }
}

TEST(Event, TheFormOfATracedRecordIsFixedToo) {
  const TraceContext trace = SomeTrace();
  const Event::Parts plain = {.id = "i", .type = "t", .tenant = "n", .payload = "1"};
  Event::Parts parts = plain;
  parts.trace = &trace;
  const std::string rest(Event::Create(plain)->record().substr(11));
  EXPECT_EQ(Event::Create(parts)->record(),
            std::string("\x02\0\0\0\0\0\0\0\0\0\0", 11) + std::string(16, '\xA1') +
                std::string(8, '\xB2') + '\x01' + std::string("\x0B\0\0\0foo=1,bar=2", 15) + rest);
}

TEST(Event, KnowsAboutHowMuchMemoryItTakes) {
  Event::Parts parts = FullParts();
  const size_t small = Event::Create(parts)->bytes();
  const std::string payload(10'000, 'x');
  parts.payload = payload;
  EXPECT_GE(Event::Create(parts)->bytes(), small + 9'000);
}

TEST(EventParse, RefusesEveryTruncationAndWhatIsTooLong) {
  const std::string record(Event::Create(FullParts())->record());
  for (size_t n = 0; n < record.size(); ++n) {
    const std::vector<char> cut(record.begin(), record.begin() + static_cast<std::ptrdiff_t>(n));
    EXPECT_EQ(Event::Parse({cut.data(), cut.size()}).status().code(),
              absl::StatusCode::kInvalidArgument)
        << n;
  }
  EXPECT_FALSE(Event::Parse(record + "x").ok());
}

TEST(EventParse, RefusesOtherVersionsAndAbsurdCounts) {
  std::string record(Event::Create(FullParts())->record());
  for (const char version : {0, 2, 3, 127}) {
    record[0] = version;
    EXPECT_FALSE(Event::Parse(record).ok());
  }
  record[0] = 1;
  record[9] = record[10] = '\xff';  // 65535 attributes
  EXPECT_FALSE(Event::Parse(record).ok());
}

TEST(EventParse, RefusesTracesThatAreNone) {
  TraceContext trace = SomeTrace();
  Event::Parts parts = FullParts();
  parts.trace = &trace;
  const std::string record(Event::Create(parts)->record());
  for (size_t n = 0; n < record.size(); ++n) {
    EXPECT_FALSE(Event::Parse(std::string_view(record).substr(0, n)).ok()) << n;
  }
  std::string none = record;
  none.replace(11, 16, 16, '\0');
  EXPECT_FALSE(Event::Parse(none).ok());
  none = record;
  none.replace(27, 8, 8, '\0');
  EXPECT_FALSE(Event::Parse(none).ok());
  trace.state.assign(TraceContext::kMaxStateBytes + 1, 'x');
  EXPECT_FALSE(Event::Parse(Event::Create(parts)->record()).ok());
}

TEST(EventParse, RandomChangesNeverLeadOutOfTheRecord) {
  const std::string record(Event::Create(FullParts())->record());
  for (uint64_t seed = 0; seed < 20'000; ++seed) {
    std::mt19937_64 random(seed);
    std::string bytes = record;
    for (size_t n = 1 + random() % 3; n > 0; --n) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    const auto event = Event::Parse(bytes);
    if (!event.ok()) continue;
    size_t sum = (*event)->id().size() + (*event)->type().size() + (*event)->tenant().size() +
                 (*event)->ordering_key().size() + (*event)->payload().size();
    for (const auto& [key, value] : (*event)->attributes()) sum += key.size() + value.size();
    ASSERT_LE(sum, bytes.size()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace carillon::model
