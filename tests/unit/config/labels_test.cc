// Labels, annotations, and what people call a resource.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "fixtures.h"

namespace carillon::config {
namespace {

using testing::ElementsAre;
using testing::Pair;
using testing::StartsWith;

TEST(Labels, AreSortedByTheirKeys) {
  const Config config =
      Parsed(WithDestination("labels: {b: x, a: '', c: }, annotations: {n: 'any text'}"));
  ASSERT_EQ(config.destinations.size(), 1u);
  EXPECT_THAT(config.destinations[0].labels, ElementsAre(Pair("a", ""), Pair("b", "x")));
  EXPECT_THAT(config.destinations[0].annotations, ElementsAre(Pair("n", "any text")));
}

TEST(Labels, KeysAndValuesAreThoseOfKubernetes) {
  const auto refusal = [](const std::string& entry) {
    return Refusal(WithDestination("labels: {" + entry + "}"));
  };
  const std::string name63(63, 'n');
  for (const std::string& good :
       {std::string("a: b"), std::string("A_b.c-9: X_y.z-0"), name63 + ": " + name63,
        std::string("a.b-c.d/e: f"), std::string("1/2: '3'")}) {
    EXPECT_EQ(refusal(good), "") << good;
  }
  for (const std::string& bad :
       {std::string("'': b"), std::string("-a: b"), std::string("a-: b"), std::string("'a b': c"),
        name63 + "n: b", std::string("a/b/c: d"), std::string("/a: b"), std::string("a/: b"),
        std::string("A/b: c"), std::string("a..b/c: d"), std::string("a-.b/c: d"),
        std::string("-a/b: c"), std::string(254, 'p') + "/a: b"}) {
    EXPECT_THAT(refusal(bad), StartsWith("destinations[0].labels: must have keys of 1-63")) << bad;
  }
  for (const std::string& bad : {std::string("a: '-b'"), std::string("a: 'b.'"),
                                 std::string("a: 'b c'"), "a: " + name63 + "n"}) {
    EXPECT_THAT(refusal(bad), StartsWith("destinations[0].labels.a: must be empty, or 1-63"))
        << bad;
  }
  EXPECT_EQ(refusal("a: [b]"), "destinations[0].labels.a: must be a string");
  EXPECT_EQ(refusal("a: b, a: c"), "destinations[0].labels.a: stands here twice");
  EXPECT_EQ(Refusal(WithDestination("labels: [a]")),
            "destinations[0].labels: must be a mapping of names to values");
}

TEST(Labels, Bounds) {
  const auto of = [](int count, const std::string& value) {
    std::string entries = "k0: '" + value + "'";
    for (int i = 1; i < count; ++i) entries += ", k" + std::to_string(i) + ": ''";
    return "{" + entries + "}";
  };
  const auto with = [](const std::string& members) { return Refusal(WithDestination(members)); };
  EXPECT_EQ(with("labels: " + of(32, "")), "");
  EXPECT_EQ(with("labels: " + of(33, "")), "destinations[0].labels: must be at most 32");
  EXPECT_EQ(with("annotations: " + of(33, "")), "destinations[0].annotations: must be at most 32");
  EXPECT_EQ(with("annotations: " + of(1, std::string(16 * 1024 - 2, 'x'))), "");
  EXPECT_EQ(with("annotations: " + of(1, std::string(16 * 1024 - 1, 'x'))),
            "destinations[0].annotations: must be at most 16 KiB in all");
  EXPECT_EQ(with("display_name: '" + std::string(128, 'x') + "'"), "");
  EXPECT_EQ(with("display_name: '" + std::string(129, 'x') + "'"),
            "destinations[0].display_name: must be at most 128 bytes");
}

TEST(Answers, WhatOnlyTheyHaveIsToBeDeletedFromAFile) {
  for (const char* member :
       {"uid: x", "etag: x", "create_time: 2027-01-01T00:00:00Z", "updateTime: x", "revision: 1",
        "origin: {kind: FILE}", "state: ACTIVE"}) {
    EXPECT_THAT(Refusal(WithDestination(member)),
                testing::EndsWith(": stands in answers only; delete it here"))
        << member;
  }
  EXPECT_EQ(Refusal(WithDestination("disabled: true")), "");
  EXPECT_THAT(Refusal(WithDestination("nosuch: 1")), testing::Not(testing::HasSubstr("uid")));
}

TEST(Keys, TheAlgorithmAgreesWithTheSecret) {
  const auto with = [](const std::string& algorithm) {
    return Refusal(WithDestination(std::string("keys: [{name: k, secret: ") + kSecret +
                                   ", algorithm: " + algorithm + "}]"));
  };
  EXPECT_EQ(with("hmac_sha256"), "");
  EXPECT_EQ(with("HMAC_SHA256"), "");
  EXPECT_EQ(with("ed25519"), "destinations[0].keys[0].algorithm: needs a whsk_ secret");
  EXPECT_THAT(with("sha256"), StartsWith("destinations[0].keys[0].algorithm: must be one of "
                                         "hmac_sha256, ed25519"));
}

}  // namespace
}  // namespace carillon::config
