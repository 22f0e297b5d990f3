#include "carillon/control/repository.h"

#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "control_fixtures.h"

namespace carillon::control {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using RepositoryTest = ControlTest;

TEST_F(RepositoryTest, AnotherProcessGoesOnWhereItWas) {
  const auto made = Create("orders", kUrl);
  ASSERT_TRUE(made.ok());
  ASSERT_TRUE(Subscribe("all", "types: \"*\" destinations: \"orders\"").ok());
  const uint64_t revision = repository_->revision();
  Restart();
  EXPECT_EQ(repository_->revision(), revision);
  ASSERT_NE(InForce("orders"), nullptr);
  EXPECT_THAT(InForce("orders")->keys, SizeIs(2));
  const auto got = Get(kOrders);
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got->etag(), made->etag());
  EXPECT_EQ(repository_->current()->subscriptions(), 1u);
}

TEST_F(RepositoryTest, WhatIsStoredStandsWhenItsSurroundingsChange) {
  ASSERT_TRUE(Create("orders", kUrl).ok());
  ASSERT_TRUE(Subscribe("s", "types: \"session.create\" destinations: \"in-file\"").ok());
  // The file has neither that destination nor any type any more, and its guard
  // allows nothing.
  file_.snapshot = std::make_shared<const resource::Snapshot>();
  Restart();
  EXPECT_EQ(repository_->current()->destinations(), 1u);
  EXPECT_EQ(repository_->current()->subscriptions(), 1u);
}

TEST_F(RepositoryTest, SecretsNeedTheMasterKey) {
  ASSERT_TRUE(Create("orders", kUrl).ok());
  End();
  keys_ = sealing::MasterKeys();
  absl::Status status = TryStart();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("none is configured"));
  keys_ = sealing::MasterKeys({Master('2')});
  status = TryStart();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("other than the configured one"));
  keys_ = sealing::MasterKeys({Master('2'), Master('1')});
  EXPECT_TRUE(TryStart().ok());
}

TEST_F(RepositoryTest, WithoutAMasterKeyNoSecretIsTaken) {
  End();
  keys_ = sealing::MasterKeys();
  Start();
  const auto made = Create("orders", kUrl, {.request_id = "r"});
  EXPECT_EQ(aip::ReasonOf(made.status()), v1::MASTER_KEY_MISSING);
  EXPECT_THAT(std::string(made.status().message()), HasSubstr("secrets.master_key"));
  EXPECT_EQ(InForce("orders"), nullptr);
  EXPECT_TRUE(Subscribe("s", "types: \"*\" destinations: \"in-file\"").ok());
}

TEST_F(RepositoryTest, StoredBytesThatWereMovedDoNotOpen) {
  ASSERT_TRUE(Create("orders", kUrl).ok());
  const store::ConfigEntry entry = disk_.entries.at("resources/tenants/acme/destinations/orders");
  End();
  disk_.entries["resources/tenants/acme/destinations/copy"] = {
      "resources/tenants/acme/destinations/copy", entry.value, entry.revision};
  EXPECT_EQ(TryStart().code(), absl::StatusCode::kDataLoss);
}

/// Five pages of subscriptions, each of a revision of its own, as the store has them.
void FillPages(TestDisk& disk) {
  constexpr int kStored = 4500;
  for (int i = 0; i < kStored; ++i) {
    v1::Subscription subscription;
    subscription.set_name(absl::StrCat("tenants/t", i / 3, "/subscriptions/s", i));
    subscription.add_types("*");
    subscription.add_destinations(absl::StrCat("tenants/t", i / 3, "/destinations/d"));
    const std::string key = absl::StrCat("resources/", subscription.name());
    disk.entries[key] = {key, std::string("\1\0", 2) + subscription.SerializeAsString(),
                         static_cast<uint64_t>(i + 1)};
  }
  disk.revision = kStored;
}

