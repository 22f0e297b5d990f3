#include "carillon/control/standard_methods.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "control_fixtures.h"

namespace carillon::control {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::SizeIs;
using ::testing::StartsWith;

using MethodsTest = ControlTest;

std::string FieldOf(const absl::Status &status) {
  google::rpc::BadRequest bad;
  if (!aip::GetDetail(status, bad) || bad.field_violations().empty()) return "";
  return bad.field_violations(0).field();
}

TEST_F(MethodsTest, CreatesWhatIsThenInForce) {
  const auto made = Create("orders", absl::StrCat(kUrl, " display_name: \"Orders\""));
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->name(), kOrders);
  EXPECT_EQ(made->uid().size(), 36u);
  EXPECT_THAT(made->etag(), StartsWith("\""));
  EXPECT_GT(made->revision(), 0);
  EXPECT_EQ(made->create_time().seconds(), 1'700'000'000);
  EXPECT_EQ(made->update_time().seconds(), 1'700'000'000);
  EXPECT_EQ(made->origin().kind(), v1::Origin::API);
  ASSERT_NE(InForce("orders"), nullptr);
  EXPECT_EQ(InForce("orders")->url, "https://receiver.example/hooks");
  EXPECT_EQ(InForce("orders")->tenant, "acme");
  const auto got = Get(kOrders);
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got->etag(), made->etag());
  EXPECT_EQ(got->revision(), made->revision());
  EXPECT_EQ(repository_->revision(), static_cast<uint64_t>(made->revision()));
}

TEST_F(MethodsTest, MakesTwoKeysAndShowsTheirSecretsOnce) {
  const auto made = Create("orders", kUrl);
  ASSERT_TRUE(made.ok()) << made.status();
  ASSERT_EQ(made->keys_size(), 2);
  EXPECT_EQ(made->keys(0).name(), absl::StrCat(kOrders, "/keys/first"));
  EXPECT_THAT(made->keys(0).secret().value(), StartsWith("whsec_"));
  EXPECT_NE(made->keys(0).secret().value(), made->keys(1).secret().value());
  EXPECT_THAT(InForce("orders")->keys, SizeIs(2));
  const auto got = Get(kOrders);
  ASSERT_TRUE(got.ok());
  ASSERT_EQ(got->keys_size(), 2);
  EXPECT_EQ(got->keys(0).secret().value(), "");
  EXPECT_TRUE(got->keys(0).secret().set());
  for (const auto &[key, entry] : disk_.entries) {
    EXPECT_THAT(entry.value, Not(HasSubstr("whsec_"))) << key;
  }
}

TEST_F(MethodsTest, TakesGivenKeys) {
  constexpr char kSecret[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const auto made = Create(
      "orders", absl::StrCat(kUrl, " keys { name: \"mine\" secret { value: \"", kSecret, "\" } }"));
  ASSERT_TRUE(made.ok()) << made.status();
  ASSERT_EQ(made->keys_size(), 1);
  EXPECT_EQ(made->keys(0).secret().value(), kSecret);
}

TEST_F(MethodsTest, MakesNoKeysForWhoAsksForNone) {
  const auto made = Create("orders", absl::StrCat(kUrl, " unsigned_requests: true"));
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->keys_size(), 0);
  EXPECT_THAT(InForce("orders")->keys, IsEmpty());
  EXPECT_TRUE(InForce("orders")->unsigned_requests);
  // It stays so until it has a key.
  v1::Destination given = *made;
  given.set_unsigned_requests(false);
  EXPECT_EQ(FieldOf(Update(given, {"unsigned_requests"}).status()),
            "destination.unsigned_requests");
  EXPECT_TRUE(Update(*made, {"*"}).ok());
  constexpr char kKey[] =
      " keys { name: \"k\" secret { value: "
      "\"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\" } }";
  EXPECT_EQ(FieldOf(Create("other", absl::StrCat(kUrl, " unsigned_requests: true", kKey)).status()),
            "destination.unsigned_requests");
}

TEST_F(MethodsTest, WhoWantsNoSignaturesAnyMoreRevokesTheKeys) {
  const auto made = Create("orders", kUrl);
  ASSERT_TRUE(made.ok());
  v1::Destination given = *Get(kOrders);
  given.set_unsigned_requests(true);
  const auto updated = Update(given, {"unsigned_requests"});
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->keys_size(), 0);
  EXPECT_THAT(InForce("orders")->keys, IsEmpty());
  // What signs cannot do without.
  ASSERT_TRUE(Create("hmac", absl::StrCat(kUrl, " signature { header: \"X-Sig\" }")).ok());
  given = *Get("tenants/acme/destinations/hmac");
  given.set_unsigned_requests(true);
  EXPECT_EQ(FieldOf(Update(given, {"unsigned_requests"}).status()), "destination.signature");
  EXPECT_THAT(InForce("hmac")->keys, SizeIs(2));
}

