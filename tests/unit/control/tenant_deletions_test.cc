// DeleteTenant: what ends at once, what goes step by step, and what is there after an interruption.
#include "carillon/control/tenant_deletions.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "carillon/access/authenticator.h"
#include "carillon/control/destination_expiry.h"
#include "carillon/control/operation_tasks.h"
#include "carillon/control/tenant_methods.h"
#include "carillon/control/token_methods.h"
#include "carillon/operations/operation_store.h"
#include "control_fixtures.h"
#include "operation_fixtures.h"
#include "tenant_deletion_task.h"
#include "tenant_retirement.h"

namespace carillon::control {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kBell[] = "tenants/bell";
constexpr char kForced[] = R"(name: "tenants/bell" force: true)";

/// The repository, with operations that do nothing by themselves: their steps are made by the test.
class TenantDeletionsTest : public ControlTest {
 protected:
  TenantDeletionsTest() { Open(); }

  void Open() {
    tenants_ = std::make_unique<TenantMethods>(*repository_, *types_[4], clock_);
    deletions_ = std::make_unique<TenantDeletions>(
        TenantDeletionOptions{.repository = *repository_,
                              .tenants = *types_[4],
                              .operations = operations_,
                              .describe =
                                  [this](const std::vector<store::LaneName>& names, auto done) {
                                    described_ = names;
                                    done(statuses_);
                                  },
                              .clock = clock_,
                              .at_once = at_once_,
                              .on_tokens_changed = [this] { ++renewals_; }});
  }
  void Reopen() {
    deletions_.reset();
    tenants_.reset();
    Restart();
    Open();
  }
  static Caller Operator() { return {.principal = "token:tokens/ops", .is_operator = true}; }

  absl::Status TryToMake(const std::string& more) {
    const auto request = Made<v1::CreateTenantRequest>("tenant {} " + more);
    return Await<v1::Tenant>(
               [&](Methods::Done done) { tenants_->Create(request, Operator(), std::move(done)); })
        .status();
  }
  void Make(const std::string& id = "bell", const std::string& more = "") {
    const absl::Status made = TryToMake(absl::StrCat("tenant_id: '", id, "' ", more));
    ASSERT_TRUE(made.ok()) << made;
  }
  /// Whether the snapshot in force says that nothing is taken in the name.
  bool IsRetired() {
    const base::MutexLock lock(mutex_);
    const auto* found = resource::FindTenant(*in_force_, "bell");
    return found != nullptr && found->is_retired();
  }
  void Fill(int destinations, const std::string& parent = kBell) {
    for (int i = 0; i < destinations; ++i) {
      ASSERT_TRUE(Create(absl::StrCat("d", i), kUrl, {.parent = parent}).ok());
    }
  }
  absl::StatusOr<v1::DeleteTenantResponse> Remove(const std::string& text) {
    const auto request = Made<v1::DeleteTenantRequest>(text);
    Caller caller = Operator();
    caller.trail = std::make_shared<CallTrail>();
    caller.trail->principal = caller.principal;
    caller.trail->method = kDeleteTenantMethod;
    return Await<v1::DeleteTenantResponse>(
        [&](Methods::Done done) { deletions_->Delete(request, caller, std::move(done)); });
  }
  absl::StatusOr<v1::Tenant> Enable() {
    const auto request = Made<v1::EnableTenantRequest>(R"(name: "tenants/bell")");
    return Await<v1::Tenant>(
        [&](Methods::Done done) { tenants_->Enable(request, Operator(), std::move(done)); });
  }
  size_t Left() const { return repository_->Count("tenants/bell/"); }

  /// The task of the operation that was begun last, as it goes on after a start.
  std::unique_ptr<operations::Task> Task(uint64_t cursor = 0) {
    const auto& begun = operations_.begun.back();
    operations::StoredOperation stored{
        .operation = begun.operation, .request = begun.request, .cursor = cursor, .end = begun.end};
    stored.operation.set_name(operations_.all.back().name());
    auto task = MakeTenantDeletion(stored, *repository_, clock_);
    EXPECT_TRUE(task.ok()) << task.status();
    return *std::move(task);
  }
  static operations::StepResult Step(operations::Task& task,
                                     size_t most = operations::Task::kMaxStep) {
    std::promise<operations::StepResult> made;
    task.Step(most, [&](operations::StepResult result) { made.set_value(std::move(result)); });
    return made.get_future().get();
  }
  std::vector<v1::AuditEntry> Audited() {
    const auto part = audit_->Read("", false, 100);
    EXPECT_TRUE(part.ok());
    return part->entries;
  }
  std::shared_ptr<const model::Tenant> TenantInForce() {
    const base::MutexLock lock(mutex_);
    const auto* found = resource::FindTenant(*in_force_, "bell");
    return found == nullptr ? nullptr : found->made.value;
  }

