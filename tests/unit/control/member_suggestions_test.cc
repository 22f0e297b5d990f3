// What filters of subscriptions can ask about.
#include "carillon/control/member_suggestions.h"

#include <gmock/gmock.h>

#include <initializer_list>
#include <string>

#include "carillon/aip/error.h"
#include "carillon/control/standard_methods.h"
#include "control_fixtures.h"

namespace carillon::control {
namespace {

using Member = v1::SuggestMembersResponse::Member;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class MemberSuggestionsTest : public ControlTest {
 protected:
  MemberSuggestionsTest() : event_types_(*repository_, *types_[5], clock_) {}

  void Register(const std::string& id, const v1::EventType& given) {
    const auto made = Await<v1::EventType>([&](Methods::Done done) {
      event_types_.Create({"CreateEventType", given, "", false}, {.principal = "tokens/a"}, "", id,
                          given, std::move(done));
    });
    ASSERT_TRUE(made.ok()) << made.status();
  }
  void RegisterSample(const std::string& id, const std::string& sample) {
    v1::EventType type;
    type.set_sample(sample);
    Register(id, type);
  }
  static v1::SuggestMembersRequest Of(std::initializer_list<const char*> types) {
    v1::SuggestMembersRequest request;
    for (const char* type : types) request.add_types(type);
    return request;
  }
  v1::SuggestMembersResponse Suggest(const v1::SuggestMembersRequest& request) {
    v1::SuggestMembersResponse response;
    const absl::Status status = MemberSuggestions(*repository_).Suggest(request, response);
    EXPECT_TRUE(status.ok()) << status;
    return response;
  }
  std::vector<std::string> Paths(const v1::SuggestMembersRequest& request) {
    std::vector<std::string> paths;
    const v1::SuggestMembersResponse response = Suggest(request);
    for (const Member& member : response.members()) paths.push_back(member.path());
    return paths;
  }
  std::string Refusal(const v1::SuggestMembersRequest& request) {
    v1::SuggestMembersResponse response;
    return MemberSuggestions(*repository_).Suggest(request, response).ToString();
  }

  Methods event_types_;
};

TEST_F(MemberSuggestionsTest, SchemasAndSamplesSayThem) {
  v1::EventType type;
  type.mutable_json_schema()->set_schema(
      R"({"type":"object","properties":{"state":{"enum":["new","paid"],"description":"How."}}})");
  type.set_sample(R"({"state":"new","who":{"e.mail":"a@b"}})");
  Register("order.paid", type);
  const auto response = Suggest(Of({"order.paid"}));
  ASSERT_EQ(response.members_size(), 3);
  const Member& state = response.members(0);
  EXPECT_EQ(state.path(), "state");
  EXPECT_EQ(state.kind(), Member::TEXT);
  EXPECT_EQ(state.description(), "How.");
  EXPECT_EQ(state.sample(), R"("new")");
  EXPECT_THAT(state.values(), ElementsAre(R"("new")", R"("paid")"));
  EXPECT_EQ(state.event_type_count(), 1);
  EXPECT_THAT(response.members(2).names(), ElementsAre("who", "e.mail"));
  EXPECT_FALSE(response.truncated());
}

TEST_F(MemberSuggestionsTest, WhatMostTypesHaveComesFirst) {
  RegisterSample("order.new", R"({"z":1,"a":"x"})");
  RegisterSample("order.paid", R"({"z":"text","b":1})");
  const auto response = Suggest(Of({"order.*"}));
  ASSERT_EQ(response.members_size(), 3);
  EXPECT_EQ(response.members(0).path(), "z");
  EXPECT_EQ(response.members(0).event_type_count(), 2);
  EXPECT_EQ(response.members(0).kind(), Member::KIND_UNSPECIFIED) << "once this, once that";
  EXPECT_EQ(response.members(0).sample(), "1");
  EXPECT_EQ(response.members(1).path(), "a");
  EXPECT_EQ(response.members(2).path(), "b");
}

TEST_F(MemberSuggestionsTest, TypesAreThoseOfASubscription) {
  RegisterSample("order.new", R"({"mine":1})");
  EXPECT_THAT(Paths(Of({"eventTypes/order.new", "order.new"})), ElementsAre("mine"));
  EXPECT_EQ(Suggest(Of({"eventTypes/order.new", "order.*"})).members(0).event_type_count(), 1);
  // All but what Carillon publishes itself; that by its name alone.
  v1::SuggestMembersRequest all;
  all.set_page_size(500);
  EXPECT_THAT(Paths(all), Contains("mine"));
  EXPECT_THAT(Paths(all), Not(Contains("destination")));
  EXPECT_THAT(Paths(Of({"destination.disabled"})), Contains("destination"));
  // Built in: nobody has registered it.
  EXPECT_THAT(Paths(Of({"session.create"})), Not(IsEmpty()));
}

TEST_F(MemberSuggestionsTest, APrefixAndASizeLeaveOthersOut) {
  RegisterSample("order.new", R"({"who":{"name":"a","city":"b"},"what":1})");
  v1::SuggestMembersRequest request = Of({"order.new"});
  request.set_prefix("who.");
  EXPECT_THAT(Paths(request), ElementsAre("who.city", "who.name"));
  request.set_page_size(1);
  EXPECT_THAT(Paths(request), ElementsAre("who.city"));
  EXPECT_TRUE(Suggest(request).truncated());
  request.set_page_size(2);
  EXPECT_FALSE(Suggest(request).truncated());
}

TEST_F(MemberSuggestionsTest, WhatIsWrongIsNamed) {
  EXPECT_THAT(Refusal(Of({"session.create", "order.gone"})), HasSubstr("order.gone"));
  EXPECT_THAT(Refusal(Of({"nothing.*"})), HasSubstr("no event type matches"));
  v1::SuggestMembersRequest request;
  request.set_page_size(-1);
  EXPECT_THAT(Refusal(request), HasSubstr("page_size"));
  request.set_page_size(1);
  request.set_prefix(std::string(256, 'x'));
  EXPECT_EQ(Refusal(request), "OK");
  request.set_prefix(std::string(257, 'x'));
  EXPECT_THAT(Refusal(request), HasSubstr("prefix"));
  request.clear_prefix();
  for (int i = 0; i < MemberSuggestions::kMaxPatterns; ++i) request.add_types("session.create");
  EXPECT_EQ(Refusal(request), "OK");
  request.add_types("session.create");
  EXPECT_THAT(Refusal(request), HasSubstr("types"));
}

TEST_F(MemberSuggestionsTest, ManyTypesAreLookedAtInPart) {
  for (size_t i = 0; i <= MemberSuggestions::kMaxTypes; ++i) {
    RegisterSample("many.t" + std::to_string(1000 + i), R"({"a":1})");
  }
  const auto response = Suggest(Of({"many.*"}));
  EXPECT_EQ(response.members(0).event_type_count(), MemberSuggestions::kMaxTypes);
  EXPECT_TRUE(response.truncated());
}

}  // namespace
}  // namespace carillon::control
