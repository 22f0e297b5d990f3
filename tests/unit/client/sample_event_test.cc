#include "carillon/client/sample_event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carillon/model/built_in.h"

namespace carillon::client {
namespace {

TEST(MakeSample, OfEachBuiltInTypeThePayloadIsItsMessage) {
  for (const model::PayloadFamily& family : model::kPayloadFamilies) {
    for (const std::string_view verb : family.verbs) {
      const std::string type = std::string(family.prefix) + std::string(verb);
      const v1::Event event = MakeSample(type);
      EXPECT_EQ(event.type(), type);
      EXPECT_NE(event.payload_case(), v1::Event::kJson) << type;
      EXPECT_NE(event.payload_case(), v1::Event::PAYLOAD_NOT_SET) << type;
    }
  }
}

TEST(MakeSample, MembersAreSet) {
  const v1::SessionEvent session = MakeSample("session.delete").session();
  EXPECT_EQ(session.action(), "delete");
  EXPECT_EQ(session.location(), "<location>");
  EXPECT_EQ(session.customerid(), 9007199254740993);
  const v1::SyncRunCompleted run = MakeSample("sync.run.completed").sync_run_completed();
  EXPECT_TRUE(run.success());
  EXPECT_TRUE(run.has_ended_at());
  EXPECT_EQ(run.error(), "");
}

TEST(MakeSample, OtherTypesHaveJson) {
  EXPECT_EQ(MakeSample("order.paid").json(), "{\"sample\":true}");
  EXPECT_EQ(MakeSample("session.bell").json(), "{\"sample\":true}");
  EXPECT_EQ(MakeSample("session.create", "[1]").json(), "[1]");
}

}  // namespace
}  // namespace carillon::client