  TestOperations operations_;
  Statuses statuses_;
  std::vector<store::LaneName> described_;
  int renewals_ = 0;
  size_t at_once_ = 0;
  std::unique_ptr<TenantMethods> tenants_;
  std::unique_ptr<TenantDeletions> deletions_;
};

TEST_F(TenantDeletionsTest, FromTheAnswerOnItTakesNothing) {
  Make();
  Fill(2);
  const auto refused = Remove(R"(name: "tenants/bell")");
  EXPECT_EQ(aip::ReasonOf(refused.status()), v1::TENANT_NOT_EMPTY);
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("force"));
  const auto removed = Remove(kForced);
  ASSERT_TRUE(removed.ok()) << removed.status();
  EXPECT_EQ(removed->destination_count(), 2);
  const v1::Operation& operation = removed->operation();
  EXPECT_EQ(operation.kind(), v1::Operation::DELETE_TENANT);
  EXPECT_EQ(operation.target(), kBell);
  EXPECT_EQ(operation.principal(), "token:tokens/ops");
  EXPECT_EQ(operations_.begun.back().end, 2u);
  EXPECT_TRUE(TenantInForce()->disabled);
  EXPECT_THAT(TenantInForce()->disable_reason, HasSubstr(operation.name()));
  for (int starts = 0; starts < 2; ++starts) {
    const absl::Status made = Create("late", kUrl, {.parent = kBell}).status();
    EXPECT_EQ(aip::ReasonOf(made), v1::STATE_CONFLICT) << made;
    EXPECT_THAT(std::string(made.message()), HasSubstr(operation.name()));
    EXPECT_EQ(aip::ReasonOf(Enable().status()), v1::STATE_CONFLICT);
    EXPECT_TRUE(TenantInForce()->disabled);
    Reopen();
  }
  EXPECT_TRUE(Create("other", kUrl).ok()) << "another tenant's";
  const auto again = Remove(R"(name: "tenants/bell")");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->operation().name(), operation.name()) << "the same goes on";
}

TEST_F(TenantDeletionsTest, WhatItHasGoesStepByStepAndTheTenantLast) {
  Make();
  Fill(7);
  const std::string name = Remove(kForced)->operation().name();
  auto task = Task();
  operations::StepResult step = Step(*task, 3);
  EXPECT_TRUE(step.status.ok()) << step.status;
  EXPECT_EQ(step.processed, 3);
  EXPECT_EQ(step.cursor, 3u);
  EXPECT_FALSE(step.finished);
  EXPECT_EQ(Left(), 4 + 1) << "and the mark";
  EXPECT_NEAR(step.progress, 3.0 / 7, 1e-9);
  step = Step(*task, 3);
  EXPECT_FALSE(step.finished);
  step = Step(*task, 3);
  EXPECT_TRUE(step.finished);
  EXPECT_EQ(step.cursor, 7u);
  EXPECT_EQ(Left(), 0u);
  EXPECT_EQ(TenantInForce(), nullptr);
  EXPECT_THAT(tenants_->Get(kBell).status(), ::testing::Property(&absl::Status::ok, false));
  const auto entries = Audited();
  int changes = 0;
  for (const v1::AuditEntry& entry : entries) {
    if (entry.method() != kDeleteTenantMethod) continue;
    EXPECT_EQ(entry.principal(), "token:tokens/ops");
    changes += entry.changes_size();
  }
  EXPECT_EQ(changes, 2 + 7 + 2 + 1) << "tenant and mark, destinations, mark, tenant and its name";
  Make("bell", "reuse_name: true");
  EXPECT_TRUE(Create("d0", kUrl, {.parent = kBell}).ok());
  // After a crash before the end was written down the last step is made again.
  step = Step(*task);
  EXPECT_TRUE(step.status.ok()) << step.status;
  EXPECT_TRUE(step.finished);
  EXPECT_NE(InForce("d0"), nullptr) << "the new tenant is none of its affair";
}

