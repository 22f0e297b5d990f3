#include "carillon/config/resource_documents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "carillon/v1/destination.pb.h"

namespace carillon::config {
namespace {

using testing::HasSubstr;

std::string ErrorOf(const std::string& text) {
  return std::string(ReadResources(text, "acme").status().message());
}

TEST(ReadResources, OfEachForm) {
  const auto read = ReadResources(
      "destinations:\n  - {name: a, url: 'http://a'}\n"
      "---\n"
      "name: tenants/bell/subscriptions/s\ntypes: [x]\n"
      "---\n"
      "# nothing\n"
      "---\n"
      R"({"destinations": [{"name": "tenants/acme/destinations/b", "uid": "u"}], "totalSize": 1})",
      "acme");
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->size(), 3u);
  EXPECT_EQ(static_cast<const v1::Destination&>(*read->at(0)).name(),
            "tenants/acme/destinations/a");
  EXPECT_EQ(static_cast<const v1::Subscription&>(*read->at(1)).types(0), "x");
  EXPECT_EQ(static_cast<const v1::Destination&>(*read->at(2)).uid(), "u");
  EXPECT_TRUE(ReadResources("", "acme")->empty());
}

TEST(ReadResources, KeysAreNamedAfterTheirDestination) {
  const auto read = ReadResources("name: tenants/t/destinations/d\nkeys: [{name: k}]\n", "acme");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(static_cast<const v1::Destination&>(*read->front()).keys(0).name(),
            "tenants/t/destinations/d/keys/k");
}

TEST(ReadResources, MistakesSayWhereAndWhatThereIs) {
  EXPECT_THAT(ErrorOf("server: {}"),
              HasSubstr("server: is not applied; there are event_types, destinations"));
  EXPECT_THAT(ErrorOf("destinationz: []"), HasSubstr("did you mean 'destinations'"));
  EXPECT_THAT(ErrorOf("[a]"), HasSubstr("must be a mapping"));
  EXPECT_THAT(ErrorOf("name: orders\nurl: a"), HasSubstr("must be a whole name"));
  EXPECT_THAT(ErrorOf("a: 1\n---\nb: 1"), HasSubstr("document 1: a: is not applied"));
  EXPECT_THAT(ErrorOf("destinations: []\n---\ndestinations: [{nam: a}]"),
              HasSubstr("document 2: destinations[0].nam: unknown member"));
  EXPECT_THAT(ErrorOf("a: ["), HasSubstr("line"));
}

}  // namespace
}  // namespace carillon::config
