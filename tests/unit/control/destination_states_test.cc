#include "carillon/control/destination_states.h"

#include <gmock/gmock.h>

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "control_fixtures.h"

namespace carillon::control {
namespace {

using testing::StartsWith;

class DestinationStatesTest : public ControlTest {
 protected:
  DestinationStatesTest() {
    made_ = *Create("orders", kUrl);
    states_ = std::make_unique<DestinationStates>(
        *repository_, *types_[0], *destinations_,
        [this](delivery::LaneOrder order, absl::AnyInvocable<void(absl::Status)> done) {
          if (order.released != nullptr) *order.released = released_;
          orders_.push_back(std::move(order));
          done(outcome_);
        });
  }
  absl::StatusOr<v1::Destination> Enable(const std::string& text) {
    const auto request = Made<v1::EnableDestinationRequest>(text);
    return Await<v1::Destination>([&](Methods::Done done) {
      states_->Enable(request, {.principal = "tokens/ops"}, std::move(done));
    });
  }
  absl::StatusOr<v1::Destination> Disable(const std::string& text) {
    const auto request = Made<v1::DisableDestinationRequest>(text);
    return Await<v1::Destination>([&](Methods::Done done) {
      states_->Disable(request, {.principal = "tokens/ops"}, std::move(done));
    });
  }
  absl::StatusOr<v1::Destination> Pause(const std::string& text) {
    const auto request = Made<v1::PauseDestinationRequest>(text);
    return Await<v1::Destination>([&](Methods::Done done) {
      states_->Pause(request, {.principal = "tokens/ops"}, std::move(done));
    });
  }
  absl::StatusOr<v1::Destination> Resume(const std::string& text) {
    const auto request = Made<v1::ResumeDestinationRequest>(text);
    return Await<v1::Destination>([&](Methods::Done done) {
      states_->Resume(request, {.principal = "tokens/ops"}, std::move(done));
    });
  }
  static std::string Of(const std::string& id, const std::string& more = "") {
    return "name: \"tenants/acme/destinations/" + id + "\" " + more;
  }

