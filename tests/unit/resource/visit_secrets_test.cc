#include "carillon/resource/visit_secrets.h"

#include <gmock/gmock.h>

#include <vector>

#include "carillon/v1/destination.pb.h"

namespace carillon::resource {
namespace {

using testing::ElementsAre;

v1::Destination WithSecrets() {
  v1::Destination destination;
  destination.add_keys();
  destination.add_keys()->mutable_secret()->set_value("k");
  destination.add_headers()->mutable_secret()->set_value("h");
  (*destination.mutable_labels())["a"] = "b";
  return destination;
}

TEST(VisitSecrets, EachWithItsPath) {
  v1::Destination destination = WithSecrets();
  std::vector<std::string> seen;
  ASSERT_TRUE(VisitSecrets(destination, [&](v1::Secret& secret, const std::string& path) {
                seen.push_back(path + "=" + secret.value());
                secret.set_value("changed");
                return absl::OkStatus();
              }).ok());
  EXPECT_THAT(seen, testing::UnorderedElementsAre("keys[1].secret=k", "headers[0].secret=h"));
  EXPECT_EQ(destination.keys(1).secret().value(), "changed");
}

TEST(VisitSecrets, UntilOneFails) {
  v1::Destination destination = WithSecrets();
  int seen = 0;
  const absl::Status status = VisitSecrets(destination, [&](v1::Secret&, const std::string&) {
    ++seen;
    return absl::InvalidArgumentError("no");
  });
  EXPECT_EQ(status.message(), "no");
  EXPECT_EQ(seen, 1);
}

TEST(VisitSecrets, ASecretItself) {
  v1::Secret secret;
  std::vector<std::string> seen;
  ASSERT_TRUE(VisitSecrets(secret, [&](v1::Secret&, const std::string& path) {
                seen.push_back(path);
                return absl::OkStatus();
              }).ok());
  EXPECT_THAT(seen, ElementsAre(""));
}

}  // namespace
}  // namespace carillon::resource