TEST_F(RepositoryTest, ReadsAllPagesInTheirOrder) {
  End();
  FillPages(disk_);
  const auto stored = disk_.entries;
  Start();
  EXPECT_EQ(repository_->revision(), disk_.revision);
  EXPECT_EQ(repository_->current()->subscriptions(), 4500u);
  EXPECT_EQ(repository_->current()->tenants.size(), 1500u);
  auto expected = stored.lower_bound("resources/");
  for (const Entry& entry : repository_->List("tenants/")) {
    ASSERT_EQ("resources/" + entry.name, expected->first);
    ASSERT_EQ(entry.revision, expected->second.revision);
    ASSERT_EQ(entry.message->SerializeAsString(), expected->second.value.substr(2));
    const std::string tenant = entry.name.substr(8, entry.name.find('/', 8) - 8);
    const auto* in_force = resource::FindTenant(*repository_->current(), tenant);
    ASSERT_NE(in_force, nullptr);
    EXPECT_EQ(in_force->subscriptions.size(), 3u);
    ++expected;
  }
  EXPECT_TRUE(expected == stored.end() || !expected->first.starts_with("resources/"));
}

TEST_F(RepositoryTest, TellsTheFirstThatCannotBeRead) {
  End();
  FillPages(disk_);
  auto damaged = disk_.entries.lower_bound("resources/");
  std::advance(damaged, 1700);
  const std::string first = damaged->first;
  damaged->second.value.resize(damaged->second.value.size() - 3);
  std::advance(damaged, 900);  // on the next page
  damaged->second.value = "?";
  // Which page is decoded first is chance.
  for (int i = 0; i < 20; ++i) {
    const absl::Status status = TryStart();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(status.message()), HasSubstr(first));
  }
}

TEST_F(RepositoryTest, WhatCannotBePutInForceIsTakenBack) {
  Refuse(absl::ResourceExhaustedError("no space"));
  const auto refused = Create("orders", kUrl, {.request_id = "r"});
  EXPECT_EQ(aip::ReasonOf(refused.status()), v1::STORE_UNAVAILABLE);
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("no space"));
  EXPECT_EQ(aip::ReasonOf(Get(kOrders).status()), v1::RESOURCE_NOT_FOUND);
  Restart();
  EXPECT_EQ(InForce("orders"), nullptr);
  // Not even the answer is remembered.
  const auto made = Create("orders", kUrl, {.request_id = "r"});
  ASSERT_TRUE(made.ok()) << made.status();

  v1::Destination given = *made;
  given.set_display_name("B");
  given.clear_etag();
  Refuse(absl::ResourceExhaustedError("no space"));
  EXPECT_FALSE(Update(given, {"display_name"}).ok());
  EXPECT_EQ(Get(kOrders)->display_name(), "");
  ASSERT_TRUE(Update(given, {"display_name"}).ok());
  Refuse(absl::ResourceExhaustedError("no space"));
  EXPECT_FALSE(Delete(kOrders).ok());
  EXPECT_EQ(Get(kOrders)->display_name(), "B");
  Restart();
  EXPECT_EQ(Get(kOrders)->display_name(), "B");
  EXPECT_TRUE(Delete(kOrders).ok());
}

TEST_F(RepositoryTest, ANameThatTheFileTookMeanwhileIsTakenBack) {
  Refuse(absl::AlreadyExistsError("the destination 'acme/orders' of the API is in the file"));
  const auto refused = Create("orders", kUrl);
  EXPECT_EQ(aip::ReasonOf(refused.status()), v1::NAME_IN_FILE);
  EXPECT_THAT(repository_->List("tenants/"), IsEmpty());
}

TEST_F(RepositoryTest, TellsWhenTheStoreFails) {
  store_->failures = {absl::ResourceExhaustedError("disk"), absl::UnavailableError("broken")};
  EXPECT_EQ(aip::ReasonOf(Create("orders", kUrl).status()), v1::DISK_FULL);
  EXPECT_EQ(aip::ReasonOf(Create("orders", kUrl).status()), v1::STORE_UNAVAILABLE);
  EXPECT_EQ(InForce("orders"), nullptr);
  EXPECT_TRUE(Create("orders", kUrl).ok());
}

