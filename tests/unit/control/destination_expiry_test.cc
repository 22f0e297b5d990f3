#include "carillon/control/destination_expiry.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "carillon/control/audit_methods.h"
#include "control_fixtures.h"

namespace carillon::control {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int64_t kNow = 1'700'000'000;  // of the simulated clock

class DestinationExpiryTest : public ControlTest {
 protected:
  absl::StatusOr<v1::Destination> CreateUntil(const std::string& id, int64_t seconds) {
    return Create(id, absl::StrCat(kUrl, " expire_time { seconds: ", seconds, " }"));
  }
  size_t Sweep() { return expiry_.Sweep(); }
  std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (const Entry& entry : repository_->List("tenants/")) {
      names.push_back(entry.name.substr(entry.name.find('/', sizeof("tenants/") - 1) + 1));
    }
    return names;
  }
  std::vector<v1::AuditEntry> Audited() {
    AuditMethods methods(*audit_, repository_->page_tokens(), clock_);
    const auto response = Await<v1::ListAuditEntriesResponse>(
        [&](Methods::Done done) { methods.List({}, {.principal = "x"}, std::move(done)); });
    EXPECT_TRUE(response.ok()) << response.status();
    if (!response.ok()) return {};
    return {response->audit_entries().begin(), response->audit_entries().end()};
  }

  DestinationExpiry expiry_{*repository_, *types_[0], clock_};
};

TEST_F(DestinationExpiryTest, DeletesWhatHasExpiredAndNothingElse) {
  ASSERT_TRUE(CreateUntil("short", kNow + 10).ok());
  ASSERT_TRUE(CreateUntil("long", kNow + 20).ok());
  ASSERT_TRUE(Create("ever", kUrl).ok());
  clock_.Advance(std::chrono::milliseconds(9'999));
  EXPECT_EQ(Sweep(), 0u);
  clock_.Advance(std::chrono::milliseconds(1));
  EXPECT_EQ(Sweep(), 1u);
  EXPECT_THAT(Names(), ElementsAre("destinations/ever", "destinations/long"));
  EXPECT_EQ(InForce("short"), nullptr);
  EXPECT_NE(InForce("long"), nullptr);
  clock_.Advance(std::chrono::hours(1));
  EXPECT_EQ(Sweep(), 1u);
  EXPECT_THAT(Names(), ElementsAre("destinations/ever"));
  EXPECT_EQ(Sweep(), 0u);
}

TEST_F(DestinationExpiryTest, TakesSubscriptionsThatNameNothingElse) {
  ASSERT_TRUE(CreateUntil("short", kNow + 10).ok());
  ASSERT_TRUE(Create("ever", kUrl).ok());
  ASSERT_TRUE(Subscribe("only", "types: \"*\" destinations: \"short\"").ok());
  ASSERT_TRUE(Subscribe("both", "types: \"*\" destinations: [\"short\", \"ever\"]").ok());
  clock_.Advance(std::chrono::seconds(10));
  EXPECT_EQ(Sweep(), 1u);
  EXPECT_THAT(Names(), ElementsAre("destinations/ever", "subscriptions/both"));
}

TEST_F(DestinationExpiryTest, WhoRenewsInTimeStays) {
  const auto made = CreateUntil("short", kNow + 10);
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(Sweep(), 0u);  // it is known by now
  v1::Destination renewed = *made;
  renewed.mutable_expire_time()->set_seconds(kNow + 30);
  ASSERT_TRUE(Update(renewed, {"expire_time"}).ok());
  clock_.Advance(std::chrono::seconds(20));
  EXPECT_EQ(Sweep(), 0u);
  v1::Destination lasting;
  lasting.set_name(made->name());
  ASSERT_TRUE(Update(lasting, {"expire_time"}).ok());
  clock_.Advance(std::chrono::hours(1));
  EXPECT_EQ(Sweep(), 0u);
  EXPECT_NE(InForce("short"), nullptr);
}

TEST_F(DestinationExpiryTest, IsWrittenDown) {
  ASSERT_TRUE(CreateUntil("orders", kNow + 10).ok());
  clock_.Advance(std::chrono::seconds(10));
  ASSERT_EQ(Sweep(), 1u);
  const auto entries = Audited();
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_EQ(entries[0].principal(), DestinationExpiry::kPrincipal);
  EXPECT_EQ(entries[0].method(), "carillon.v1.DestinationService/DeleteDestination");
  ASSERT_EQ(entries[0].changes_size(), 1);
  EXPECT_EQ(entries[0].changes(0).resource(), kOrders);
  EXPECT_FALSE(entries[0].changes(0).has_after());
}

TEST_F(DestinationExpiryTest, WhatCouldNotBeDeletedIsTriedAgain) {
  ASSERT_TRUE(CreateUntil("short", kNow + 10).ok());
  clock_.Advance(std::chrono::seconds(10));
  store_->failures = {absl::ResourceExhaustedError("the disk is full")};
  EXPECT_EQ(Sweep(), 0u);
  EXPECT_NE(InForce("short"), nullptr);
  EXPECT_EQ(Sweep(), 1u);
  EXPECT_EQ(InForce("short"), nullptr);
}

TEST_F(DestinationExpiryTest, OneSweepHasABound) {
  for (size_t i = 0; i < DestinationExpiry::kMaxAtOnce + 1; ++i) {
    ASSERT_TRUE(CreateUntil(absl::StrCat("d", i), kNow + 10).ok());
  }
  clock_.Advance(std::chrono::seconds(10));
  EXPECT_EQ(Sweep(), DestinationExpiry::kMaxAtOnce);
  EXPECT_EQ(Sweep(), 1u);
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(DestinationExpiryTest, EndsBesideAStoppedRepository) {
  ASSERT_TRUE(CreateUntil("short", kNow + 10).ok());
  clock_.Advance(std::chrono::seconds(10));
  {
    const base::MutexLock lock(mutex_);
    hold_ = true;  // the deletion is never put in force
  }
  expiry_.Start();
  held_one_.get_future().wait();
  repository_->Subscribe(nullptr);
  repository_->Stop();
  expiry_.Stop();
}

TEST_F(DestinationExpiryTest, RefusesTimesThatAreNone) {
  for (const char* time : {"seconds: 1700000000", "seconds: -1", "seconds: 9300000000",
                           "seconds: 1800000000 nanos: -1"}) {
    const auto made = Create("orders", absl::StrCat(kUrl, " expire_time { ", time, " }"));
    google::rpc::BadRequest bad;
    ASSERT_TRUE(aip::GetDetail(made.status(), bad)) << time;
    EXPECT_EQ(bad.field_violations(0).field(), "destination.expire_time") << time;
  }
  ASSERT_TRUE(CreateUntil("orders", kNow + 1).ok());
  // One that lies in the past deletes it soon.
  v1::Destination past;
  past.set_name(kOrders);
  past.mutable_expire_time()->set_seconds(1);
  ASSERT_TRUE(Update(past, {"expire_time"}).ok());
  EXPECT_EQ(Sweep(), 1u);
}

}  // namespace
}  // namespace carillon::control