TEST_F(MethodsTest, MakesAnIdOfTheHost) {
  const auto made = Create("", "url: \"https://API.acme.example:443/hooks\"");
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_THAT(made->name(), MatchesRegex("tenants/acme/destinations/api-acme-example-[0-9a-f]{8}"));
  const auto other = Create("", "url: \"https://api.acme.example/hooks\"");
  ASSERT_TRUE(other.ok());
  EXPECT_NE(other->name(), made->name());
}

TEST_F(MethodsTest, RefusesBadInputByField) {
  const struct {
    const char *id;
    std::string text;
    const char *field;
  } cases[] = {
      {"orders", "url: \"ftp://x\"", "destination.url"},
      {"orders", absl::StrCat(kUrl, " concurrency: 0"), "destination.concurrency"},
      {"orders", absl::StrCat(kUrl, " headers { name: \"host\" value: \"x\" }"),
       "destination.headers[0].name"},
      {"orders", "url: \"http://127.0.0.1/\"", "destination.url"},  // the guard
      {"Orders", kUrl, "destination.name"},
      {"a/b", kUrl, "destination_id"},
      {"", "url: \"x\"", "destination.url"},
  };
  for (const auto &c : cases) {
    const auto made = Create(c.id, c.text);
    EXPECT_EQ(aip::ReasonOf(made.status()), v1::FIELD_INVALID) << c.text << made.status();
    EXPECT_EQ(FieldOf(made.status()), c.field) << c.text;
  }
  EXPECT_EQ(FieldOf(Create("orders", kUrl, {.parent = "tenants"}).status()), "parent");
  EXPECT_EQ(FieldOf(Create("orders", kUrl, {.parent = "tenants/-"}).status()), "parent");
  EXPECT_EQ(FieldOf(Create("orders", kUrl, {.request_id = "a b"}).status()), "request_id");
  EXPECT_EQ(FieldOf(Create("orders", kUrl, {.request_id = std::string(65, 'a')}).status()),
            "request_id");
  EXPECT_THAT(repository_->List(""), IsEmpty());
}

TEST_F(MethodsTest, FilesAndVariablesAreTheFilesOnly) {
  for (const char *source : {"file: \"/etc/passwd\"", "env: \"HOME\""}) {
    const auto made = Create(
        "orders", absl::StrCat(kUrl, " authorization { bearer { token { ", source, " } } }"));
    EXPECT_EQ(aip::ReasonOf(made.status()), v1::FILE_ONLY) << made.status();
  }
}

TEST_F(MethodsTest, NamesAreTakenOnce) {
  ASSERT_TRUE(Create("orders", kUrl).ok());
  EXPECT_EQ(aip::ReasonOf(Create("orders", kUrl).status()), v1::RESOURCE_EXISTS);
  EXPECT_EQ(aip::ReasonOf(Create("in-file", kUrl).status()), v1::NAME_IN_FILE);
  EXPECT_TRUE(Create("in-file", kUrl, {.parent = "tenants/other"}).ok());
}

TEST_F(MethodsTest, WhatTheFileHasIsReadOnly) {
  const auto got = Get("tenants/acme/destinations/in-file");
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->origin().kind(), v1::Origin::FILE);
  EXPECT_EQ(aip::ReasonOf(Update(*got).status()), v1::READ_ONLY_FILE);
  EXPECT_EQ(aip::ReasonOf(Delete(got->name())), v1::READ_ONLY_FILE);
}

