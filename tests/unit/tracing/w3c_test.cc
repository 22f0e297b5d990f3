// The cases of W3C's own test suite for Trace Context, and more of their kind.
#include "carillon/tracing/w3c.h"

#include <gmock/gmock.h>

#include <random>
#include <string>

namespace carillon::tracing {
namespace {

constexpr char kTrace[] = "12345678901234567890123456789012";
constexpr char kGood[] = "00-12345678901234567890123456789012-1234567890123456-01";

std::string Again(const model::TraceContext& context) {
  std::string text;
  model::AppendTraceparent(context, context.span_id, text);
  return text;
}

TEST(Traceparent, IsReadAndWrittenAlike) {
  const auto context = ParseTraceparent(kGood);
  ASSERT_TRUE(context);
  EXPECT_TRUE(context->sampled());
  EXPECT_EQ(model::TraceIdText(context->trace_id), kTrace);
  EXPECT_EQ(Again(*context), kGood);
  std::string sent;
  model::AppendTraceparent(*context, model::ToSpanId(0xAB), sent);
  EXPECT_EQ(sent, "00-12345678901234567890123456789012-00000000000000ab-01");
}

TEST(Traceparent, KeepsTheFlagsThatHaveAMeaning) {
  const std::pair<const char*, const char*> cases[] = {{"00", "00"}, {"01", "01"}, {"02", "02"},
                                                       {"03", "03"}, {"04", "00"}, {"ff", "03"}};
  for (const auto& [in, out] : cases) {
    const std::string head = std::string("00-") + kTrace + "-1234567890123456-";
    const auto context = ParseTraceparent(head + in);
    ASSERT_TRUE(context) << in;
    EXPECT_EQ(context->flags & ~model::TraceContext::kKnownFlags, 0) << in;
    EXPECT_EQ(Again(*context), head + out);
  }
}

TEST(Traceparent, LeavesWhiteSpaceAroundItAside) {
  for (const std::string before : {"", " ", "\t", "\t "}) {
    for (const std::string after : {"", " ", "\t", " \t"}) {
      EXPECT_TRUE(ParseTraceparent(before + kGood + after));
    }
  }
}

TEST(Traceparent, OfLaterVersionsIsReadAsFarAsItIsKnown) {
  const std::string body = std::string("-") + kTrace + "-1234567890123456-01";
  for (const char* rest : {"", "-", "-what-the-future-will-be-like"}) {
    const auto context = ParseTraceparent("cc" + body + rest);
    ASSERT_TRUE(context) << rest;
    EXPECT_EQ(Again(*context), kGood);  // what is sent is of the version that is known
  }
  EXPECT_FALSE(ParseTraceparent("cc" + body + ".what-the-future-will-be-like"));
  EXPECT_FALSE(ParseTraceparent("cc" + body + "0"));
  EXPECT_FALSE(ParseTraceparent("ff" + body));
  for (const char* rest : {"-", ".", "-what-the-future-will-be-like", "0"}) {
    EXPECT_FALSE(ParseTraceparent("00" + body + rest)) << rest;
  }
}

TEST(Traceparent, IsWrong) {
  for (const char* text : {"",
                           "00",
                           " ",
                           "-",
                           "00-12345678901234567890123456789012-1234567890123456",
                           ".0-12345678901234567890123456789012-1234567890123456-01",
                           "0.-12345678901234567890123456789012-1234567890123456-01",
                           "000-12345678901234567890123456789012-1234567890123456-01",
                           "0000-12345678901234567890123456789012-1234567890123456-01",
                           "0-12345678901234567890123456789012-1234567890123456-01",
                           "00-00000000000000000000000000000000-1234567890123456-01",
                           "00-.2345678901234567890123456789012-1234567890123456-01",
                           "00-1234567890123456789012345678901.-1234567890123456-01",
                           "00-123456789012345678901234567890123-1234567890123456-01",
                           "00-1234567890123456789012345678901-1234567890123456-01",
                           "00-12345678901234567890123456789012-0000000000000000-01",
                           "00-12345678901234567890123456789012-.234567890123456-01",
                           "00-12345678901234567890123456789012-123456789012345.-01",
                           "00-12345678901234567890123456789012-12345678901234567-01",
                           "00-12345678901234567890123456789012-123456789012345-01",
                           "00-12345678901234567890123456789012-1234567890123456-.0",
                           "00-12345678901234567890123456789012-1234567890123456-0.",
                           "00-12345678901234567890123456789012-1234567890123456-001",
                           "00-12345678901234567890123456789012-1234567890123456-1",
                           "00-ABCDEF78901234567890123456789012-1234567890123456-01",
                           "00-12345678901234567890123456789012-ABCDEF7890123456-01",
                           "00_12345678901234567890123456789012_1234567890123456_01",
                           "00-12345678901234567890123456789012-1234567890123456-01,"}) {
    EXPECT_FALSE(ParseTraceparent(text)) << text;
  }
}

TEST(Tracestate, IsKeptInOrderWithoutWhiteSpaceAndEmptyMembers) {
  const std::pair<const char*, const char*> cases[] = {
      {"foo=1", "foo=1"},
      {"", ""},
      {" \t", ""},
      {",,", ""},
      {"foo=1,", "foo=1"},
      {",foo=1", "foo=1"},
      {"foo=1,bar=2,rojo=1,congo=2,baz=3", "foo=1,bar=2,rojo=1,congo=2,baz=3"},
      {"foo=1 \t , \t bar=2, \t baz=3", "foo=1,bar=2,baz=3"},
      {"foo=1\t \t,\t \tbar=2,\t \tbaz=3", "foo=1,bar=2,baz=3"},
      {"\t foo=1 \t", "foo=1"},
      {"foo= 1", "foo= 1"},  // a blank belongs to a value where it does not end it
      {"0t/_-*@s0_-*/=x", "0t/_-*@s0_-*/=x"}};
  for (const auto& [in, out] : cases) EXPECT_EQ(ParseTracestate(in), out) << in;
}

TEST(Tracestate, TakesEveryCharacterThatIsAllowed) {
  std::string value;
  for (char c = 0x20; c <= 0x7E; ++c) {
    if (c != ',' && c != '=') value += c;
  }
  const std::string key = "abcdefghijklmnopqrstuvwxyz0123456789_-*/";
  for (const std::string& name : {key, key + "@a-z0-9_-*/"}) {
    EXPECT_EQ(ParseTracestate(name + "=" + value), name + "=" + value);
  }
}

TEST(Tracestate, IsWrong) {
  for (const char* text :
       {"foo",           "foo=",          "=1",          "foo =1",       "FOO=1",
        "foo.bar=1",     "foo=1,foo=1",   "foo=1,foo=2", "foo@=1",       "@foo=1",
        "foo@@bar=1",    "foo@bar@baz=1", "0foo=1",      "_foo=1",       "foo@0b=1",
        "foo=bar=baz",   "foo=,bar=3",    "foo=\x7f",    "foo=\xC3\xA9", "foo=a\tb",
        "foo=a\r\nx: y", "foo=1;bar=2,"}) {
    EXPECT_FALSE(ParseTracestate(std::string("ok=1,") + text)) << text;
  }
  EXPECT_FALSE(ParseTracestate(std::string("foo=a\0b", 7)));
}

TEST(Tracestate, HasBounds) {
  std::string members;
  for (int i = 0; i < 32; ++i) members += ",b" + std::to_string(i) + "=1";
  EXPECT_TRUE(ParseTracestate(members));
  EXPECT_FALSE(ParseTracestate(members + ",b32=1"));
  EXPECT_TRUE(ParseTracestate("foo=1," + std::string(256, 'z') + "=1"));
  EXPECT_FALSE(ParseTracestate("foo=1," + std::string(257, 'z') + "=1"));
  EXPECT_TRUE(ParseTracestate(std::string(241, 't') + "@" + std::string(14, 'v') + "=1"));
  EXPECT_FALSE(ParseTracestate(std::string(242, 't') + "@v=1"));
  EXPECT_FALSE(ParseTracestate("t@" + std::string(15, 'v') + "=1"));
  EXPECT_TRUE(ParseTracestate("foo=" + std::string(256, 'v')));
  EXPECT_FALSE(ParseTracestate("foo=" + std::string(257, 'v')));
}

TEST(Tracestate, WhatIsTooLongLosesLongMembersFirstAndThenTheLast) {
  const std::string full = "a=" + std::string(126, 'v');  // 128: not long
  std::string most = full;
  for (const char key : {'b', 'c'}) most += std::string(",") + key + full.substr(1);
  most += ",d=" + std::string(512 - most.size() - 3, 'v');
  ASSERT_EQ(most.size(), 512u);
  EXPECT_EQ(ParseTracestate(most), most);
  EXPECT_EQ(ParseTracestate(most + ",e=1"), most);
  const std::string big = std::string(",big=") + std::string(130, 'x');
  EXPECT_EQ(ParseTracestate(full + big + ",e=1"), full + big + ",e=1");
  EXPECT_EQ(ParseTracestate(full + big + most.substr(full.size())), most);
  const std::string barely = ",z" + full.substr(1) + "v";  // a member of 129 bytes
  ASSERT_EQ(barely.size(), 130u);
  EXPECT_EQ(ParseTracestate(full + barely + most.substr(full.size())), most);
}

TEST(ReadTrace, IgnoresWhatIsWrongAndSaysIt) {
  const Received none = ReadTrace("", "foo=1");
  EXPECT_FALSE(none.context || none.bad_traceparent || none.bad_tracestate);
  const Received bad = ReadTrace("00-x", "foo");
  EXPECT_TRUE(!bad.context && bad.bad_traceparent && !bad.bad_tracestate);
  const Received half = ReadTrace(kGood, "foo");
  ASSERT_TRUE(half.context && half.bad_tracestate && !half.bad_traceparent);
  EXPECT_EQ(half.context->state, "");
  const Received whole = ReadTrace(kGood, " foo=1 ");
  ASSERT_TRUE(whole.context && !whole.bad_tracestate);
  EXPECT_EQ(whole.context->state, "foo=1");
}

/// What passes can stand in a head: no line is broken, and reading it again changes nothing.
TEST(ReadTrace, RandomBytesBreakNothing) {
  const std::string alphabet("0123456789abcdef-=,@ \t\r\n\0Zz*/_~\x7f\xff", 33);
  size_t contexts = 0;
  size_t states = 0;
  for (uint64_t seed = 0; seed < 60'000; ++seed) {
    std::mt19937_64 random(seed);
    std::string parent = kGood;
    std::string state = "foo=1,bar@b=2 ,\tbaz=~";
    for (std::string* text : {&parent, &state}) {
      for (size_t n = random() % 4; n > 0; --n) {
        const size_t at = random() % (text->size() + 1);
        const char c = alphabet[random() % alphabet.size()];
        if (random() % 2 == 0 && at < text->size()) {
          (*text)[at] = c;
        } else if (random() % 2 == 0) {
          text->insert(at, 1, c);
        } else {
          text->erase(at, random() % 8);
        }
      }
    }
    const Received received = ReadTrace(parent, state);
    if (!received.context) continue;
    ++contexts;
    EXPECT_EQ(ParseTraceparent(Again(*received.context))->trace_id, received.context->trace_id);
    for (const char c : received.context->state) ASSERT_TRUE(c >= 0x20 && c < 0x7F) << seed;
    EXPECT_EQ(ParseTracestate(received.context->state), received.context->state) << seed;
    states += received.context->state.empty() ? 0 : 1;
  }
  EXPECT_GT(contexts, 10'000u);
  EXPECT_GT(states, 5'000u);
}

}  // namespace
}  // namespace carillon::tracing
