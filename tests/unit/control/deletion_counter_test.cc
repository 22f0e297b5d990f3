#include "carillon/control/deletion_counter.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "carillon/v1/destination_service.pb.h"
#include "control_fixtures.h"

namespace carillon::control {
namespace {

class DeletionCounterTest : public ControlTest {
 protected:
  absl::StatusOr<v1::DeleteDestinationResponse> Ask(absl::StatusOr<Answer> of_method) {
    absl::StatusOr<v1::DeleteDestinationResponse> told = absl::UnknownError("no answer");
    counter_.Then(kOrders, [&told](absl::StatusOr<Answer> answer) {
      if (!answer.ok()) {
        told = answer.status();
      } else {
        told = static_cast<const v1::DeleteDestinationResponse&>(**answer);
      }
    })(std::move(of_method));
    return told;
  }
  static Answer WithSubscription() {
    auto answer = std::make_unique<v1::DeleteDestinationResponse>();
    answer->add_changed_subscriptions("tenants/acme/subscriptions/all");
    return answer;
  }

  std::optional<model::Pending> has_;
  bool hold_ = false;
  absl::AnyInvocable<void(std::optional<model::Pending>)> held_;
  std::vector<std::string> asked_;
  DeletionCounter counter_{*types_[0],
                           [this](const store::LaneName& name,
                                  absl::AnyInvocable<void(std::optional<model::Pending>)> done) {
                             asked_.push_back(name.tenant + "/" + name.name);
                             if (hold_) {
                               held_ = std::move(done);
                             } else {
                               done(has_);
                             }
                           }};
};

TEST_F(DeletionCounterTest, WhatWaitsAndWhatIsUnderWay) {
  has_ = model::Pending{.parked = 10, .in_memory = 3, .in_flight = 2, .behind = 100};
  const auto told = Ask(WithSubscription());
  ASSERT_TRUE(told.ok()) << told.status();
  EXPECT_EQ(told->abandoned_delivery_count(), 115);
  EXPECT_EQ(told->untried_delivery_count(), 103);
  EXPECT_FALSE(told->uncounted());
  EXPECT_EQ(told->changed_subscriptions_size(), 1);
  EXPECT_EQ(asked_, std::vector<std::string>{"acme/orders"});
}

TEST_F(DeletionCounterTest, WhatIsNotCountedIsSaid) {
  has_ = model::Pending{.parked = 10, .behind = std::nullopt};
  EXPECT_EQ(Ask(WithSubscription())->abandoned_delivery_count(), 10);
  EXPECT_TRUE(Ask(WithSubscription())->uncounted());
  has_.reset();
  EXPECT_TRUE(Ask(WithSubscription())->uncounted());
  EXPECT_EQ(Ask(WithSubscription())->abandoned_delivery_count(), 0);
}

TEST_F(DeletionCounterTest, AnErrorIsNotCountedFor) {
  EXPECT_EQ(Ask(absl::NotFoundError("nobody")).status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(asked_.empty());
}

TEST_F(DeletionCounterTest, OneAtATime) {
  hold_ = true;
  int answered = 0;
  counter_.Then(kOrders, [&answered](const auto&) { ++answered; })(WithSubscription());
  const auto meanwhile = Ask(WithSubscription());
  ASSERT_TRUE(meanwhile.ok());
  EXPECT_TRUE(meanwhile->uncounted());
  EXPECT_EQ(asked_.size(), 1u);
  held_(model::Pending{});
  EXPECT_EQ(answered, 1);
  hold_ = false;
  has_ = model::Pending{};
  EXPECT_FALSE(Ask(WithSubscription())->uncounted());
}

}  // namespace
}  // namespace carillon::control
