// OperationService: what its methods ask, and how they answer.
#include "carillon/control/operation_methods.h"

#include <gmock/gmock.h>
#include <google/protobuf/empty.pb.h>
#include <google/protobuf/text_format.h>

#include "absl/strings/str_cat.h"
#include "operation_fixtures.h"

namespace carillon::control {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::StartsWith;

constexpr char kFirstOperation[] = "tenants/acme/operations/1";

class OperationMethodsTest : public testing::Test {
 protected:
  OperationMethodsTest() {
    Add("acme", "1", 100, v1::Operation::RUNNING);
    Add("acme", "2", 300, v1::Operation::SUCCEEDED);
    Add("acme", "3", 200, v1::Operation::SUCCEEDED);
    Add("other", "1", 400, v1::Operation::RUNNING);
  }
  void Add(const std::string& tenant, const std::string& id, int64_t made,
           v1::Operation::State state) {
    v1::Operation operation;
    operation.set_name("tenants/" + tenant + "/operations/" + id);
    operation.mutable_create_time()->set_seconds(made);
    operation.set_state(state);
    operation.set_etag("\"now\"");
    operations_.all.push_back(operation);
  }
  template <typename Response, typename Call>
  static absl::StatusOr<Response> Asked(Call call) {
    absl::StatusOr<Response> result = absl::UnknownError("not answered");
    call([&result](absl::StatusOr<Answer> answer) {
      if (answer.ok()) {
        result = static_cast<const Response&>(**answer);
      } else {
        result = answer.status();
      }
    });
    return result;
  }
  absl::StatusOr<v1::ListOperationsResponse> List(const v1::ListOperationsRequest& request) {
    return Asked<v1::ListOperationsResponse>(
        [&](auto done) { methods_.List(request, caller_, std::move(done)); });
  }
  absl::StatusOr<v1::ListOperationsResponse> ListOf(const std::string& parent,
                                                    const std::string& filter = "") {
    v1::ListOperationsRequest request;
    request.set_parent(parent);
    request.set_filter(filter);
    return List(request);
  }
  static std::vector<std::string> Ids(const absl::StatusOr<v1::ListOperationsResponse>& page) {
    std::vector<std::string> ids;
    for (const v1::Operation& each : page->operations()) ids.push_back(each.name().substr(8));
    return ids;
  }
  absl::StatusOr<v1::Operation> Update(const std::string& text) {
    v1::UpdateOperationRequest request;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request)) << text;
    return Asked<v1::Operation>(
        [&](auto done) { methods_.Update(request, caller_, std::move(done)); });
  }
  absl::StatusOr<v1::Operation> Wait(const std::string& text) {
    v1::WaitOperationRequest request;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request)) << text;
    request.set_name(kFirstOperation);
    return Asked<v1::Operation>(
        [&](auto done) { methods_.Wait(request, caller_, std::move(done)); });
  }

  TestOperations operations_;
  base::SimulatedClock clock_;
  const aip::PageTokens tokens_{{{.id = 1, .key = base::Secret(std::string(32, 'k'))}}};
  std::vector<std::string> released_;
  absl::Status release_;  // what is answered to that
  OperationMethods methods_{operations_,
                            [this](const v1::Operation& operation, const auto&, auto done) {
                              released_.push_back(operation.name());
                              done(release_);
                            },
                            tokens_, clock_};
  Caller caller_{.principal = "tokens/a", .tenants = {"acme"}};
};

TEST_F(OperationMethodsTest, TheNewestComeFirstPageByPage) {
  EXPECT_THAT(Ids(ListOf("tenants/acme")),
              ElementsAre("acme/operations/2", "acme/operations/3", "acme/operations/1"));
  v1::ListOperationsRequest request;
  request.set_parent("tenants/acme");
  request.set_page_size(2);
  const auto first = List(request);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->operations_size(), 2);
  request.set_page_token(first->next_page_token());
  Add("acme", "4", 500, v1::Operation::RUNNING);  // between two pages
  const auto second = List(request);
  EXPECT_THAT(Ids(second), ElementsAre("acme/operations/1"));
  EXPECT_TRUE(second->next_page_token().empty());
  request.set_filter("done = true");
  EXPECT_EQ(aip::ReasonOf(List(request).status()), v1::PAGE_TOKEN_INVALID);
}

