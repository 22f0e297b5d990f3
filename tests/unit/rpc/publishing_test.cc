// What one message of events becomes, before a journal that the test controls.

#include "carillon/rpc/publishing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "carillon/access/token_secret.h"
#include "carillon/aip/error.h"
#include "carillon/base/clock.h"
#include "carillon/store/refusal.h"
#include "held_journal.h"
#include "queue_support.h"

namespace carillon::rpc {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class PublishingTest : public QueueTest {
 protected:
  PublishingTest() {
    publishing_.SetCatalog(
        std::make_shared<const ingest::Catalog>(ingest::Catalog{"session.create"}));
    queue_->Start("publish-0");
  }

  static v1::PublishRequest Sessions(const std::vector<std::string>& ids) {
    v1::PublishRequest request;
    for (const std::string& id : ids) {
      v1::Event* event = request.add_events();
      event->set_id(id);
      event->mutable_session()->set_uuid("u");
      event->mutable_session()->set_action("create");
    }
    return request;
  }
  static grpc::ByteBuffer Bytes(const std::string& text, size_t pieces = 1) {
    std::vector<grpc::Slice> slices;
    for (size_t i = 0; i < pieces; ++i) {
      const size_t from = text.size() * i / pieces;
      slices.emplace_back(text.substr(from, text.size() * (i + 1) / pieces - from));
    }
    return grpc::ByteBuffer(slices.data(), slices.size());
  }

  /// One message, and what is answered: nothing yet, how often, what.
  struct Call {
    std::optional<absl::StatusOr<v1::PublishResponse>> answer;
    int answers = 0;
    std::thread::id thread;
  };
  void AnswerAll() {
    journal_.AnswerAll();
    Settle();
  }
  /// `call` outlives the answer: each test ends with all of them.
  void Publish(grpc::ByteBuffer request, Call& call) {
    queue_->Post([this, request = std::move(request), &call] {
      publishing_.Publish(request, *queue_, std::nullopt, caller_,
                          [&call](const absl::StatusOr<grpc::ByteBuffer>& answer) {
                            ++call.answers;
                            call.thread = std::this_thread::get_id();
                            call.answer = Parse(answer);
                          });
    });
    Settle();
  }
  void Publish(const v1::PublishRequest& request, Call& call) {
    Publish(Bytes(request.SerializeAsString()), call);
  }
  static absl::StatusOr<v1::PublishResponse> Parse(const absl::StatusOr<grpc::ByteBuffer>& answer) {
    if (!answer.ok()) return answer.status();
    grpc::Slice slice;
    EXPECT_TRUE(answer->DumpToSingleSlice(&slice).ok());
    v1::PublishResponse response;
    EXPECT_TRUE(response.ParseFromArray(slice.begin(), static_cast<int>(slice.size())));
    return response;
  }
  std::string Published(const std::string& result, int n) const {
    return "carillon_events_published_total{result=\"" + result + "\"} " + std::to_string(n) + "\n";
  }