TEST_F(MethodsTest, WhatIsNotThereIsNotFound) {
  EXPECT_EQ(aip::ReasonOf(Get(kOrders).status()), v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(aip::ReasonOf(Delete(kOrders)), v1::RESOURCE_NOT_FOUND);
  EXPECT_TRUE(Delete(kOrders, "", true).ok());
  v1::Destination given = Made<v1::Destination>(kUrl);
  given.set_name(kOrders);
  EXPECT_EQ(aip::ReasonOf(Update(given).status()), v1::RESOURCE_NOT_FOUND);
  for (const char *name : {"", "orders", "tenants/acme", "tenants/-/destinations/orders"}) {
    EXPECT_EQ(FieldOf(Get(name).status()), "name") << name;
    EXPECT_EQ(FieldOf(Delete(name)), "name") << name;
  }
}

TEST_F(MethodsTest, UpdateWithAllowMissingCreates) {
  v1::Destination given = Made<v1::Destination>(kUrl);
  given.set_name(kOrders);
  const auto made = Update(given, {}, true);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_THAT(made->keys(0).secret().value(), StartsWith("whsec_"));
  EXPECT_NE(InForce("orders"), nullptr);
}

TEST_F(MethodsTest, UpdatesByMask) {
  const auto made = Create("orders", absl::StrCat(kUrl, " concurrency: 4 display_name: \"A\""));
  ASSERT_TRUE(made.ok());
  v1::Destination given;
  given.set_name(kOrders);
  given.set_display_name("B");
  clock_.Advance(std::chrono::seconds(60));
  const auto updated = Update(given, {"display_name", "concurrency"});
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->display_name(), "B");
  EXPECT_FALSE(updated->has_concurrency());
  EXPECT_EQ(updated->url(), made->url());
  EXPECT_EQ(updated->uid(), made->uid());
  EXPECT_NE(updated->etag(), made->etag());
  EXPECT_GT(updated->revision(), made->revision());
  EXPECT_EQ(updated->create_time().seconds(), made->create_time().seconds());
  EXPECT_EQ(updated->update_time().seconds(), made->update_time().seconds() + 60);
  EXPECT_EQ(updated->keys(0).secret().value(), "");
  EXPECT_EQ(InForce("orders")->concurrency, 32u);
  EXPECT_THAT(InForce("orders")->keys, SizeIs(2));
  EXPECT_EQ(aip::ReasonOf(Update(given, {"nam"}).status()), v1::UPDATE_MASK_INVALID);
}

TEST_F(MethodsTest, WhatIsMergedIsValidatedAsAWhole) {
  ASSERT_TRUE(Create("orders", kUrl).ok());
  v1::Destination given;
  given.set_name(kOrders);
  const auto updated = Update(given, {"url"});
  EXPECT_EQ(FieldOf(updated.status()), "destination.url");
  EXPECT_EQ(InForce("orders")->url, "https://receiver.example/hooks");
}

TEST_F(MethodsTest, ReadModifyWriteKeepsSecrets) {
  const auto made = Create(
      "orders", absl::StrCat(kUrl,
                             " authorization { bearer { token { value: \"hidden-token\" } } }"
                             " headers { name: \"x-api-key\" value: \"hidden-key\" }"));
  ASSERT_TRUE(made.ok()) << made.status();
  auto read = Get(kOrders);
  ASSERT_TRUE(read.ok());
  EXPECT_THAT(read->DebugString(), Not(HasSubstr("hidden")));
  read->set_display_name("B");
  for (const std::vector<std::string> &paths : {std::vector<std::string>(), {"*"}}) {
    const auto updated = Update(*read, paths);
    ASSERT_TRUE(updated.ok()) << updated.status();
    EXPECT_EQ(InForce("orders")->headers.at(0).value.Reveal(), "hidden-key");
    EXPECT_THAT(InForce("orders")->keys, SizeIs(2));
    read = Get(kOrders);
  }
}

TEST_F(MethodsTest, KeysAreNotUpdated) {
  ASSERT_TRUE(Create("orders", kUrl).ok());
  auto read = Get(kOrders);
  read->mutable_keys()->DeleteSubrange(0, 1);
  EXPECT_EQ(FieldOf(Update(*read).status()), "destination.keys");
  EXPECT_EQ(FieldOf(Update(*read, {"keys"}).status()), "destination.keys");
}