TEST_F(OperationMethodsTest, AreFilteredAndSeenByWhoMay) {
  EXPECT_THAT(Ids(ListOf("tenants/acme", "state = RUNNING")), ElementsAre("acme/operations/1"));
  EXPECT_THAT(Ids(ListOf("tenants/-")),
              ElementsAre("acme/operations/2", "acme/operations/3", "acme/operations/1"));
  caller_.tenants = {"-"};
  EXPECT_THAT(Ids(ListOf("tenants/-", "state = RUNNING")),
              ElementsAre("other/operations/1", "acme/operations/1"));
  EXPECT_EQ(aip::ReasonOf(ListOf("tenants/acme", "etag = \"x\"").status()), v1::FILTER_INVALID);
  EXPECT_THAT(std::string(ListOf("acme").status().message()), StartsWith("parent: "));
  v1::ListOperationsRequest request;
  request.set_parent("tenants/acme");
  request.set_order_by("progress");
  EXPECT_EQ(aip::ReasonOf(List(request).status()), v1::ORDER_BY_INVALID);
}

TEST_F(OperationMethodsTest, WaitsNoLongerThanTheCallerDoes) {
  ASSERT_TRUE(Wait("").ok());
  EXPECT_EQ(operations_.waited, seconds(30));
  ASSERT_TRUE(Wait("timeout { seconds: 60 }").ok());
  EXPECT_EQ(operations_.waited, seconds(60));
  caller_.answer_by = clock_.Wall() + seconds(10);
  ASSERT_TRUE(Wait("timeout { seconds: 60 }").ok());
  EXPECT_EQ(operations_.waited, seconds(10) - std::chrono::milliseconds(200));
  ASSERT_TRUE(Wait("timeout { seconds: 3 }").ok());
  EXPECT_EQ(operations_.waited, seconds(3));
  for (const char* wrong : {"timeout { seconds: 61 }", "timeout { seconds: 60 nanos: 1 }",
                            "timeout { seconds: -1 }", "timeout { nanos: -1 }"}) {
    EXPECT_THAT(std::string(Wait(wrong).status().message()), StartsWith("timeout: ")) << wrong;
  }
}

TEST_F(OperationMethodsTest, RateAndPauseAreChangedAndNothingElse) {
  const std::string name = std::string("operation { name: \"") + kFirstOperation + "\" ";
  const auto both = Update(name + "max_rate: 5 paused: true state: FAILED }");
  ASSERT_TRUE(both.ok()) << both.status();
  EXPECT_EQ(both->max_rate(), 5);
  EXPECT_TRUE(both->paused());
  EXPECT_EQ(both->state(), v1::Operation::RUNNING) << "only the server sets it";
  const auto freed = Update(name + "} update_mask { paths: \"max_rate\" paths: \"paused\" }");
  ASSERT_TRUE(freed.ok()) << freed.status();
  EXPECT_FALSE(freed->has_max_rate());
  EXPECT_FALSE(freed->paused());
  EXPECT_EQ(aip::ReasonOf(Update(name + "etag: \"\\\"old\\\"\" paused: true }").status()),
            v1::ETAG_MISMATCH);
  EXPECT_TRUE(Update(name + "etag: \"\\\"now\\\"\" paused: true }").ok());
  EXPECT_THAT(std::string(Update(name + "max_rate: 0 }").status().message()),
              StartsWith("operation.max_rate: "));
  EXPECT_EQ(aip::ReasonOf(Update(name + "} update_mask { paths: \"nothing\" }").status()),
            v1::UPDATE_MASK_INVALID);
  EXPECT_THAT(std::string(Update("operation { name: \"x\" }").status().message()),
              StartsWith("operation.name: "));
}