TEST_F(TenantDeletionsTest, NoStepIsLargerThanABound) {
  Make();
  Fill(static_cast<int>(kDeletedAtOnce) + 1);
  ASSERT_TRUE(Remove(kForced).ok());
  auto task = Task();
  EXPECT_EQ(Step(*task).processed, static_cast<int64_t>(kDeletedAtOnce));
  EXPECT_EQ(Left(), 1u + 1);
}

TEST_F(TenantDeletionsTest, OneThatHasLittleGoesInOneChange) {
  at_once_ = 3;
  Reopen();
  Make();
  Fill(3);
  ASSERT_TRUE(Create("other", kUrl).ok());
  const uint64_t revision = repository_->revision();
  const auto removed = Remove(kForced);
  ASSERT_TRUE(removed.ok()) << removed.status();
  EXPECT_EQ(repository_->revision(), revision + 1);
  EXPECT_EQ(removed->destination_count(), 3);
  EXPECT_EQ(Left(), 0u);
  EXPECT_EQ(TenantInForce(), nullptr);
  EXPECT_NE(InForce("other"), nullptr);
  const operations::StepResult step = Step(*Task());
  EXPECT_TRUE(step.finished) << "its operation finds that it is done";
  EXPECT_EQ(step.processed, 3);
  // Where no operation begins it is gone all the same.
  Make("bell", "reuse_name: true");
  operations_.refusal = aip::QuotaExceeded(v1::QUOTA_EXCEEDED, "too many run", "operations");
  const auto again = Remove(kForced);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->operation().done());
  EXPECT_EQ(again->operation().state(), v1::Operation::SUCCEEDED);
  EXPECT_EQ(TenantInForce(), nullptr);
}

TEST_F(TenantDeletionsTest, SubscriptionsGoBeforeTheirDestinations) {
  ASSERT_TRUE(Create("orders", kUrl).ok());
  for (const char* id : {"all", "more"}) {
    ASSERT_TRUE(Subscribe(id, "types: \"*\" destinations: \"orders\"").ok());
  }
  file_.snapshot = resource::MakeSnapshot(2, {}, *file_.snapshot->types, {}, {}, nullptr);
  ASSERT_TRUE(Remove(R"(name: "tenants/acme" force: true)").ok()) << "nobody has made it";
  auto task = Task();
  for (const size_t left : {1, 0}) {
    EXPECT_EQ(Step(*task, 1).processed, 1);
    EXPECT_EQ(repository_->Count("tenants/acme/subscriptions/"), left);
    EXPECT_NE(InForce("orders"), nullptr);
  }
  EXPECT_TRUE(Step(*task, 1).finished);
  EXPECT_THAT(repository_->List("tenants/"), IsEmpty());
  EXPECT_EQ(aip::ReasonOf(Create("orders", kUrl).status()), v1::TENANT_NAME_RETIRED)
      << "one that nobody has made, too";
}