TEST_F(MethodsTest, OneOfTwoWritersWins) {
  const auto made = Create("orders", kUrl);
  ASSERT_TRUE(made.ok());
  v1::Destination first = *made;
  first.set_display_name("first");
  v1::Destination second = *made;
  second.set_display_name("second");
  ASSERT_TRUE(Update(first, {"display_name"}).ok());
  const auto lost = Update(second, {"display_name"});
  EXPECT_EQ(aip::ReasonOf(lost.status()), v1::ETAG_MISMATCH);
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(aip::GetDetail(lost.status(), info));
  EXPECT_EQ(info.metadata().at("etag"), Get(kOrders)->etag());
  second.clear_etag();  // the last writer wins
  EXPECT_TRUE(Update(second, {"display_name"}).ok());
  EXPECT_EQ(aip::ReasonOf(Delete(kOrders, made->etag())), v1::ETAG_MISMATCH);
  EXPECT_TRUE(Delete(kOrders, Get(kOrders)->etag()).ok());
  EXPECT_EQ(InForce("orders"), nullptr);
}

TEST_F(MethodsTest, AnIncarnationHasItsOwnUidAndEtag) {
  const auto first = Create("orders", kUrl);
  ASSERT_TRUE(Delete(kOrders).ok());
  const auto second = Create("orders", kUrl);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_NE(first->uid(), second->uid());
  EXPECT_NE(first->etag(), second->etag());
}

TEST_F(MethodsTest, MakesAnIdOfASubscription) {
  ASSERT_TRUE(Create("orders", kUrl).ok());
  const auto made =
      Subscribe("", "types: \"session.*\" destinations: \"tenants/acme/destinations/orders\"");
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_THAT(made->name(), MatchesRegex("tenants/acme/subscriptions/subscription-[0-9a-f]{8}"));
}

TEST_F(MethodsTest, SubscriptionsNameDestinationsOfStoreAndFile) {
  ASSERT_TRUE(Create("orders", kUrl).ok());
  const auto made = Subscribe("paid",
                              "types: \"session.*\" destinations: "
                              "\"orders\" destinations: \"in-file\"");
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_THAT(made->destinations(), ElementsAre(kOrders, "tenants/acme/destinations/in-file"));
  EXPECT_EQ(FieldOf(Subscribe("x", "types: \"session.*\" destinations: \"none\"").status()),
            "subscription.destinations[0]");
  EXPECT_EQ(FieldOf(Subscribe("x", "types: \"no.such\" destinations: \"orders\"").status()),
            "subscription.types[0]");
  EXPECT_EQ(FieldOf(Subscribe("x",
                              "types: \"*\" destinations: "
                              "\"tenants/other/destinations/orders\"")
                        .status()),
            "subscription.destinations[0]");
}

TEST_F(MethodsTest, DestinationsInUseStay) {
  ASSERT_TRUE(Create("orders", kUrl).ok());
  ASSERT_TRUE(Create("others", kUrl).ok());
  ASSERT_TRUE(Subscribe("one", "types: \"*\" destinations: \"orders\"").ok());
  ASSERT_TRUE(
      Subscribe("two", "types: \"*\" destinations: \"orders\" destinations: \"others\"").ok());
  const absl::Status refused = Delete(kOrders);
  EXPECT_EQ(aip::ReasonOf(refused), v1::RESOURCE_IN_USE);
  google::rpc::PreconditionFailure failure;
  ASSERT_TRUE(aip::GetDetail(refused, failure));
  EXPECT_EQ(failure.violations_size(), 2);
  EXPECT_EQ(failure.violations(0).subject(), "tenants/acme/subscriptions/one");
  ASSERT_TRUE(Delete(kOrders, "", false, true).ok());
  EXPECT_EQ(aip::ReasonOf(subscriptions_->Get("tenants/acme/subscriptions/one").status()),
            v1::RESOURCE_NOT_FOUND);
  const auto left = subscriptions_->Get("tenants/acme/subscriptions/two");
  ASSERT_TRUE(left.ok());
  EXPECT_THAT(static_cast<const v1::Subscription &>(**left).destinations(),
              ElementsAre("tenants/acme/destinations/others"));
}

TEST_F(MethodsTest, ValidateOnlyChangesNothing) {
  const int writes = store_->writes;
  const auto made = Create("orders", kUrl, {.validate_only = true});
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->uid(), "");
  EXPECT_EQ(made->etag(), "");
  EXPECT_EQ(made->keys(0).secret().value(), "");
  EXPECT_EQ(InForce("orders"), nullptr);
  EXPECT_EQ(FieldOf(Create("orders", "url: \"x\"", {.validate_only = true}).status()),
            "destination.url");
  EXPECT_EQ(aip::ReasonOf(Create("in-file", kUrl, {.validate_only = true}).status()),
            v1::NAME_IN_FILE);
  EXPECT_EQ(store_->writes, writes);
  ASSERT_TRUE(Create("orders", kUrl).ok());
  v1::Destination given = Made<v1::Destination>("display_name: \"B\"");
  given.set_name(kOrders);
  EXPECT_EQ(Update(given, {}, false, {.validate_only = true})->display_name(), "B");
  EXPECT_TRUE(Delete(kOrders, "", false, false, true).ok());
  EXPECT_EQ(Get(kOrders)->display_name(), "");
}

