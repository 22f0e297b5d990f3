// The keys under which secrets of the API are stored, and that no error repeats one.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "fixtures.h"

namespace carillon::config {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string kOnes(64, '1');
const std::string kTwos(64, '2');

TEST(MasterKeys, ThereAreNoneUnlessTheyAreGiven) {
  EXPECT_TRUE(Parsed("{}").master_keys.empty());
  EXPECT_TRUE(Parsed("secrets: {}").master_keys.empty());
}

TEST(MasterKeys, ComeFromTheTextAFileOrAVariable) {
  const std::string id = Parsed("secrets: {master_key: " + kOnes + "}").master_keys.current().id();
  const auto file = TestFolder() / "master";
  WriteText(file, kOnes + "\n");
  EXPECT_EQ(
      Parsed("secrets: {master_key: {file: " + file.string() + "}}").master_keys.current().id(),
      id);
  ::setenv("CARILLON_TEST_MASTER", kOnes.c_str(), 1);
  EXPECT_EQ(Parsed("secrets: {master_key: {env: CARILLON_TEST_MASTER}}").master_keys.current().id(),
            id);
  ::unsetenv("CARILLON_TEST_MASTER");
}

TEST(MasterKeys, TheOneBeforeStillOpens) {
  const auto keys =
      Parsed("secrets: {master_key: " + kTwos + ", previous_master_key: " + kOnes + "}")
          .master_keys;
  const auto before = Parsed("secrets: {master_key: " + kOnes + "}").master_keys;
  EXPECT_NE(keys.current().id(), before.current().id());
  EXPECT_NE(keys.Find(before.current().id()), nullptr);
}

TEST(MasterKeys, WhatIsNoneIsRefusedAndNotRepeated) {
  const std::string refusal = Refusal("secrets: {master_key: too-short-a-key}");
  EXPECT_THAT(refusal, StartsWith("secrets.master_key: a master key is 32 random bytes"));
  EXPECT_THAT(refusal, HasSubstr("openssl rand -base64 32"));
  EXPECT_THAT(refusal, Not(HasSubstr("too-short")));
  EXPECT_THAT(Refusal("secrets: {master_key: {env: CARILLON_TEST_UNSET}}"),
              HasSubstr("names a variable that is not set: CARILLON_TEST_UNSET"));
}

TEST(MasterKeys, TheOneBeforeIsAnotherOne) {
  EXPECT_THAT(Refusal("secrets: {previous_master_key: " + kOnes + "}"),
              StartsWith("secrets.previous_master_key: needs a master_key"));
  EXPECT_THAT(Refusal("secrets: {master_key: " + kOnes + ", previous_master_key: " + kOnes + "}"),
              StartsWith("secrets.previous_master_key: is the same as master_key"));
}

}  // namespace
}  // namespace carillon::config
