// On which lines of the file its resources are.

#include <gtest/gtest.h>

#include "carillon/config/config_file.h"
#include "fixtures.h"

namespace carillon::config {
namespace {

TEST(ResourceLines, EachHasTheLineOnWhichItBegins) {
  const auto config = ParseConfig(R"(
tenants:
  - name: tenants/acme
destinations:
  - {name: a, url: "https://example.com/a"}

  - url: https://example.com/b
    name: tenants/acme/destinations/b
    keys:
      # two of them
      - name: first
        secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
      -
        name: second
        secret: whsec_AfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
subscriptions:
- name: all
  types: ["*"]
  destinations: [a]
event_types:
  - name: order.paid
)");
  ASSERT_TRUE(config.ok()) << config.status();
  const ResourceLines& lines = *config->lines;
  EXPECT_EQ(lines.Of("tenants/acme"), 3u);
  EXPECT_EQ(lines.Of("tenants/default/destinations/a"), 5u);
  EXPECT_EQ(lines.Of("tenants/acme/destinations/b"), 7u);
  EXPECT_EQ(lines.Of("tenants/acme/destinations/b/keys/first"), 11u);
  EXPECT_EQ(lines.Of("tenants/acme/destinations/b/keys/second"), 14u);
  EXPECT_EQ(lines.Of("tenants/default/subscriptions/all"), 17u);
  EXPECT_EQ(lines.Of("eventTypes/order.paid"), 21u);
  EXPECT_EQ(lines.Of("tenants/default/destinations/b"), std::nullopt);
}

TEST(ResourceLines, AFileWithoutResourcesHasNone) {
  const auto config = ParseConfig("");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->lines->Of(""), std::nullopt);
}

}  // namespace
}  // namespace carillon::config