TEST_F(MethodsTest, ARepeatedCallGetsTheFirstAnswer) {
  const auto first = Create("orders", kUrl, {.request_id = "r1"});
  ASSERT_TRUE(first.ok()) << first.status();
  const uint64_t revision = repository_->revision();
  for (int i = 0; i < 2; ++i) {
    const auto again = Create("orders", kUrl, {.request_id = "r1"});
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
    EXPECT_THAT(again->keys(0).secret().value(), StartsWith("whsec_"));
    EXPECT_EQ(repository_->revision(), revision);
    Restart();
  }
  EXPECT_EQ(aip::ReasonOf(
                Create("orders", "url: \"https://other.example/\"", {.request_id = "r1"}).status()),
            v1::REQUEST_ID_REUSED);
  EXPECT_EQ(
      aip::ReasonOf(Create("orders", kUrl, {.request_id = "r1", .principal = "tokens/b"}).status()),
      v1::RESOURCE_EXISTS);
  clock_.Advance(std::chrono::hours(24));
  EXPECT_EQ(aip::ReasonOf(Create("orders", kUrl, {.request_id = "r1"}).status()),
            v1::RESOURCE_EXISTS);
}

TEST_F(MethodsTest, FailedCallsAreNotRemembered) {
  EXPECT_FALSE(Create("orders", "url: \"x\"", {.request_id = "r1"}).ok());
  EXPECT_TRUE(Create("orders", kUrl, {.request_id = "r1"}).ok());
}

TEST_F(MethodsTest, OldAnswersAreForgotten) {
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(Create(absl::StrCat("d", i), kUrl, {.request_id = absl::StrCat("r", i)}).ok());
  }
  const auto answers = [&] {
    return std::ranges::count_if(disk_.entries,
                                 [](const auto &e) { return e.first.starts_with("answers/"); });
  };
  EXPECT_EQ(answers(), 5);
  clock_.Advance(std::chrono::hours(25));
  ASSERT_TRUE(Create("d9", kUrl).ok());
  EXPECT_EQ(answers(), 0);
}

class ListTest : public ControlTest {
 protected:
  std::vector<std::string> Names(const ListRequest &request, const Caller &caller = {}) {
    const auto page = destinations_->List(request, caller);
    EXPECT_TRUE(page.ok()) << page.status();
    return page.ok() ? NamesOf(*page) : std::vector<std::string>();
  }
  static std::vector<std::string> NamesOf(const Page &page) {
    std::vector<std::string> names;
    for (const auto &resource : page.resources) {
      const std::string name = static_cast<const v1::Destination &>(*resource).name();
      names.push_back(name.substr(name.rfind('/') + 1));
    }
    return names;
  }
  v1::ErrorReason Refusal(const ListRequest &request, const Caller &caller = {}) {
    return aip::ReasonOf(destinations_->List(request, caller).status());
  }
};

TEST_F(ListTest, ListsStoreAndFile) {
  ASSERT_TRUE(Create("b", absl::StrCat(kUrl, " display_name: \"one\"")).ok());
  ASSERT_TRUE(Create("z", absl::StrCat(kUrl, " labels { key: \"team\" value: \"x\" }")).ok());
  ASSERT_TRUE(Create("o", kUrl, {.parent = "tenants/other"}).ok());
  EXPECT_THAT(Names({.method = "L", .parent = "tenants/acme"}), ElementsAre("b", "in-file", "z"));
  EXPECT_THAT(Names({.method = "L", .parent = "tenants/-"}), ElementsAre("b", "in-file", "z", "o"));
  EXPECT_THAT(Names({.method = "L", .parent = "tenants/none"}), IsEmpty());
  EXPECT_THAT(Names({.method = "L", .parent = "tenants/acme", .order_by = "name desc"}),
              ElementsAre("z", "in-file", "b"));
  EXPECT_THAT(Names({.method = "L", .parent = "tenants/acme", .filter = "origin.kind = API"}),
              ElementsAre("b", "z"));
  EXPECT_THAT(Names({.method = "L", .parent = "tenants/acme", .filter = "labels.team = \"x\""}),
              ElementsAre("z"));
  // A tenant's caller sees only its own, whatever it asks for.
  EXPECT_THAT(Names({.method = "L", .parent = "tenants/-"}, {.tenants = {"other"}}),
              ElementsAre("o"));
  EXPECT_THAT(Names({.method = "L", .parent = "tenants/acme"}, {.tenants = {"other"}}), IsEmpty());
}

