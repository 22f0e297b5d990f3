// Secrets that are stored go from one master key to another.
#include "absl/strings/str_cat.h"
#include "control_fixtures.h"

namespace carillon::control {
namespace {

using ::testing::HasSubstr;

class SecretRewrapTest : public ControlTest {
 protected:
  absl::StatusOr<Repository::Rewrapped> Rewrap(bool count_only = false) {
    std::promise<absl::StatusOr<Repository::Rewrapped>> promise;
    repository_->RewrapSecrets(count_only,
                               [&](auto found) { promise.set_value(std::move(found)); });
    return promise.get_future().get();
  }
  /// Another process goes on under these master keys.
  void GoOnUnder(std::vector<sealing::MasterKey> keys) {
    End();
    keys_ = sealing::MasterKeys(std::move(keys));
    Start();
  }
  void Make(int count) {
    for (int i = 0; i < count; ++i) {
      const auto made =
          Create(absl::StrCat("d", i),
                 absl::StrCat(kUrl, R"( headers { name: "x-key" secret { value: "s)", i, "\" } }"),
                 {.request_id = absl::StrCat("r", i)});
      ASSERT_TRUE(made.ok()) << made.status();
    }
  }
};

TEST_F(SecretRewrapTest, AfterItThePreviousKeyIsNotNeeded) {
  constexpr int kCount = 250;  // more than are done at once
  Make(kCount);
  const auto before = Get("tenants/acme/destinations/d7");
  ASSERT_TRUE(before.ok()) << before.status();
  GoOnUnder({Master('2'), Master('1')});
  const auto counted = Rewrap(true);
  ASSERT_TRUE(counted.ok()) << counted.status();
  EXPECT_EQ(counted->sealed, 2u * kCount) << "the answers, too";
  EXPECT_EQ(counted->rewrapped, 2u * kCount);
  const auto done = Rewrap();
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->rewrapped, 2u * kCount) << "counting changed nothing";
  EXPECT_EQ(Rewrap()->rewrapped, 0u);
  EXPECT_EQ(Rewrap()->sealed, 2u * kCount);
  // What was rewrapped can be changed: it is as the repository takes it to be.
  const auto after = Get("tenants/acme/destinations/d7");
  EXPECT_NE(after->etag(), before->etag());
  v1::Destination update;
  update.set_name(after->name());
  update.set_etag(after->etag());
  update.set_display_name("changed");
  EXPECT_TRUE(Update(update, {"display_name"}).ok());
  GoOnUnder({Master('2')});
  EXPECT_EQ(InForce("d8")->headers.back().value.Reveal(), "s8");
  const auto again =
      Create("d9", absl::StrCat(kUrl, R"( headers { name: "x-key" secret { value: "s9" } })"),
             {.request_id = "r9"});
  EXPECT_TRUE(again.ok()) << "answered again: " << again.status();
}

TEST_F(SecretRewrapTest, BrokenOffItIsSafeAndDoneByARepetition) {
  Make(150);
  GoOnUnder({Master('2'), Master('1')});
  store_->failures = {absl::OkStatus(), absl::UnavailableError("the disk is gone")};
  const auto broken = Rewrap();
  EXPECT_EQ(aip::ReasonOf(broken.status()), v1::STORE_UNAVAILABLE);
  GoOnUnder({Master('2'), Master('1')});  // as after kill -9: what was written is there
  EXPECT_EQ(InForce("d149")->headers.back().value.Reveal(), "s149");
  const auto rest = Rewrap();
  ASSERT_TRUE(rest.ok()) << rest.status();
  EXPECT_EQ(rest->rewrapped, 200u) << "a hundred were done";
  GoOnUnder({Master('2')});
  EXPECT_EQ(InForce("d0")->headers.back().value.Reveal(), "s0");
}

TEST_F(SecretRewrapTest, ChangesGoOnBetween) {
  Make(150);
  GoOnUnder({Master('2'), Master('1')});
  std::promise<absl::StatusOr<Repository::Rewrapped>> promise;
  repository_->RewrapSecrets(false, [&](auto found) { promise.set_value(std::move(found)); });
  v1::Destination update;
  update.set_name("tenants/acme/destinations/d149");
  update.set_display_name("changed");
  EXPECT_TRUE(Update(update, {"display_name"}).ok());
  const auto found = promise.get_future().get();
  ASSERT_TRUE(found.ok()) << found.status();
  GoOnUnder({Master('2')});
  EXPECT_EQ(Get("tenants/acme/destinations/d149")->display_name(), "changed");
}

TEST_F(SecretRewrapTest, WithoutAMasterKeyItIsRefused) {
  End();
  disk_ = {};
  GoOnUnder({});
  const auto refused = Rewrap();
  EXPECT_EQ(aip::ReasonOf(refused.status()), v1::MASTER_KEY_MISSING);
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("secrets.master_key"));
}

}  // namespace
}  // namespace carillon::control
