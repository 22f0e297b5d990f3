#include <gtest/gtest.h>

#include "fixture.h"

// Events of more fields than can mean anything: protobuf would make an object of each before a
// bound is looked at. They are small enough for server.max_message_bytes.
namespace carillon::ingest {
namespace {

constexpr size_t kMessageBytes = 4 << 20;
constexpr size_t kFields = 1024;

std::string Varint(size_t n) {
  std::string out;
  for (; n >= 0x80; n >>= 7) out += static_cast<char>(n | 0x80);
  return out + static_cast<char>(n);
}

std::string WireField(int number, const std::string& bytes) {
  return Varint(static_cast<size_t>(number) << 3 | 2) + Varint(bytes.size()) + bytes;
}

std::string Times(size_t n, const std::string& bytes) {
  std::string out;
  out.reserve(n * bytes.size());
  for (size_t i = 0; i < n; ++i) out += bytes;
  return out;
}

std::string Filled(const std::string& bytes) { return Times(kMessageBytes / bytes.size(), bytes); }

const std::string kTooMany = ": has more than 1024 fields, unknown and repeated ones included";

std::string Any(const std::string& value) {
  return WireField(
      15, WireField(1, "type.googleapis.com/carillon.v1.SessionEvent") + WireField(2, value));
}

struct Flood {
  const char* what;
  std::string event;
  std::string error;
};

/// 4 MiB each, as small fields as there are.
std::vector<Flood> Floods() {
  std::string keys;
  for (size_t n = 0; keys.size() < kMessageBytes; ++n) {
    keys += WireField(6, WireField(1, std::to_string(n)));
  }
  const std::string attributes = "events[1].attributes: at most 32 are allowed, not ";
  return {
      {"attributes", keys, attributes + "513 or more"},
      {"empty attributes", Filled(WireField(6, "")), attributes + "1025 or more"},
      {"unknown numbers", Filled("\x78\x01"), "events[1]" + kTooMany},
      {"unknown groups", Filled("\x7B\x7C"), "events[1]" + kTooMany},
      {"unknown numbers in a group", "\x7B" + Filled("\x78\x01") + "\x7C", "events[1]" + kTooMany},
      {"a payload again and again", Filled(WireField(10, "")), "events[1]" + kTooMany},
      {"unknown numbers in a payload", WireField(10, Filled("\x78\x01")), "events[1]" + kTooMany},
      {"unknown numbers in an attribute", WireField(6, Filled("\x78\x01")), "events[1]" + kTooMany},
      {"unknown numbers in a time of a payload", WireField(11, WireField(3, Filled("\x78\x01"))),
       "events[1]" + kTooMany},
      {"unknown numbers in any", Any(Filled("\x78\x01")), "events[1].any" + kTooMany},
  };
}

TEST(Flood, IsRefusedBeforeObjectsAreMadeOfIt) {
  const std::string good = WireField(1, SessionEvent().SerializeAsString());
  for (const Flood& flood : Floods()) {
    EXPECT_EQ(ErrorOf(Decode(good + WireField(1, flood.event))), flood.error) << flood.what;
  }
}

TEST(Flood, TheBoundIsExact) {
  v1::Event event = SessionEvent();  // five fields
  for (int i = 0; i < 32; ++i) (*event.mutable_attributes())["k" + std::to_string(i)] = "v";
  const std::string bytes = event.SerializeAsString();
  const size_t own = 5 + 32 * 3;
  const std::string fixed =
      "\x7D"
      "1234";  // unknown, of four bytes
  EXPECT_EQ(ErrorOf(Decode(WireField(1, bytes + Times(kFields - own, fixed)))), "");
  EXPECT_EQ(ErrorOf(Decode(WireField(1, bytes + Times(kFields - own + 1, fixed)))),
            "events[0]" + kTooMany);
}

TEST(Flood, WhatIsMalformedIsNamedByItsByte) {
  const std::string many(5000, '\x7B');  // groups that do not end
  EXPECT_EQ(ErrorOf(Decode(WireField(1, many))), "events[0]" + kTooMany);
  const std::string text = WireField(3, std::string(5000, 't'));
  EXPECT_EQ(ErrorOf(Decode(WireField(1, text + "\x7C"))),
            "events[0]: truncated or malformed at byte " + std::to_string(text.size()));
  EXPECT_EQ(ErrorOf(Decode(WireField(1, text + "\x7B"))),
            "events[0]: truncated or malformed at byte " + std::to_string(text.size()));
  EXPECT_EQ(ErrorOf(Decode(WireField(1, text + std::string(1, '\0')))),
            "events[0]: truncated or malformed at byte " + std::to_string(text.size()));
}

}  // namespace
}  // namespace carillon::ingest