TEST_F(TenantDeletionsTest, ItsNameIsRetired) {
  at_once_ = 3;
  Reopen();
  Make();
  Fill(1);
  ASSERT_TRUE(Remove(kForced).ok());
  access::Authenticator authenticator{clock_};
  const auto token = Made<v1::CreateTokenRequest>(
      R"(parent: "tenants/bell" token_id: "ci" token { role: ROLE_PUBLISHER })");
  const auto update =
      Made<v1::UpdateTenantRequest>(R"(tenant { name: "tenants/bell" } allow_missing: true)");
  for (int starts = 0; starts < 2; ++starts) {
    EXPECT_TRUE(IsRetired());
    const absl::Status made = TryToMake("tenant_id: 'bell'");
    EXPECT_EQ(aip::ReasonOf(made), v1::TENANT_NAME_RETIRED) << made;
    EXPECT_TRUE(absl::IsFailedPrecondition(made));
    EXPECT_THAT(std::string(made.message()),
                AllOf(HasSubstr("retired until 2024-11-13T22:13:20"), HasSubstr("reuse_name")));
    EXPECT_EQ(aip::ReasonOf(TryToMake("tenant_id: 'bell' validate_only: true")),
              v1::TENANT_NAME_RETIRED);
    EXPECT_EQ(aip::ReasonOf(Create("d0", kUrl, {.parent = kBell}).status()),
              v1::TENANT_NAME_RETIRED);
    TokenMethods tokens({*repository_, *types_[2], *types_[3], authenticator, clock_});
    EXPECT_EQ(aip::ReasonOf(Await<v1::Token>([&](Methods::Done done) {
                              tokens.Create(token, Operator(), std::move(done));
                            }).status()),
              v1::TENANT_NAME_RETIRED);
    EXPECT_EQ(aip::ReasonOf(Await<v1::Tenant>([&](Methods::Done done) {
                              tenants_->Update(update, Operator(), std::move(done));
                            }).status()),
              v1::TENANT_NAME_RETIRED);
    EXPECT_EQ(aip::ReasonOf(Enable().status()), v1::RESOURCE_NOT_FOUND);
    EXPECT_EQ(aip::ReasonOf(tenants_->Get(kBell).status()), v1::RESOURCE_NOT_FOUND);
    EXPECT_EQ(aip::ReasonOf(Remove(kForced).status()), v1::RESOURCE_NOT_FOUND);
    const auto all = tenants_->List({}, Operator());
    ASSERT_TRUE(all.ok()) << all.status();
    for (const Answer& each : all->resources) {
      EXPECT_NE(static_cast<const v1::Tenant&>(*each).name(), kBell);
    }
    Reopen();
  }
  EXPECT_TRUE(TryToMake("tenant_id: 'bell' reuse_name: true validate_only: true").ok());
  EXPECT_TRUE(IsRetired()) << "nothing was changed";
  Make("bell", "reuse_name: true");
  EXPECT_FALSE(IsRetired());
  Reopen();
  EXPECT_TRUE(Create("d0", kUrl, {.parent = kBell}).ok());
  Make("new", "reuse_name: true");
}

TEST_F(TenantDeletionsTest, ItsNameIsFreeWhenNothingCanBeKept) {
  at_once_ = 3;
  Reopen();
  Make();
  ASSERT_TRUE(Remove(kForced).ok());
  DestinationExpiry expiry(*repository_, *types_[0], clock_);
  clock_.Advance(repository_->retirement() - std::chrono::seconds(1));
  EXPECT_EQ(expiry.Sweep(), 0u);
  EXPECT_EQ(aip::ReasonOf(TryToMake("tenant_id: 'bell'")), v1::TENANT_NAME_RETIRED);
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(expiry.Sweep(), 1u);
  EXPECT_FALSE(IsRetired());
  EXPECT_THAT(repository_->List("retiredTenants/"), IsEmpty());
  Make();
}

/// As many names are retired as it is told.
class ManyRetired final : public View {
 public:
  explicit ManyRetired(size_t count) : count_(count) {}
  Entry Find(std::string_view) const override { return {}; }
  std::vector<Entry> List(std::string_view) const override { return {}; }
  size_t Count(std::string_view prefix) const override {
    return prefix == kRetiredTenants ? count_ : 0;
  }
  resource::SnapshotPtr file() const override { return nullptr; }
  resource::SnapshotPtr stored() const override { return nullptr; }

 private:
  const size_t count_;
};

TEST(TenantRetirementTest, NamesThatAreRetiredHaveABound) {
  EXPECT_TRUE(CheckRetirementRoom(ManyRetired(kMaxRetirements - 1), 1).ok());
  const absl::Status full = CheckRetirementRoom(ManyRetired(kMaxRetirements), 1);
  EXPECT_EQ(aip::ReasonOf(full), v1::QUOTA_EXCEEDED) << full;
  EXPECT_TRUE(CheckRetirementRoom(ManyRetired(kMaxRetirements), 0).ok());
}

TEST_F(TenantDeletionsTest, ItIsRetiredLongerWhereThingsAreKeptLonger) {
  at_once_ = 3;
  Reopen();
  Make();
  ASSERT_TRUE(Remove(kForced).ok());
  const Entry entry = repository_->Find("retiredTenants/bell");
  const base::WallTime now = clock_.Wall();
  EXPECT_EQ(EndOfRetirement(entry, std::chrono::hours(1)), now + repository_->retirement());
  const std::chrono::hours longer = std::chrono::hours(24 * 1000);
  EXPECT_EQ(EndOfRetirement(entry, longer), now + longer);
}

