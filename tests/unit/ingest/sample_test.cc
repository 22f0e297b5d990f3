#include "carillon/ingest/sample.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "carillon/model/built_in.h"
#include "carillon/model/operational.h"
#include "carillon/v1/event.pb.h"

namespace carillon::ingest {
namespace {

constexpr base::WallTime kSampledAt{std::chrono::seconds(1'700'000'000)};

std::string MessageOf(std::string_view type) {
  for (const model::PayloadFamily& family : model::kPayloadFamilies) {
    for (const std::string_view verb : family.verbs) {
      if (std::string(family.prefix) + std::string(verb) == type)
        return std::string(family.message);
    }
  }
  return "";
}

TEST(SampleEventTest, OfEveryBuiltInTypeItHasEveryMember) {
  base::SeededRandom random(1);
  std::set<std::string> ids;
  for (const std::string& type : model::BuiltInTypes()) {
    const auto event = SampleEvent(type, "acme", kSampledAt, random);
    ASSERT_NE(event, nullptr) << type;
    EXPECT_EQ(event->type(), type);
    EXPECT_EQ(event->tenant(), "acme");
    EXPECT_EQ(event->occurred_at(), kSampledAt);
    EXPECT_TRUE(event->id().starts_with("test_")) << event->id();
    EXPECT_TRUE(ids.insert(std::string(event->id())).second) << type;
    EXPECT_FALSE(event->ordering_key().empty()) << type;
    const auto json = nlohmann::json::parse(event->payload());
    if (model::IsOperational(type)) continue;
    const auto* message = google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(
        "carillon.v1." + MessageOf(type));
    ASSERT_NE(message, nullptr) << type;
    for (int i = 0; i < message->field_count(); ++i) {
      const std::string& member = message->field(i)->name();
      ASSERT_TRUE(json.contains(member)) << type << ": " << member;
      EXPECT_TRUE(json[member] != "" && json[member] != 0) << type << ": " << member;
    }
  }
}

TEST(SampleEventTest, NobodyKnowsThePayloadOfOtherTypes) {
  base::SeededRandom random(1);
  for (const char* const type : {"order.paid", "session.", "session.open", "list", ""}) {
    EXPECT_EQ(SampleEvent(type, "acme", kSampledAt, random), nullptr) << type;
  }
}

}  // namespace
}  // namespace carillon::ingest
