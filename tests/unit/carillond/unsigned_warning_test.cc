// Whose requests are not signed, without having said so: told once of each change.

#include "unsigned_warning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "carillon/base/clock.h"

namespace carillon::server {
namespace {

using testing::HasSubstr;

model::Destination Without(const std::string& name, bool said = false) {
  model::Destination destination;
  destination.tenant = "t";
  destination.name = name;
  destination.unsigned_requests = said;
  return destination;
}

class UnsignedWarningTest : public testing::Test {
 protected:
  /// What a change to these makes it say.
  std::string Take(std::vector<model::Destination> destinations) {
    out_.str("");
    const auto next =
        resource::MakeSnapshot(++revision_, {}, {}, std::move(destinations), {}, before_.get());
    WarnOfUnsigned(resource::Compare(*before_, *next), *logger_);
    before_ = next;
    return out_.str();
  }

  const base::SystemClock clock_;
  std::ostringstream out_;
  std::unique_ptr<log::Logger> logger_ = log::Logger::Create(out_, log::Level::kInfo, clock_);
  uint64_t revision_ = 0;
  resource::SnapshotPtr before_ = std::make_shared<const resource::Snapshot>();
};

TEST_F(UnsignedWarningTest, OneLineForAllThatCome) {
  model::Destination with_key = Without("signed");
  with_key.keys.push_back({.name = "first"});
  const std::string said = Take({Without("a"), Without("b"), Without("meant", true), with_key});
  EXPECT_THAT(said, HasSubstr("\"destinations\":2"));
  EXPECT_EQ(std::ranges::count(said, '\n'), 1);
}

TEST_F(UnsignedWarningTest, WhatStaysAndWhatIsMeantIsNotToldOf) {
  EXPECT_EQ(Take({Without("meant", true)}), "");
  EXPECT_THAT(Take({Without("meant", true), Without("a")}), HasSubstr("\"destination\":\"a\""));
  EXPECT_EQ(Take({Without("a")}), "");
  EXPECT_EQ(Take({Without("a", true)}), "");
  EXPECT_THAT(Take({Without("a")}), HasSubstr("unsigned_requests"));
}

}  // namespace
}  // namespace carillon::server
