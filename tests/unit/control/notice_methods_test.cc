#include "carillon/control/notice_methods.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "control_fixtures.h"

namespace carillon::control {
namespace {

using notices::Kind;
using notices::Notice;
using notices::NoticeStore;

/// Notices in memory, the newest last.
class ListedNotices final : public NoticeStore {
 public:
  void Add(Notice notice) override {
    const auto id = static_cast<int64_t>(all.size()) + 1;
    all.push_back({id, std::move(notice)});
  }
  absl::StatusOr<std::vector<Kept>> Read(int64_t below, size_t limit,
                                         const std::string& tenant) override {
    if (!status.ok()) return status;
    std::vector<Kept> found;
    for (auto it = all.rbegin(); it != all.rend() && found.size() < limit; ++it) {
      if (!tenant.empty() && it->notice.tenant != tenant) continue;
      if (it->id < below) found.push_back(*it);
    }
    looked_at += found.size();
    return found;
  }
  uint64_t dropped() const override { return 0; }

  std::vector<Kept> all;
  absl::Status status;
  size_t looked_at = 0;
};

class NoticeMethodsTest : public testing::Test {
 protected:
  void Add(const std::string& tenant, const std::string& destination, Kind kind) {
    const base::WallTime now{std::chrono::seconds(1'700'000'000 + store_.all.size())};
    store_.Add({.tenant = tenant,
                .destination = destination,
                .kind = kind,
                .first = now,
                .last = now,
                .text = tenant.empty() ? "of the server" : ""});
  }
  absl::StatusOr<v1::ListNoticesResponse> List(v1::ListNoticesRequest request,
                                               std::vector<std::string> tenants = {"-"},
                                               bool is_operator = true) {
    v1::ListNoticesResponse response;
    const Caller caller{
        .principal = "x", .tenants = std::move(tenants), .is_operator = is_operator};
    absl::Status status = methods_.List(request, caller, response);
    if (!status.ok()) return status;
    return response;
  }
  /// `destination kind` of each.
  static std::vector<std::string> Lines(const v1::ListNoticesResponse& response) {
    std::vector<std::string> lines;
    for (const v1::Notice& notice : response.notices()) {
      lines.push_back(notice.destination() + " " + v1::Notice::Kind_Name(notice.kind()));
    }
    return lines;
  }
  static v1::ListNoticesRequest Of(const std::string& parent, const std::string& filter = "") {
    v1::ListNoticesRequest request;
    request.set_parent(parent);
    request.set_filter(filter);
    return request;
  }

  ListedNotices store_;
  const aip::PageTokens tokens_{{{.id = 1, .key = base::Secret(std::string(32, 'k'))}}};
  base::SystemClock clock_;
  NoticeMethods methods_{&store_, tokens_, clock_};
};

TEST_F(NoticeMethodsTest, TellsEveryFact) {
  const base::WallTime now{std::chrono::seconds(1'700'000'000)};
  store_.Add({.tenant = "acme",
              .destination = "orders",
              .uid = "u1",
              .kind = Kind::kBreakerOpened,
              .first = now,
              .last = now + std::chrono::seconds(2),
              .count = 3,
              .outcome = model::Outcome::kDns,
              .http_status = 503,
              .disabled = model::DisabledReason::kGone,
              .principal = "token:tokens/ops",
              .since = now - std::chrono::seconds(1)});
  const auto answer = List({});
  ASSERT_TRUE(answer.ok()) << answer.status();
  ASSERT_EQ(answer->notices_size(), 1);
  const v1::Notice& notice = answer->notices(0);
  EXPECT_EQ(notice.destination(), "tenants/acme/destinations/orders");
  EXPECT_EQ(notice.uid(), "u1");
  EXPECT_EQ(notice.kind(), v1::Notice::CIRCUIT_OPENED);
  EXPECT_EQ(notice.first_time().seconds(), 1'700'000'000);
  EXPECT_EQ(notice.last_time().seconds(), 1'700'000'002);
  EXPECT_EQ(notice.since_time().seconds(), 1'699'999'999);
  EXPECT_EQ(notice.count(), 3);
  EXPECT_EQ(notice.outcome(), v1::OUTCOME_DNS);
  EXPECT_EQ(notice.response_status(), 503);
  EXPECT_EQ(notice.principal(), "token:tokens/ops");
  EXPECT_EQ(notice.reason(), v1::DestinationStatus::GONE);
  EXPECT_EQ(answer->next_page_token(), "");
}

TEST_F(NoticeMethodsTest, EveryKindHasItsOwn) {
  for (int kind = 1; kind <= static_cast<int>(notices::kLastKind); ++kind) {
    Add("acme", "orders", static_cast<Kind>(kind));
  }
  std::set<int> kinds;
  const auto answer = List({});
  ASSERT_TRUE(answer.ok());
  for (const v1::Notice& notice : answer->notices()) kinds.insert(notice.kind());
  EXPECT_EQ(kinds.size(), static_cast<size_t>(v1::Notice::Kind_ARRAYSIZE) - 1);
  EXPECT_FALSE(kinds.contains(0));
}

TEST_F(NoticeMethodsTest, ACallerSeesItsTenantsAndAnOperatorTheServer) {
  Add("acme", "orders", Kind::kPaused);
  Add("other", "crm", Kind::kPaused);
  Add("", "", Kind::kStarted);
  const std::string acme = "tenants/acme/destinations/orders PAUSED";
  const std::string other = "tenants/other/destinations/crm PAUSED";
  using Lists = std::vector<std::string>;
  EXPECT_EQ(Lines(*List({})), (Lists{" STARTED", other, acme}));
  EXPECT_EQ(Lines(*List(Of("tenants/acme"))), (Lists{acme}));
  EXPECT_EQ(Lines(*List(Of("tenants/-"))), (Lists{other, acme}));
  EXPECT_EQ(Lines(*List({}, {"-"}, false)), (Lists{other, acme}));
  EXPECT_EQ(Lines(*List({}, {"acme"}, false)), (Lists{acme}));
  EXPECT_EQ(Lines(*List({}, {"acme"}, true)), (Lists{acme}));
  EXPECT_EQ(Lines(*List(Of("tenants/other"), {"acme"}, false)), Lists{});
}

TEST_F(NoticeMethodsTest, OneIsFoundByItsNameAlone) {
  Add("acme", "orders", Kind::kPaused);
  Add("other", "crm", Kind::kPaused);
  Add("", "", Kind::kStarted);
  const auto get = [this](const std::string& name, std::vector<std::string> tenants = {"-"},
                          bool is_operator = true) {
    v1::GetNoticeRequest request;
    request.set_name(name);
    v1::Notice notice;
    const absl::Status status = methods_.Get(
        request, {.principal = "x", .tenants = std::move(tenants), .is_operator = is_operator},
        notice);
    EXPECT_EQ(notice.name(), status.ok() ? name : "");
    return aip::ReasonOf(status);
  };
  const auto all = List({});
  ASSERT_EQ(all->notices_size(), 3);
  for (const v1::Notice& notice : all->notices()) {
    EXPECT_EQ(get(notice.name()), v1::ERROR_REASON_UNSPECIFIED);
  }
  EXPECT_EQ(get("notices/3"), v1::ERROR_REASON_UNSPECIFIED);
  for (const char* const name :
       {"tenants/other/notices/1", "tenants/acme/notices/2", "notices/1", "tenants/acme/notices/3",
        "tenants/acme/notices/7", "tenants/acme/notices/x", "tenants/acme/notices/0",
        "tenants/acme/notices/9223372036854775807", "tenants/acme/notices/01"}) {
    EXPECT_EQ(get(name), v1::RESOURCE_NOT_FOUND) << name;
  }
  EXPECT_EQ(get("tenants/other/notices/2", {"acme"}), v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(get("notices/3", {"-"}, false), v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(get("acme"), v1::FIELD_INVALID);
}

TEST_F(NoticeMethodsTest, FiltersAndPagesToTheEnd) {
  for (int i = 0; i < 7; ++i) {
    Add("acme", "d" + std::to_string(i), i % 2 == 0 ? Kind::kPaused : Kind::kResumed);
  }
  v1::ListNoticesRequest request = Of("tenants/acme", "kind = PAUSED");
  request.set_page_size(2);
  std::vector<std::string> seen;
  int pages = 0;
  do {
    const auto answer = List(request);
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_LE(answer->notices_size(), 2);
    std::ranges::copy(Lines(*answer), std::back_inserter(seen));
    request.set_page_token(answer->next_page_token());
    ASSERT_LT(++pages, 10);
  } while (!request.page_token().empty());
  EXPECT_EQ(seen,
            (std::vector<std::string>{
                "tenants/acme/destinations/d6 PAUSED", "tenants/acme/destinations/d4 PAUSED",
                "tenants/acme/destinations/d2 PAUSED", "tenants/acme/destinations/d0 PAUSED"}));
}

TEST_F(NoticeMethodsTest, APageLooksAtSoManyAtMost) {
  Add("acme", "orders", Kind::kDead);
  for (size_t i = 0; i < NoticeMethods::kMaxLookedAt; ++i) Add("other", "crm", Kind::kPaused);
  auto answer = List(Of("", "kind = DEAD"));
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->notices_size(), 0);
  EXPECT_EQ(store_.looked_at, NoticeMethods::kMaxLookedAt);
  v1::ListNoticesRequest request = Of("", "kind = DEAD");
  request.set_page_token(answer->next_page_token());
  answer = List(request);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->notices_size(), 1);
  EXPECT_EQ(answer->next_page_token(), "");
}

TEST_F(NoticeMethodsTest, WhatHappensToOthersDoesNotStandBeforeThoseOfATenant) {
  Add("acme", "orders", Kind::kPaused);
  for (size_t i = 0; i < NoticeMethods::kMaxLookedAt; ++i) Add("other", "crm", Kind::kPaused);
  const auto answer = List(Of("tenants/acme"), {"acme"}, false);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->notices_size(), 1);
  EXPECT_EQ(answer->next_page_token(), "");
}

TEST_F(NoticeMethodsTest, WhatIsWrongIsNamed) {
  EXPECT_THAT(List(Of("acme")).status().message(), testing::HasSubstr("tenants/{tenant}"));
  EXPECT_FALSE(List(Of("tenants/acme", "nothing = 1")).ok());
  v1::ListNoticesRequest request;
  request.set_page_size(-1);
  EXPECT_FALSE(List(request).ok());
  request = {};
  request.set_order_by("first_time");
  EXPECT_EQ(aip::ReasonOf(List(request).status()), v1::ORDER_BY_INVALID);
  request = {};
  request.set_page_token("of nobody");
  EXPECT_FALSE(List(request).ok());
  Add("acme", "orders", Kind::kPaused);
  Add("acme", "orders", Kind::kResumed);
  request = {};
  request.set_page_size(1);
  request.set_page_token(List(request)->next_page_token());
  request.set_filter("kind = PAUSED");  // not what the token was made for
  EXPECT_EQ(aip::ReasonOf(List(request).status()), v1::PAGE_TOKEN_INVALID);
}

TEST_F(NoticeMethodsTest, ThatItCannotReadIsSaid) {
  store_.status = absl::UnavailableError("the disk");
  EXPECT_EQ(aip::ReasonOf(List({}).status()), v1::STORE_UNAVAILABLE);
  v1::ListNoticesRequest request;
  v1::ListNoticesResponse response;
  const NoticeMethods without(nullptr, tokens_, clock_);
  EXPECT_EQ(aip::ReasonOf(without.List(request, {}, response)), v1::STORE_UNAVAILABLE);
}

}  // namespace
}  // namespace carillon::control