TEST_F(TenantDeletionsTest, WhatTheFileHasIsNotRetired) {
  at_once_ = 3;
  Reopen();
  Make();
  ASSERT_TRUE(Remove(kForced).ok());
  model::Tenant filed;
  filed.name = "bell";
  const resource::SnapshotPtr without = file_.snapshot;
  file_.snapshot = resource::MakeSnapshot(2, {}, *without->types, {}, {}, nullptr, {filed});
  EXPECT_TRUE(Create("d0", kUrl, {.parent = kBell}).ok());
  const auto merged =
      resource::Merge({{"the file", file_.snapshot}, {"the API", repository_->current()}}, 3);
  ASSERT_TRUE(merged.ok()) << merged.status();
  EXPECT_FALSE(resource::FindTenant(**merged, "bell")->is_retired());
  // What was made in it meanwhile is not shut in when the file has it no more.
  file_.snapshot = without;
  EXPECT_TRUE(Create("d1", kUrl, {.parent = kBell}).ok());
}

TEST_F(TenantDeletionsTest, AStepThatFailsIsMadeAgain) {
  Make();
  Fill(1);
  ASSERT_TRUE(Remove(kForced).ok());
  auto task = Task();
  store_->failures = {absl::UnavailableError("disk"), absl::ResourceExhaustedError("full")};
  for (const absl::StatusCode code :
       {absl::StatusCode::kUnavailable, absl::StatusCode::kResourceExhausted}) {
    const operations::StepResult step = Step(*task);
    EXPECT_EQ(step.status.code(), code) << step.status;
    EXPECT_EQ(step.processed, 0);
    EXPECT_FALSE(step.finished);
    EXPECT_EQ(Left(), 1u + 1);
  }
  EXPECT_TRUE(Step(*task).finished);
}

TEST_F(TenantDeletionsTest, CountsHoldAfterStepsThatWereNotWrittenDown) {
  Make();
  Fill(5);
  ASSERT_TRUE(Remove(kForced).ok());
  Step(*Task(), 2);
  // The process ended before the operation knew of it.
  const operations::StepResult step = Step(*Task(0), 2);
  EXPECT_EQ(step.cursor, 4u);
  EXPECT_EQ(step.processed, 4);
}

TEST_F(TenantDeletionsTest, ItsTokensEndWithTheAnswer) {
  access::Authenticator authenticator{clock_};
  TokenMethods tokens({*repository_, *types_[2], *types_[3], authenticator, clock_});
  Make();
  const auto request = Made<v1::CreateTokenRequest>(
      R"(parent: "tenants/bell" token_id: "ci" token { role: ROLE_PUBLISHER })");
  const auto made = Await<v1::Token>(
      [&](Methods::Done done) { tokens.Create(request, Operator(), std::move(done)); });
  ASSERT_TRUE(made.ok()) << made.status();
  const auto removed = Remove(kForced);
  ASSERT_TRUE(removed.ok()) << removed.status();
  EXPECT_EQ(removed->token_count(), 1);
  EXPECT_EQ(operations_.begun.back().end, 0u) << "it is gone already";
  EXPECT_EQ(renewals_, 1);
  EXPECT_EQ(repository_->Find("tenants/bell/tokens/ci").message, nullptr);
  EXPECT_TRUE(Step(*Task()).finished);
}

TEST_F(TenantDeletionsTest, ADryRunCountsAndChangesNothing) {
  Make();
  Fill(3);
  statuses_.resize(3);
  statuses_[0].emplace().queued = 4;
  statuses_[1].emplace().parked = 5;
  statuses_[2].emplace();
  const auto tried = Remove(R"(name: "tenants/bell" force: true validate_only: true)");
  ASSERT_TRUE(tried.ok()) << tried.status();
  EXPECT_EQ(tried->destination_count(), 3);
  EXPECT_EQ(tried->abandoned_delivery_count(), 9);
  EXPECT_FALSE(tried->uncounted());
  EXPECT_FALSE(tried->has_operation());
  EXPECT_THAT(described_, SizeIs(3));
  EXPECT_EQ(described_[1].tenant, "bell");
  EXPECT_EQ(described_[1].name, "d1");
  statuses_[2]->behind = true;
  EXPECT_TRUE(Remove(R"(name: "tenants/bell" force: true validate_only: true)")->uncounted());
  statuses_[2].reset();
  EXPECT_TRUE(Remove(R"(name: "tenants/bell" force: true validate_only: true)")->uncounted());
  EXPECT_EQ(aip::ReasonOf(Remove(R"(name: "tenants/bell" validate_only: true)").status()),
            v1::TENANT_NOT_EMPTY);
  EXPECT_TRUE(operations_.begun.empty());
  EXPECT_FALSE(TenantInForce()->disabled);
  EXPECT_EQ(renewals_, 0);
}