TEST_F(ListTest, ShowsNoSecret) {
  ASSERT_TRUE(Create("b", kUrl).ok());
  const auto page = destinations_->List({.method = "L", .parent = "tenants/acme"}, {});
  ASSERT_TRUE(page.ok());
  for (const auto &resource : page->resources) {
    EXPECT_THAT(resource->DebugString(), Not(HasSubstr("whsec_")));
  }
}

TEST_F(ListTest, RefusesBadInput) {
  EXPECT_EQ(Refusal({.method = "L", .parent = "x"}), v1::FIELD_INVALID);
  EXPECT_EQ(Refusal({.method = "L", .parent = "tenants/a", .page_size = -1}), v1::FIELD_INVALID);
  EXPECT_EQ(Refusal({.method = "L", .parent = "tenants/a", .page_token = "x"}),
            v1::PAGE_TOKEN_INVALID);
  EXPECT_EQ(Refusal({.method = "L", .parent = "tenants/a", .filter = "x"}), v1::FILTER_INVALID);
  EXPECT_EQ(Refusal({.method = "L", .parent = "tenants/a", .order_by = "x"}), v1::ORDER_BY_INVALID);
}

TEST_F(ListTest, PagesSeeEachOnceWhileOthersComeAndGo) {
  std::set<std::string> there = {"in-file"};
  for (int i = 0; i < 20; ++i) {
    const std::string id = absl::StrCat("k", i);
    ASSERT_TRUE(Create(id, kUrl).ok());
    there.insert(id);
  }
  int round = 0;
  for (const char *order : {"name", "name desc", "create_time"}) {
    ++round;
    std::multiset<std::string> seen;
    ListRequest request{.method = "L", .parent = "tenants/acme", .page_size = 3, .order_by = order};
    for (int pages = 0;; ++pages) {
      const auto page = destinations_->List(request, {});
      ASSERT_TRUE(page.ok()) << page.status();
      for (const std::string &name : NamesOf(*page)) seen.insert(name);
      if (page->next_page_token.empty()) break;
      EXPECT_THAT(page->resources, SizeIs(3));
      request.page_token = page->next_page_token;
      // In front of what was read, and behind it.
      const std::string in_front = absl::StrCat("a", round, "-", pages);
      ASSERT_TRUE(Create(in_front, kUrl).ok());
      if (pages % 2 == 0) ASSERT_TRUE(Delete("tenants/acme/destinations/" + in_front).ok());
    }
    for (const std::string &name : there) EXPECT_EQ(seen.count(name), 1u) << name << order;
    for (const std::string &name : seen) EXPECT_EQ(seen.count(name), 1u) << name << order;
  }
}

TEST_F(ListTest, TokensAreForTheSameListAndOutliveARestart) {
  ASSERT_TRUE(Create("b", kUrl).ok());
  const ListRequest first{.method = "L", .parent = "tenants/acme", .page_size = 1};
  const auto page = destinations_->List(first, {});
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->total_size, 2);
  ListRequest next = first;
  next.page_token = page->next_page_token;
  Restart();
  EXPECT_THAT(Names(next), ElementsAre("in-file"));
  ListRequest other = next;
  other.filter = "name:*";
  EXPECT_EQ(Refusal(other), v1::PAGE_TOKEN_INVALID);
  other = next;
  other.parent = "tenants/-";
  EXPECT_EQ(Refusal(other), v1::PAGE_TOKEN_INVALID);
  EXPECT_EQ(Refusal(next, {.tenants = {"acme"}}), v1::PAGE_TOKEN_INVALID);
  clock_.Advance(std::chrono::hours(25));
  EXPECT_EQ(Refusal(next), v1::PAGE_TOKEN_INVALID);
}

}  // namespace
}  // namespace carillon::control
