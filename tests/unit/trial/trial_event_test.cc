#include "carillon/trial/trial_event.h"

#include <gmock/gmock.h>

#include "carillon/aip/error.h"
#include "carillon/model/built_in.h"
#include "google/rpc/error_details.pb.h"

namespace carillon::trial {
namespace {

class TrialEventTest : public testing::Test {
 protected:
  TrialEventTest() {
    types_.push_back("order.paid");
    types_.push_back("order.sent");
    schema::EventType sent{.name = "order.sent"};
    sent.sample = "{\"a\":1}";
    catalog_ = ingest::Catalog(types_, {std::make_shared<const schema::EventType>(sent)});
  }
  absl::StatusOr<model::EventPtr> Make(const v1::Event& event) {
    return MakeTrialEvent(event, "acme", catalog_, now_, random_);
  }
  absl::StatusOr<model::EventPtr> Sample(std::string_view type) {
    return MakeSample(type, "acme", catalog_, now_, random_);
  }
  /// Of the only violation: its field and reason.
  static std::string Violation(const absl::Status& status) {
    google::rpc::BadRequest details;
    EXPECT_TRUE(aip::GetDetail(status, details)) << status;
    if (details.field_violations_size() != 1) return "";
    return details.field_violations(0).field() + " " + details.field_violations(0).reason();
  }

  std::vector<std::string> types_ = model::BuiltInTypes();
  ingest::Catalog catalog_;
  const base::WallTime now_{std::chrono::seconds(1'700'000'000)};
  base::SeededRandom random_{1};
};

TEST_F(TrialEventTest, ASampleIsOfTheCatalog) {
  for (const char* const name : {"session.create", "eventTypes/session.create"}) {
    const auto event = Sample(name);
    ASSERT_TRUE(event.ok()) << event.status();
    EXPECT_EQ((*event)->type(), "session.create");
    EXPECT_EQ((*event)->tenant(), "acme");
  }
  EXPECT_EQ(Violation(Sample("no.such").status()), "event_type NOT_IN_CATALOG");
  EXPECT_EQ(Violation(Sample("order.paid").status()), "event_type NO_SAMPLE");
  const auto registered = Sample("eventTypes/order.sent");
  ASSERT_TRUE(registered.ok()) << registered.status();
  EXPECT_EQ((*registered)->payload(), "{\"a\":1}");
}

TEST_F(TrialEventTest, AnEventIsTakenAsAPublishersIs) {
  v1::Event event;
  event.set_tenant("acme");
  event.set_type("order.paid");
  event.set_json("{ \"a\" : 1 }");
  const auto made = Make(event);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ((*made)->payload(), "{\"a\":1}");
  EXPECT_FALSE((*made)->id().empty());

  event.mutable_session()->set_action("create");
  event.clear_type();
  EXPECT_EQ(Violation(Make(event).status()), "event.session.uuid INVALID");
  event.clear_payload();
  event.set_json("{}");
  event.set_type("no.such");
  EXPECT_EQ(Violation(Make(event).status()), "event.type INVALID");
}

TEST_F(TrialEventTest, AnEventOfAnotherTenantIsRefused) {
  v1::Event event;
  event.set_type("order.paid");
  event.set_json("1");
  EXPECT_EQ(Violation(Make(event).status()), "event.tenant CONFLICT");
  event.set_tenant("other");
  EXPECT_EQ(Violation(Make(event).status()), "event.tenant CONFLICT");
}

}  // namespace
}  // namespace carillon::trial
