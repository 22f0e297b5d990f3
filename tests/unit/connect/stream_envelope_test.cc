#include "stream_envelope.h"

#include <gtest/gtest.h>

namespace carillon::connect {
namespace {

using namespace std::string_literals;

TEST(EnvelopeTest, AsItIsOnTheWire) {
  EXPECT_EQ(WriteEnvelope({Envelope::kEndOfStream, "{}"}), "\2\0\0\0\2{}"s);
  EXPECT_EQ(WriteEnvelope({0, std::string(258, 'x')}).substr(0, 6), "\0\0\0\1\2x"s);
}

TEST(EnvelopeTest, ThereAndBack) {
  const std::string bytes = WriteEnvelope({Envelope::kCompressed, "message"});
  const auto envelope = ReadEnvelope(bytes);
  ASSERT_TRUE(envelope.ok());
  EXPECT_EQ(envelope->flags, Envelope::kCompressed);
  EXPECT_EQ(envelope->message, "message");
  EXPECT_EQ(ReadEnvelope("\0\0\0\0\0"s)->message, "");
}

TEST(EnvelopeTest, WhatIsNotOne) {
  for (const std::string& bytes :
       {""s, "{}"s, "\0\0\0\0"s, "\0\0\0\0\3{}"s, "\0\0\0\0\1{}"s, "\0\xff\xff\xff\xff{}"s,
        "\2\0\0\0\2{}"s, "\4\0\0\0\2{}"s, "\0\0\0\0\2{}\0\0\0\0\2{}"s}) {
    EXPECT_EQ(ReadEnvelope(bytes).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace carillon::connect