TEST_F(OperationMethodsTest, NamesAreCheckedAndWhatIsMissingIsNotFound) {
  const auto get = [this](const std::string& name) {
    v1::GetOperationRequest request;
    request.set_name(name);
    return Asked<v1::Operation>(
        [&](auto done) { methods_.Get(request, caller_, std::move(done)); });
  };
  EXPECT_EQ(get(kFirstOperation)->name(), kFirstOperation);
  EXPECT_EQ(aip::ReasonOf(get("tenants/acme/operations/9").status()), v1::RESOURCE_NOT_FOUND);
  EXPECT_THAT(std::string(get("1").status().message()), StartsWith("name: "));
  v1::CancelOperationRequest cancel;
  EXPECT_FALSE(Asked<v1::Operation>([&](auto done) {
                 methods_.Cancel(cancel, caller_, std::move(done));
               }).ok());
  cancel.set_name(kFirstOperation);
  EXPECT_EQ(Asked<v1::Operation>([&](auto done) {
              methods_.Cancel(cancel, caller_, std::move(done));
            })->state(),
            v1::Operation::CANCELLED);
  v1::DeleteOperationRequest forget;
  const auto ask = [&] {
    return Asked<google::protobuf::Empty>(
        [&](auto done) { methods_.Delete(forget, caller_, std::move(done)); });
  };
  EXPECT_FALSE(ask().ok());
  forget.set_name(kFirstOperation);
  EXPECT_TRUE(ask().ok());
  EXPECT_EQ(aip::ReasonOf(ask().status()), v1::RESOURCE_NOT_FOUND);
}

TEST_F(OperationMethodsTest, WhatDeletesATenantIsTheOperators) {
  constexpr char kDeletion[] = "tenants/acme/operations/d";
  Add("acme", "d", 600, v1::Operation::RUNNING);
  operations_.all.back().set_kind(v1::Operation::DELETE_TENANT);
  v1::GetOperationRequest get;
  get.set_name(kDeletion);
  v1::CancelOperationRequest cancel;
  cancel.set_name(kDeletion);
  v1::DeleteOperationRequest forget;
  forget.set_name(kDeletion);
  const auto reason_of = [&](auto call) { return aip::ReasonOf(call().status()); };
  const auto got = [&] {
    return Asked<v1::Operation>([&](auto done) { methods_.Get(get, caller_, std::move(done)); });
  };
  const auto cancelled = [&] {
    return Asked<v1::Operation>(
        [&](auto done) { methods_.Cancel(cancel, caller_, std::move(done)); });
  };
  const auto forgotten = [&] {
    return Asked<google::protobuf::Empty>(
        [&](auto done) { methods_.Delete(forget, caller_, std::move(done)); });
  };
  const auto paused = [&] {
    return Update(absl::StrCat("operation { name: '", kDeletion, "' paused: true }"));
  };
  // A caller of a tenant that has the name now.
  for (const v1::ErrorReason reason :
       {reason_of(got), reason_of(cancelled), reason_of(forgotten), reason_of(paused)}) {
    EXPECT_EQ(reason, v1::RESOURCE_NOT_FOUND);
  }
  EXPECT_THAT(Ids(ListOf("tenants/acme", "kind = DELETE_TENANT")), ElementsAre());
  // A reader of all tenants.
  caller_.tenants = {"-"};
  EXPECT_TRUE(got().ok());
  EXPECT_THAT(Ids(ListOf("tenants/acme", "kind = DELETE_TENANT")),
              ElementsAre("acme/operations/d"));
  for (const v1::ErrorReason reason :
       {reason_of(cancelled), reason_of(forgotten), reason_of(paused)}) {
    EXPECT_EQ(reason, v1::ROLE_FORBIDDEN);
  }
  caller_.is_operator = true;
  EXPECT_TRUE(paused()->paused());
  EXPECT_TRUE(released_.empty());
  release_ = absl::UnavailableError("the disk");
  EXPECT_FALSE(cancelled().ok()) << "its tenant is still marked";
  release_ = absl::OkStatus();
  EXPECT_EQ(cancelled()->state(), v1::Operation::CANCELLED);
  EXPECT_THAT(released_, ElementsAre(kDeletion, kDeletion));
  operations_.Find(kDeletion)->set_done(true);
  EXPECT_TRUE(forgotten().ok());
  EXPECT_THAT(released_, ElementsAre(kDeletion, kDeletion, kDeletion));
}

}  // namespace
}  // namespace carillon::control