TEST_F(TenantDeletionsTest, WhatStandsInItsWayIsSaid) {
  Make();
  EXPECT_EQ(aip::ReasonOf(Remove(R"(name: "bell")").status()), v1::FIELD_INVALID);
  EXPECT_EQ(aip::ReasonOf(Remove(R"(name: "tenants/bell" request_id: "a b")").status()),
            v1::FIELD_INVALID);
  EXPECT_EQ(aip::ReasonOf(Remove(R"(name: "tenants/bell" etag: "'x'")").status()),
            v1::ETAG_MISMATCH);
  EXPECT_EQ(aip::ReasonOf(Remove(R"(name: "tenants/none")").status()), v1::RESOURCE_NOT_FOUND);
  const auto none = Remove(R"(name: "tenants/none" allow_missing: true)");
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_FALSE(none->has_operation());
  // The file has a destination of it.
  EXPECT_EQ(aip::ReasonOf(Remove(R"(name: "tenants/acme" force: true)").status()),
            v1::READ_ONLY_FILE);
  Make("acme");
  EXPECT_EQ(aip::ReasonOf(Remove(R"(name: "tenants/acme" force: true)").status()),
            v1::READ_ONLY_FILE);
  EXPECT_TRUE(operations_.begun.empty());
}

TEST_F(TenantDeletionsTest, TheFilesAreReadOnly) {
  model::Tenant filed;
  filed.name = "filed";
  file_.snapshot = resource::MakeSnapshot(2, {}, *file_.snapshot->types, {}, {}, nullptr, {filed});
  EXPECT_EQ(aip::ReasonOf(Remove(R"(name: "tenants/filed" force: true)").status()),
            v1::READ_ONLY_FILE);
}

TEST_F(TenantDeletionsTest, RepeatedItBeginsOnce) {
  Make();
  const std::string text = R"(name: "tenants/bell" force: true request_id: "r")";
  const auto first = Remove(text);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_TRUE(Step(*Task()).finished);
  const auto again = Remove(text);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->operation().name(), first->operation().name());
  EXPECT_THAT(operations_.begun, SizeIs(1));
  EXPECT_EQ(aip::ReasonOf(Remove(R"(name: "tenants/other" request_id: "r")").status()),
            v1::REQUEST_ID_REUSED);
}

TEST_F(TenantDeletionsTest, WhereNoOperationBeginsAllIsAsBefore) {
  access::Authenticator authenticator{clock_};
  TokenMethods tokens({*repository_, *types_[2], *types_[3], authenticator, clock_});
  Make();
  Fill(1);
  const auto request = Made<v1::CreateTokenRequest>(
      R"(parent: "tenants/bell" token_id: "ci" token { role: ROLE_PUBLISHER })");
  ASSERT_TRUE(Await<v1::Token>([&](Methods::Done done) {
                tokens.Create(request, Operator(), std::move(done));
              }).ok());
  operations_.refusal = aip::QuotaExceeded(v1::QUOTA_EXCEEDED, "too many run", "operations");
  EXPECT_EQ(aip::ReasonOf(Remove(kForced).status()), v1::QUOTA_EXCEEDED);
  EXPECT_FALSE(TenantInForce()->disabled);
  EXPECT_NE(repository_->Find("tenants/bell/tokens/ci").message, nullptr);
  EXPECT_EQ(renewals_, 2) << "the token is taken again";
  EXPECT_TRUE(Create("late", kUrl, {.parent = kBell}).ok());
}

TEST_F(TenantDeletionsTest, WhatElseIsUnderWayIsCanceled) {
  Make();
  v1::Operation replay;
  replay.set_name("tenants/bell/operations/replay");
  replay.set_paused(true);
  operations_.all.push_back(replay);
  replay.set_name("tenants/other/operations/replay");
  operations_.all.push_back(replay);
  ASSERT_TRUE(Remove(kForced).ok());
  EXPECT_EQ(operations_.Find("tenants/bell/operations/replay")->state(), v1::Operation::CANCELLED);
  EXPECT_NE(operations_.Find("tenants/other/operations/replay")->state(), v1::Operation::CANCELLED);
}

