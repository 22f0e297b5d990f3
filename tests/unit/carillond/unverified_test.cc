// Whose TLS verification is off: counted, and told when it comes.

#include "unverified.h"

#include <gtest/gtest.h>

#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/log/log.h"

namespace carillon::server {
namespace {

class UnverifiedTest : public testing::Test {
 protected:
  static model::Destination At(const std::string& name, bool verify) {
    model::Destination destination;
    destination.tenant = "t";
    destination.name = name;
    destination.tls.verify = verify;
    return destination;
  }
  /// Puts these in force; returns the lines it took.
  std::vector<std::string> Take(std::vector<model::Destination> destinations) {
    out_.str("");
    const auto next =
        resource::MakeSnapshot(++revision_, {}, {}, std::move(destinations), {}, before_.get());
    unverified_.Take(resource::Compare(*before_, *next));
    before_ = next;
    std::istringstream text(out_.str());
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
  }

  const base::SystemClock clock_;
  std::ostringstream out_;
  std::unique_ptr<log::Logger> logger_ = log::Logger::Create(out_, log::Level::kInfo, clock_);
  Unverified unverified_{*logger_};
  uint64_t revision_ = 0;
  resource::SnapshotPtr before_ = std::make_shared<const resource::Snapshot>();
};

TEST_F(UnverifiedTest, WhoComesIsToldOnceAndCounted) {
  EXPECT_EQ(Take({At("a", false), At("b", true)}).size(), 1u);
  EXPECT_EQ(unverified_.destinations(), 1u);
  // Neither the same again, nor another that is verified, is told of.
  EXPECT_TRUE(Take({At("a", false), At("b", true), At("c", true)}).empty());
  EXPECT_EQ(unverified_.destinations(), 1u);
  const auto lines = Take({At("a", true), At("b", false)});
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("\"destination\":\"b\""), std::string::npos) << lines[0];
  EXPECT_EQ(unverified_.destinations(), 1u);
  EXPECT_TRUE(Take({}).empty());
  EXPECT_EQ(unverified_.destinations(), 0u);
}

TEST_F(UnverifiedTest, AHundredLinesAreEnough) {
  std::vector<model::Destination> many;
  for (int i = 0; i < 150; ++i) many.push_back(At("d" + std::to_string(i), false));
  const auto lines = Take(many);
  ASSERT_EQ(lines.size(), 101u);
  EXPECT_NE(lines.back().find("\"more\":50"), std::string::npos) << lines.back();
  EXPECT_EQ(unverified_.destinations(), 150u);
}

}  // namespace
}  // namespace carillon::server