  base::SimulatedClock clock_;
  Publishing::Caller caller_;  ///< of the calls that come
  HeldJournal journal_;
  std::unique_ptr<metrics::Metrics> metrics_ = metrics::Metrics::Create("test");
  Publishing publishing_{{.max_message_bytes = 1000}, clock_, journal_, *metrics_};
};

TEST_F(PublishingTest, IsAnsweredWhenTheJournalHasItAndNotBefore) {
  Call call;
  Publish(Sessions({"a", "b"}), call);
  EXPECT_EQ(journal_.Taken(), 1u);
  EXPECT_FALSE(call.answer);
  std::thread([this] { journal_.AnswerAll(); }).join();  // a thread of the journal's
  Settle();
  ASSERT_TRUE(call.answer && call.answer->ok());
  ASSERT_EQ((*call.answer)->results_size(), 2);
  EXPECT_EQ((*call.answer)->results(1).id(), "b");
  EXPECT_EQ((*call.answer)->results(1).position(), 2u);
  EXPECT_EQ(call.answers, 1);
  std::thread::id queue_thread;
  queue_->Post([&queue_thread] { queue_thread = std::this_thread::get_id(); });
  Settle();
  EXPECT_EQ(call.thread, queue_thread);
  EXPECT_THAT(metrics_->Render(), HasSubstr(Published("accepted", 2)));
}

TEST_F(PublishingTest, AMessageInPiecesIsOne) {
  Call call;
  Publish(Bytes(Sessions({"a"}).SerializeAsString(), 3), call);
  AnswerAll();
  ASSERT_TRUE(call.answer && call.answer->ok());
  EXPECT_EQ((*call.answer)->results(0).id(), "a");
}

TEST_F(PublishingTest, WhatIsWrongIsNamedAtOnceAndNotStored) {
  Call wrong, noise, large;
  Publish(Sessions({"a", "full.stop"}), wrong);
  Publish(Bytes("\xff\xff noise"), noise);
  Publish(Bytes(std::string(1001, 'x')), large);
  for (const Call* call : {&wrong, &noise, &large}) {
    ASSERT_TRUE(call->answer);
    EXPECT_EQ(call->answer->status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(call->answers, 1);
  }
  EXPECT_THAT(std::string(wrong.answer->status().message()), HasSubstr("events[1].id"));
  EXPECT_THAT(std::string(large.answer->status().message()), HasSubstr("1000"));
  for (const Call* call : {&wrong, &noise, &large}) {
    EXPECT_EQ(aip::ReasonOf(call->answer->status()), v1::FIELD_INVALID);
  }
  google::rpc::BadRequest bad;
  ASSERT_TRUE(aip::GetDetail(wrong.answer->status(), bad));
  ASSERT_EQ(bad.field_violations_size(), 1);
  EXPECT_EQ(bad.field_violations(0).field(), "events[1].id");
  EXPECT_THAT(bad.field_violations(0).description(), Not(HasSubstr("events[1]")));
  EXPECT_FALSE(aip::GetDetail(noise.answer->status(), bad));
  EXPECT_EQ(journal_.Taken(), 0u);
  EXPECT_THAT(metrics_->Render(), HasSubstr(Published("invalid", 3)));
}

TEST_F(PublishingTest, TheCatalogOfTheMomentDecides) {
  v1::PublishRequest request;
  request.add_events()->set_id("a");
  request.mutable_events(0)->set_type("order.paid");
  request.mutable_events(0)->set_json("{}");
  Call before, after;
  Publish(request, before);
  ASSERT_TRUE(before.answer);
  EXPECT_EQ(before.answer->status().code(), absl::StatusCode::kInvalidArgument);
  publishing_.SetCatalog(std::make_shared<const ingest::Catalog>(ingest::Catalog{"order.paid"}));
  Publish(request, after);
  EXPECT_FALSE(after.answer);
  EXPECT_EQ(journal_.Taken(), 1u);
  AnswerAll();
}

TEST_F(PublishingTest, WhyTheJournalRefusesIsAnsweredAndCounted) {
  journal_.Refuse(store::Refuse(store::Refusal::kFull, absl::StatusCode::kResourceExhausted,
                                "the disk is full"));
  Call call;
  Publish(Sessions({"a", "b"}), call);
  Settle();
  ASSERT_TRUE(call.answer);
  EXPECT_EQ(call.answer->status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(metrics_->Render(), HasSubstr(Published("overload", 2)));
  EXPECT_THAT(metrics_->Render(),
              HasSubstr("carillon_publishing_refused_total{reason=\"disk_full\"} 2\n"));
}

/// Who publishes under a token, in this test's one: tenant `acme`, types `session.*`.
class CallerTest : public PublishingTest {
 protected:
  CallerTest() {
    Permit({"session.*"});
    const std::array services{v1::PublishRequest::descriptor()->file()->service(0)};
    methods_ = access::Methods::Create(services, {}).value();
    publishing_.SetAccess(
        authenticator_, *methods_, [](const std::string& peer) { return peer; },
        [](const std::string&) { return nullptr; });
    const std::string header = "Bearer " + std::string(token_.Reveal());
    caller_ = authenticator_.Authenticate(header, [] { return std::string(); }).value();
  }
  void Permit(std::vector<std::string> types) {
    access::Principal shop;
    shop.role = v1::ROLE_PUBLISHER;
    shop.tenants = {"acme"};
    shop.event_types = std::move(types);
    authenticator_.SetTokens({{*access::HashToken(token_.Reveal()), shop}});
  }
  static v1::PublishRequest Of(const std::vector<std::string>& tenants) {
    v1::PublishRequest request = Sessions(tenants);
    for (int i = 0; i < request.events_size(); ++i) {
      request.mutable_events(i)->set_tenant(tenants[static_cast<size_t>(i)]);
    }
    return request;
  }

  const base::Secret token_ = access::NewToken();
  access::Authenticator authenticator_{clock_};
  std::unique_ptr<const access::Methods> methods_;
};

TEST_F(CallerTest, OneEventThatIsNotTheCallersRefusesAllOfThem) {
  Call own, others;
  Publish(Of({"acme", "acme"}), own);
  Publish(Of({"acme", "other", "acme"}), others);
  ASSERT_TRUE(others.answer);
  EXPECT_EQ(others.answer->status().message(), "events[1].tenant: not a tenant of the caller");
  EXPECT_EQ(aip::ReasonOf(others.answer->status()), v1::TENANT_FORBIDDEN);
  AnswerAll();
  ASSERT_TRUE(own.answer && own.answer->ok());
  EXPECT_EQ(journal_.Taken(), 1u);
  EXPECT_THAT(metrics_->Render(), HasSubstr(Published("invalid", 1)));
}

TEST_F(CallerTest, ACallerWhoseTokenChangedIsRefusedInTheMidstOfItsCall) {
  Permit({"order.*"});
  Call call;
  Publish(Of({"acme"}), call);
  ASSERT_TRUE(call.answer);
  EXPECT_EQ(aip::ReasonOf(call.answer->status()), v1::CREDENTIALS_INVALID);
  EXPECT_EQ(journal_.Taken(), 0u);
}

/// How long is to be waited, as the error says.
std::chrono::milliseconds RetryOf(const absl::Status& status) {
  google::rpc::RetryInfo retry;
  EXPECT_TRUE(aip::GetDetail(status, retry)) << status;
  return std::chrono::milliseconds(retry.retry_delay().seconds() * 1000 +
                                   retry.retry_delay().nanos() / 1'000'000);
}

TEST_F(CallerTest, ATokensQuotaHoldsOverItsCalls) {
  access::Principal shop;
  shop.name = "token:tokens/shop";
  shop.role = v1::ROLE_PUBLISHER;
  shop.all_tenants = true;
  shop.rate = {.events_per_second = 2};
  authenticator_.SetTokens({{*access::HashToken(token_.Reveal()), shop}});
  const std::string header = "Bearer " + std::string(token_.Reveal());
  caller_ = authenticator_.Authenticate(header, [] { return std::string(); }).value();
  Call first, second, third;
  Publish(Of({"acme", "bell", "cent", "dent"}), first);
  EXPECT_EQ(journal_.Taken(), 1u) << "what begins within the quota is taken whole";
  Publish(Of({"acme"}), second);
  ASSERT_TRUE(second.answer);
  const absl::Status& refused = second.answer->status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(aip::ReasonOf(refused), v1::RATE_LIMITED);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("token:tokens/shop"));
  EXPECT_EQ(RetryOf(refused), std::chrono::milliseconds(1000)) << "two events are to be paid for";
  EXPECT_THAT(metrics_->Render(),
              HasSubstr("carillon_publishing_refused_total{reason=\"quota\"} 1\n"));
  clock_.Advance(std::chrono::milliseconds(1001));
  Publish(Of({"acme"}), third);
  EXPECT_EQ(journal_.Taken(), 2u);
  AnswerAll();
}

TEST_F(PublishingTest, ATenantsQuotaHoldsForWhoeverPublishes) {
  access::TenantQuotas tenants;
  publishing_.SetTenants(tenants);
  tenants.Set("", access::PublishRate{.events_per_second = 1});
  tenants.Set("default", access::PublishRate{.events_per_second = 1});
  Call first, second, third;
  Publish(Sessions({"a", "b"}), first);
  Publish(Sessions({"c"}), second);
  ASSERT_TRUE(second.answer);
  EXPECT_EQ(aip::ReasonOf(second.answer->status()), v1::RATE_LIMITED);
  EXPECT_THAT(std::string(second.answer->status().message()), HasSubstr("tenants/default"));
  v1::PublishRequest other = Sessions({"d"});
  other.mutable_events(0)->set_tenant("acme");
  Publish(other, third);
  EXPECT_EQ(journal_.Taken(), 2u) << "it has no part in it";
  AnswerAll();
}

TEST_F(PublishingTest, OneTenantOverItsQuotaCostsTheOthersNothing) {
  access::TenantQuotas tenants;
  publishing_.SetTenants(tenants);
  tenants.Set("acme", access::PublishRate{.events_per_second = 1});
  tenants.Set("bell", access::PublishRate{.events_per_second = 1});
  const auto of = [](const std::vector<std::string>& names) {
    v1::PublishRequest request = Sessions(names);
    for (int i = 0; i < request.events_size(); ++i) {
      request.mutable_events(i)->set_tenant(names[static_cast<size_t>(i)]);
    }
    return request;
  };
  Call acme, both, bell;
  Publish(of({"acme"}), acme);
  Publish(of({"bell", "acme"}), both);
  Publish(of({"bell"}), bell);
  ASSERT_TRUE(both.answer);
  EXPECT_THAT(std::string(both.answer->status().message()), HasSubstr("tenants/acme"));
  EXPECT_EQ(journal_.Taken(), 2u) << "what was refused has not counted for bell";
  AnswerAll();
}

TEST_F(PublishingTest, WhereTenantsAreRequiredOthersAreRefused) {
  access::TenantQuotas tenants;
  publishing_.SetTenants(tenants);
  tenants.Set("default", access::PublishRate());
  tenants.SetDefaults({}, true);
  v1::PublishRequest request = Sessions({"a", "b"});
  request.mutable_events(1)->set_tenant("acmee");
  Call wrong, right;
  Publish(request, wrong);
  ASSERT_TRUE(wrong.answer);
  EXPECT_EQ(wrong.answer->status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(wrong.answer->status().message()), HasSubstr("events[1].tenant"));
  Publish(Sessions({"a"}), right);
  EXPECT_EQ(journal_.Taken(), 1u);
  AnswerAll();
}

TEST_F(PublishingTest, NothingIsTakenInTheNameOfOneThatIsDisabledOrWasDeleted) {
  access::TenantQuotas tenants;
  publishing_.SetTenants(tenants);
  v1::PublishRequest request = Sessions({"a", "b"});
  request.mutable_events(1)->set_tenant("acme");
  tenants.Set("acme", access::PublishRate(), access::TenantRefusal{"unpaid"});
  Call disabled, deleted;
  Publish(request, disabled);
  ASSERT_TRUE(disabled.answer);
  EXPECT_EQ(aip::ReasonOf(disabled.answer->status()), v1::TENANT_DISABLED);
  EXPECT_THAT(std::string(disabled.answer->status().message()),
              HasSubstr("events[1].tenant: tenants/acme is disabled"));
  tenants.Set("acme", access::PublishRate(),
              access::TenantRefusal{.why = "until Friday", .retired = true});
  Publish(request, deleted);
  ASSERT_TRUE(deleted.answer);
  EXPECT_EQ(aip::ReasonOf(deleted.answer->status()), v1::TENANT_NAME_RETIRED);
  EXPECT_THAT(std::string(deleted.answer->status().message()), HasSubstr("until Friday"));
  EXPECT_EQ(journal_.Taken(), 0u);
}

TEST_F(PublishingTest, NothingIsTakenOnceItStops) {
  Call before, after;
  Publish(Sessions({"a"}), before);
  publishing_.Stop();
  Publish(Sessions({"b"}), after);
  ASSERT_TRUE(after.answer);
  EXPECT_EQ(after.answer->status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(journal_.Taken(), 1u);
  AnswerAll();
  ASSERT_TRUE(before.answer) << "what was taken is answered";
  EXPECT_TRUE(before.answer->ok());
}

}  // namespace
}  // namespace carillon::rpc
