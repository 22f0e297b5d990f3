// The samples of operational events look as the events do.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "carillon/ingest/sample.h"
#include "operational_events.h"

namespace carillon::delivery {
namespace {

std::vector<std::string> Members(std::string_view payload) {
  std::vector<std::string> members;
  const auto json = nlohmann::ordered_json::parse(payload);
  for (const auto& [name, value] : json.items()) members.push_back(name + value.type_name());
  return members;
}

TEST(OperationalSampleTest, ASampleHasTheMembersOfTheEvent) {
  constexpr base::WallTime kNow{std::chrono::seconds(1'700'000'000)};
  base::SeededRandom random(1);
  model::Destination destination;
  destination.tenant = "acme";
  destination.name = "orders";
  const store::Health health{
      .failing_since = kNow, .disabled = model::DisabledReason::kFailing, .disabled_at = kNow};
  const auto event =
      model::Event::Create({.id = "e", .type = "a", .tenant = "acme", .payload = "1"});
  for (const auto& real :
       {DestinationDisabled(destination, health, random),
        DestinationRecovered(destination, Recovery::kBreakerClosed, kNow, random),
        DeliveryDead(destination, *event, 5, model::Outcome::kHttp5xx, kNow, random)}) {
    const auto sample = ingest::SampleEvent(real->type(), "acme", kNow, random);
    ASSERT_NE(sample, nullptr) << real->type();
    EXPECT_EQ(Members(sample->payload()), Members(real->payload())) << real->type();
  }
}

}  // namespace
}  // namespace carillon::delivery