TEST_F(RepositoryTest, AnswersOnlyWhatIsInForce) {
  {
    const base::MutexLock lock(mutex_);
    hold_ = true;
  }
  std::promise<absl::StatusOr<Answer>> answer;
  const auto given = Made<v1::Destination>(kUrl);
  destinations_->Create({"CreateDestination", given}, {.principal = "p"}, "tenants/acme", "orders",
                        given, [&](absl::StatusOr<Answer> a) { answer.set_value(std::move(a)); });
  held_one_.get_future().wait();
  auto future = answer.get_future();
  EXPECT_EQ(future.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  EXPECT_EQ(aip::ReasonOf(Get(kOrders).status()), v1::RESOURCE_NOT_FOUND);
  {
    const base::MutexLock lock(mutex_);
    hold_ = false;
    held_(absl::OkStatus());
  }
  EXPECT_TRUE(future.get().ok());
  EXPECT_TRUE(Get(kOrders).ok());
}

TEST_F(RepositoryTest, WhatWaitsHasABoundAndIsAnsweredAtTheEnd) {
  {
    const base::MutexLock lock(mutex_);
    hold_ = true;
  }
  std::vector<absl::Status> answers;
  base::Mutex mutex;
  const auto given = Made<v1::Destination>(kUrl);
  const auto create = [&](const std::string& id) {
    destinations_->Create({"CreateDestination", given}, {.principal = "p"}, "tenants/acme", id,
                          given, [&](absl::StatusOr<Answer> a) {
                            const base::MutexLock lock(mutex);
                            answers.push_back(a.status());
                          });
  };
  create("first");
  held_one_.get_future().wait();  // under way
  for (size_t i = 0; i < Repository::kMaxWaiting; ++i) create(absl::StrCat("d", i));
  {
    const base::MutexLock lock(mutex);
    EXPECT_THAT(answers, IsEmpty());
  }
  create("over");
  {
    const base::MutexLock lock(mutex);
    ASSERT_THAT(answers, SizeIs(1));
    EXPECT_EQ(aip::ReasonOf(answers[0]), v1::RATE_LIMITED);
  }
  repository_->Stop();
  create("late");
  const base::MutexLock lock(mutex);
  ASSERT_THAT(answers, SizeIs(Repository::kMaxWaiting + 3));
  for (size_t i = 1; i < answers.size(); ++i) EXPECT_EQ(aip::ReasonOf(answers[i]), v1::STOPPING);
}

TEST_F(RepositoryTest, ChangesAreDeltas) {
  ASSERT_TRUE(Create("orders", kUrl).ok());
  ASSERT_TRUE(Create("orders", kUrl, {.parent = "tenants/beta"}).ok());
  const resource::SnapshotPtr before = repository_->current();
  ASSERT_TRUE(Create("more", kUrl).ok());
  const resource::SnapshotPtr after = repository_->current();
  ASSERT_THAT(after->tenants, SizeIs(2));
  EXPECT_NE(after->tenants[0], before->tenants[0]);
  EXPECT_EQ(after->tenants[1], before->tenants[1]);
  EXPECT_EQ(after->tenants[0]->destinations[1].value, before->tenants[0]->destinations[0].value);
  EXPECT_GT(after->revision, before->revision);
  ASSERT_TRUE(Delete("tenants/beta/destinations/orders").ok());
  EXPECT_THAT(repository_->current()->tenants, SizeIs(1));
}

TEST_F(RepositoryTest, AChangeBeforeAnybodyTakesItWaitsAndIsInForceThen) {
  End();
  store_ = std::make_unique<TestStore>(disk_);
  auto opened = Repository::Open({.store = *store_,
                                  .keys = keys_,
                                  .clock = clock_,
                                  .file = file_,
                                  .types = {types_[0].get(), types_[1].get()}});
  ASSERT_TRUE(opened.ok()) << opened.status();
  repository_ = *std::move(opened);
  Methods methods(*repository_, *types_[0], clock_);
  const auto given = Made<v1::Destination>(kUrl);
  std::promise<absl::Status> answered;
  std::future<absl::Status> answer = answered.get_future();
  methods.Create({"CreateDestination", given}, {.principal = "p", .is_operator = true},
                 "tenants/acme", "early", given,
                 [&](absl::StatusOr<Answer> made) { answered.set_value(made.status()); });
  // Long enough for what must not happen.
  EXPECT_EQ(answer.wait_for(std::chrono::milliseconds(200)), std::future_status::timeout);
  const int writes = store_->writes;
  repository_->Subscribe([this](const resource::SnapshotPtr& next, resource::Source::Done done) {
    {
      const base::MutexLock lock(mutex_);
      in_force_ = next;
    }
    done(absl::OkStatus());
  });
  const absl::Status made = answer.get();
  EXPECT_TRUE(made.ok()) << made;
  EXPECT_NE(InForce("early"), nullptr);
  EXPECT_EQ(store_->writes, writes + 1);
}

}  // namespace
}  // namespace carillon::control