TEST_F(TenantDeletionsTest, CanceledItCanBeEnabledWithWhatIsLeft) {
  Make();
  Fill(3);
  const v1::Operation operation = Remove(kForced)->operation();
  auto task = Task();
  Step(*task, 1);
  const auto release = [&] {
    std::promise<absl::Status> released;
    deletions_->Release(operation, TrailOfDeletion(operation),
                        [&](absl::Status status) { released.set_value(std::move(status)); });
    return released.get_future().get();
  };
  EXPECT_TRUE(release().ok());
  EXPECT_TRUE(TenantInForce()->disabled);
  EXPECT_THAT(TenantInForce()->disable_reason,
              AllOf(HasSubstr("canceled"), HasSubstr(operation.name())));
  const uint64_t revision = repository_->revision();
  EXPECT_TRUE(release().ok());
  EXPECT_EQ(repository_->revision(), revision) << "once more changes nothing";
  EXPECT_TRUE(absl::IsCancelled(Step(*task).status)) << "a step that comes late does nothing";
  EXPECT_EQ(Left(), 2u);
  ASSERT_TRUE(Enable().ok());
  EXPECT_TRUE(Create("late", kUrl, {.parent = kBell}).ok());
  EXPECT_NE(Remove(kForced)->operation().name(), operation.name()) << "another one";
}

TEST_F(TenantDeletionsTest, WhatACrashKeptFromBeginningBeginsWithTheNextStart) {
  Make();
  Fill(2);
  const std::string name = Remove(kForced)->operation().name();
  operations_.all.clear();  // it was not written
  operations_.begun.clear();
  Reopen();
  deletions_->Resume();
  ASSERT_THAT(operations_.begun, SizeIs(1));
  EXPECT_EQ(operations_.begun[0].operation.name(), name);
  EXPECT_EQ(operations_.begun[0].end, 2u);
  Reopen();
  deletions_->Resume();
  EXPECT_THAT(operations_.begun, SizeIs(1)) << "it is under way";
  EXPECT_TRUE(Step(*Task()).finished);
}

TEST_F(TenantDeletionsTest, ACancelThatACrashInterruptedIsCarriedOut) {
  Make();
  Fill(1);
  const std::string name = Remove(kForced)->operation().name();
  operations_.Find(name)->set_done(true);
  operations_.Find(name)->set_state(v1::Operation::CANCELLED);
  Reopen();
  deletions_->Resume();
  // Changes go one after another: this one comes behind it.
  ASSERT_TRUE(Create("behind", kUrl).ok());
  EXPECT_EQ(repository_->Find(name).message, nullptr);
  EXPECT_TRUE(Enable().ok());
}

TEST_F(TenantDeletionsTest, AnOperationCarriesItThroughBeforeTheAnswer) {
  char folder[] = "/tmp/tenant-deletions-XXXXXX";
  ASSERT_NE(::mkdtemp(folder), nullptr);
  {
    const base::SystemClock clock;
    auto store = operations::OperationStore::Open(absl::StrCat(folder, "/operations.db"));
    ASSERT_TRUE(store.ok()) << store.status();
    auto operations = operations::Operations::Create(
        **store,
        [this](const operations::StoredOperation& stored) {
          return MakeTenantDeletion(stored, *repository_, clock_);
        },
        clock);
    ASSERT_TRUE(operations.ok()) << operations.status();
    TenantDeletions deletions({.repository = *repository_,
                               .tenants = *types_[4],
                               .operations = **operations,
                               .describe = [](const auto&, auto done) { done({}); },
                               .clock = clock,
                               .at_once = 5,
                               .on_tokens_changed = [] {}});
    Make();
    Fill(5);
    const auto request = Made<v1::DeleteTenantRequest>(kForced);
    const auto removed = Await<v1::DeleteTenantResponse>(
        [&](Methods::Done done) { deletions.Delete(request, Operator(), std::move(done)); });
    ASSERT_TRUE(removed.ok()) << removed.status();
    EXPECT_TRUE(removed->operation().done());
    EXPECT_EQ(removed->operation().state(), v1::Operation::SUCCEEDED);
    EXPECT_EQ(removed->operation().processed_count(), 5);
    EXPECT_EQ(Left(), 0u);
    EXPECT_EQ(TenantInForce(), nullptr);
    (*operations)->Stop();
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace carillon::control