  v1::Destination made_;
  absl::Status outcome_;
  uint64_t released_ = 0;
  std::vector<delivery::LaneOrder> orders_;
  std::unique_ptr<DestinationStates> states_;
};

TEST_F(DestinationStatesTest, AnswersWithTheStateAndChangesNoConfiguration) {
  const int writes = store_->writes;
  const auto disabled = Disable(Of("orders"));
  ASSERT_TRUE(disabled.ok()) << disabled.status();
  EXPECT_EQ(disabled->state(), v1::Destination::DISABLED);
  EXPECT_EQ(disabled->etag(), made_.etag());
  EXPECT_EQ(disabled->revision(), made_.revision());
  EXPECT_TRUE(disabled->keys(0).secret().value().empty());
  const auto enabled = Enable(Of("orders"));
  ASSERT_TRUE(enabled.ok()) << enabled.status();
  EXPECT_EQ(enabled->state(), v1::Destination::ACTIVE);
  ASSERT_EQ(orders_.size(), 2u);
  EXPECT_EQ(orders_[0].command, delivery::LaneCommand::kDisable);
  EXPECT_EQ(orders_[1].command, delivery::LaneCommand::kEnable);
  EXPECT_EQ(orders_[0].tenant, "acme");
  EXPECT_EQ(orders_[0].name, "orders");
  EXPECT_EQ(store_->writes, writes);
}

TEST_F(DestinationStatesTest, OneOfTheFile) {
  const auto disabled = Disable(Of("in-file"));
  ASSERT_TRUE(disabled.ok()) << disabled.status();
  EXPECT_EQ(disabled->origin().kind(), v1::Origin::FILE);
  EXPECT_EQ(orders_.at(0).name, "in-file");
}

TEST_F(DestinationStatesTest, WhatTheFileDisablesStaysDisabled) {
  model::Destination off;
  off.tenant = "acme";
  off.name = "off";
  off.url = "https://203.0.113.9/hooks";
  off.enabled = false;
  file_.snapshot = resource::MakeSnapshot(2, *file_.snapshot->settings, *file_.snapshot->types,
                                          {off}, {}, nullptr);
  EXPECT_EQ(aip::ReasonOf(Enable(Of("off")).status()), v1::DISABLED_BY_FILE);
  EXPECT_TRUE(orders_.empty());
  EXPECT_TRUE(Disable(Of("off")).ok());
  // It became so a moment ago.
  outcome_ = absl::FailedPreconditionError("the configuration disables it");
  EXPECT_EQ(aip::ReasonOf(Enable(Of("orders")).status()), v1::DISABLED_BY_FILE);
}

TEST_F(DestinationStatesTest, RefusesBadInput) {
  const auto fails = [this](const std::string& text, const std::string& field) {
    EXPECT_THAT(std::string(Disable(text).status().message()), StartsWith(field + ": ")) << text;
  };
  fails("", "name");
  fails("name: \"orders\"", "name");
  fails(Of("orders", "request_id: \"?\""), "request_id");
  EXPECT_EQ(aip::ReasonOf(Disable(Of("nobody")).status()), v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(aip::ReasonOf(Disable(Of("orders", "etag: \"\\\"x\\\"\"")).status()),
            v1::ETAG_MISMATCH);
  EXPECT_TRUE(orders_.empty());
}

TEST_F(DestinationStatesTest, ValidateOnlyAsksDeliveryWhetherItCouldBeDone) {
  const auto answer = Disable(Of("orders", "validate_only: true request_id: \"r\""));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->state(), v1::Destination::DISABLED);
  ASSERT_EQ(orders_.size(), 1u);
  EXPECT_TRUE(orders_[0].only_check);
  outcome_ = absl::FailedPreconditionError("it is disabled");
  EXPECT_EQ(aip::ReasonOf(Pause(Of("orders", "validate_only: true")).status()), v1::STATE_CONFLICT);
  EXPECT_TRUE(orders_.back().only_check);
}

TEST_F(DestinationStatesTest, WhoCallsAndWhyGoToDelivery) {
  ASSERT_TRUE(Disable(Of("orders", "reason: \"left\"")).ok());
  ASSERT_TRUE(Enable(Of("orders", "reason: \"mended\"")).ok());
  ASSERT_TRUE(Pause(Of("orders", "reason: \"rest\" duration { seconds: 90 }")).ok());
  ASSERT_TRUE(Pause(Of("orders")).ok());
  ASSERT_TRUE(Resume(Of("orders", "reason: \"done\"")).ok());
  ASSERT_EQ(orders_.size(), 5u);
  EXPECT_EQ(orders_[0].reason, "left");
  EXPECT_EQ(orders_[1].reason, "mended");
  EXPECT_EQ(orders_[2].command, delivery::LaneCommand::kPause);
  EXPECT_EQ(orders_[2].reason, "rest");
  EXPECT_EQ(orders_[2].pause, std::chrono::seconds(90));
  EXPECT_FALSE(orders_[3].pause.has_value());
  EXPECT_EQ(orders_[4].command, delivery::LaneCommand::kResume);
  EXPECT_EQ(orders_[4].reason, "done");
  for (const auto& order : orders_) {
    EXPECT_EQ(order.principal, "tokens/ops");
    EXPECT_FALSE(order.only_check);
  }
}

TEST_F(DestinationStatesTest, PausedAndResumed) {
  const auto paused = Pause(Of("orders", "request_id: \"p\""));
  ASSERT_TRUE(paused.ok()) << paused.status();
  EXPECT_EQ(paused->state(), v1::Destination::PAUSED);
  EXPECT_EQ(paused->etag(), made_.etag());
  const auto resumed = Resume(Of("orders"));
  ASSERT_TRUE(resumed.ok()) << resumed.status();
  EXPECT_EQ(resumed->state(), v1::Destination::ACTIVE);
  EXPECT_EQ(Pause(Of("orders", "request_id: \"p\""))->state(), v1::Destination::PAUSED);
  EXPECT_EQ(orders_.size(), 2u) << "a repetition paused it again";
  EXPECT_EQ(Pause(Of("in-file"))->origin().kind(), v1::Origin::FILE);
  outcome_ = absl::FailedPreconditionError("it is disabled");
  EXPECT_EQ(aip::ReasonOf(Pause(Of("orders")).status()), v1::STATE_CONFLICT);
  EXPECT_EQ(aip::ReasonOf(Resume(Of("orders")).status()), v1::STATE_CONFLICT);
}

TEST_F(DestinationStatesTest, ReleasedOnceForEachRequestId) {
  const auto release = [this](const std::string& text) {
    const auto request = Made<v1::ReleaseDestinationRequest>(text);
    return Await<v1::ReleaseDestinationResponse>([&](Methods::Done done) {
      states_->Release(request, {.principal = "tokens/ops"}, std::move(done));
    });
  };
  released_ = 17;
  const auto first = release(Of("orders", "request_id: \"r\""));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->released_delivery_count(), 17);
  EXPECT_EQ(orders_.back().command, delivery::LaneCommand::kRelease);
  EXPECT_FALSE(orders_.back().ordering_key.has_value());
  released_ = 0;
  EXPECT_EQ(release(Of("orders", "request_id: \"r\""))->released_delivery_count(), 17);
  EXPECT_EQ(orders_.size(), 1u);
  EXPECT_TRUE(release(Of("in-file", "ordering_key: \"k\"")).ok());
  EXPECT_EQ(orders_.back().ordering_key, "k");
  EXPECT_EQ(aip::ReasonOf(release(Of("nobody")).status()), v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(aip::ReasonOf(release("").status()), v1::FIELD_INVALID);
  EXPECT_EQ(aip::ReasonOf(release(Of("orders", "ordering_key: \"\"")).status()), v1::FIELD_INVALID);
  EXPECT_EQ(aip::ReasonOf(
                release(Of("orders", "ordering_key: \"" + std::string(257, 'k') + "\"")).status()),
            v1::FIELD_INVALID);
  EXPECT_EQ(orders_.size(), 2u);
  outcome_ = absl::UnavailableError("it ended");
  EXPECT_EQ(aip::ReasonOf(release(Of("orders")).status()), v1::STORE_UNAVAILABLE);
}

TEST_F(DestinationStatesTest, WrongPausesAreRefused) {
  for (const char* duration :
       {"seconds: 0", "seconds: -5", "nanos: 999999999", "nanos: -1", "seconds: 2592001",
        "seconds: 2592000 nanos: 1", "seconds: 9223372036854775807"}) {
    const auto answer = Pause(Of("orders", std::string("duration { ") + duration + " }"));
    EXPECT_THAT(std::string(answer.status().message()), StartsWith("duration: ")) << duration;
  }
  EXPECT_TRUE(orders_.empty());
  EXPECT_TRUE(Pause(Of("orders", "duration { seconds: 1 }")).ok());
  EXPECT_TRUE(Pause(Of("orders", "duration { seconds: 2592000 }")).ok());
  const std::string most(DestinationStates::kMaxReasonBytes, 'x');
  EXPECT_TRUE(Pause(Of("orders", "reason: \"" + most + "\"")).ok());
  EXPECT_THAT(std::string(Pause(Of("orders", "reason: \"x" + most + "\"")).status().message()),
              StartsWith("reason: "));
  EXPECT_EQ(aip::ReasonOf(Pause(Of("nobody")).status()), v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(aip::ReasonOf(Resume(Of("orders", "etag: \"\\\"x\\\"\"")).status()), v1::ETAG_MISMATCH);
}

TEST_F(DestinationStatesTest, ARepetitionHasNoFurtherEffect) {
  const auto first = Disable(Of("orders", "request_id: \"r\""));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_TRUE(Enable(Of("orders")).ok());
  const auto again = Disable(Of("orders", "request_id: \"r\""));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(again->etag(), made_.etag());
  EXPECT_EQ(orders_.size(), 2u) << "it was done twice";
}

TEST_F(DestinationStatesTest, WhatMayNotBeDurableIsAnError) {
  outcome_ = absl::UnavailableError("the store took no more");
  EXPECT_EQ(aip::ReasonOf(Disable(Of("orders", "request_id: \"r\"")).status()),
            v1::STORE_UNAVAILABLE);
  outcome_ = absl::OkStatus();
  EXPECT_TRUE(Disable(Of("orders", "request_id: \"r\"")).ok()) << "an error was remembered";
  EXPECT_EQ(orders_.size(), 2u);
}

}  // namespace
}  // namespace carillon::control
