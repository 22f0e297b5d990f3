#include "facts_codec.h"

#include <gtest/gtest.h>

#include "codec.h"

namespace carillon::deliverylog {
namespace {

model::AttemptFacts SomeFacts() {
  model::AttemptFacts facts;
  facts.certificate = model::CertificateFacts{.not_after = -1,
                                              .subject = "CN=a",
                                              .issuer = "CN=b",
                                              .names = {"a.example", "b.example"},
                                              .verify_error = "certificate has expired"};
  facts.lookup = {"a.example", "NXDOMAIN"};
  facts.block = {"10.0.0.1", "10.0.0.0/8, private use"};
  facts.bound = {model::Bound::kConnectTimeout, 5000};
  facts.retry_after = std::chrono::seconds(30);
  facts.redirect_url = "https://b.example/";
  return facts;
}

std::string Put(const model::AttemptFacts& facts) {
  std::string bytes;
  PutFacts(bytes, facts);
  return bytes;
}

TEST(FactsCodec, AreReadAsTheyWerePut) {
  const std::string bytes = Put(SomeFacts());
  EXPECT_LE(bytes.size(), FactsBytes(SomeFacts()));
  EXPECT_EQ(ReadFacts(bytes), SomeFacts());
}

TEST(FactsCodec, NoneTakeNothing) {
  EXPECT_EQ(Put({}), "");
  EXPECT_EQ(FactsBytes({}), 0u);
  EXPECT_EQ(ReadFacts(""), model::AttemptFacts());
}

TEST(FactsCodec, CutOnesAreNone) {
  const std::string bytes = Put(SomeFacts());
  size_t whole = 0;  // it was cut between two fields
  for (size_t size = 1; size < bytes.size(); ++size) {
    if (ReadFacts(std::string_view(bytes).substr(0, size))) ++whole;
  }
  EXPECT_EQ(whole, 5u);
}

// What a later version writes.
TEST(FactsCodec, UnknownFieldsArePassedOver) {
  model::AttemptFacts known;
  known.redirect_url = "https://b.example/";
  std::string bytes(
      "\x63\x03\x00\x00\x00"
      "abc",
      8);
  bytes += Put(known);
  EXPECT_EQ(ReadFacts(bytes), known);
}

// The bytes that earlier versions wrote of a detail: without facts.
TEST(FactsCodec, ADetailWithoutFactsIsAsItAlwaysWas) {
  Detail detail{.peer = "127.0.0.1:80", .error = "no"};
  std::string before;
  PutDetail(before, detail);
  EXPECT_EQ(before.size(), 5 * 8 + 8 + 1 + 6 * 4 + detail.peer.size() + detail.error.size());
  EXPECT_EQ(ReadDetail(before), detail);
  detail.facts = SomeFacts();
  std::string after;
  PutDetail(after, detail);
  EXPECT_TRUE(after.starts_with(before));
  EXPECT_EQ(ReadDetail(after), detail);
}

}  // namespace
}  // namespace carillon::deliverylog
