#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "fake_courier.h"

namespace carillon::authorization {
namespace {

using model::Outcome;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class AuthorizingCourierTest : public testing::Test, public http::CourierListener {
 protected:
  AuthorizingCourierTest() {
    auto fake = std::make_unique<FakeCourier>();
    below_ = fake.get();
    AuthorizingOptions options;
    options.post = [this](absl::AnyInvocable<void()> task) { tasks_.push_back(std::move(task)); };
    options.on_fetch = [this](const TokenFetch& fetch) {
      fetches_.push_back(fetch.label + ": " + fetch.error);
    };
    courier_ = MakeAuthorizingCourier(std::move(fake), clock_, std::move(options));
    courier_->SetListener(this);
  }

  void OnResponse(uint64_t token, const http::Response& response) override {
    EXPECT_FALSE(in_courier_) << "reported from within a call";
    EXPECT_EQ(responses_.count(token), 0u) << "reported twice";
    responses_[token] = response;
    if (on_response_) on_response_();
  }

  static http::EndpointOptions Options(const std::string& secret = "s3cret") {
    http::EndpointOptions options;
    options.url.host = "receiver";
    options.label = "t/d";
    options.oauth2 = std::make_shared<const model::OAuth2Authorization>(
        model::OAuth2Authorization{.token_url = "http://tokens/token",
                                   .client_id = "c",
                                   .client_secret = base::Secret(secret)});
    return options;
  }

  uint64_t Post(http::EndpointId endpoint) {
    http::Request request;
    request.token = ++last_token_;
    request.endpoint = endpoint;
    request.head = "POST / HTTP/1.1\r\n\r\n";
    in_courier_ = true;
    courier_->Start(std::move(request));
    in_courier_ = false;
    return last_token_;
  }

  void RunTasks() {
    for (; !tasks_.empty(); tasks_.pop_front()) tasks_.front()();
  }

  /// The one fetch under way ends.
  void EndFetch(http::Response response) {
    const auto fetches = below_->At("tokens");
    ASSERT_EQ(fetches.size(), 1u);
    response.started = clock_.Mono();
    below_->End(fetches[0].token, response);
  }
  void GiveToken(const std::string& token, int expires_in = 300) {
    http::Response response;
    response.status = 200;
    response.body = R"({"access_token":")" + token + R"(","token_type":"Bearer","expires_in":)" +
                    std::to_string(expires_in) + "}";
    EndFetch(response);
  }
  void FailFetch(Outcome outcome, uint16_t status = 0) {
    http::Response response;
    response.wire = outcome;
    response.status = status;
    EndFetch(response);
  }
  /// The receiver answers everything that is under way.
  void Answer(uint16_t status) {
    for (const http::Request& request : below_->At("receiver")) {
      http::Response response;
      response.status = status;
      response.started = clock_.Mono();
      below_->End(request.token, response);
    }
  }
  std::vector<std::string> Sent() const {
    std::vector<std::string> heads;
    for (const http::Request& request : below_->At("receiver")) heads.push_back(request.head);
    return heads;
  }
  size_t Fetches() const { return below_->At("tokens").size(); }
  static std::string With(const std::string& token) {
    return "POST / HTTP/1.1\r\nAuthorization: Bearer " + token + "\r\n\r\n";
  }

  base::SimulatedClock clock_;
  FakeCourier* below_ = nullptr;
  std::unique_ptr<http::Courier> courier_;
  std::deque<absl::AnyInvocable<void()>> tasks_;
  std::vector<std::string> fetches_;
  std::map<uint64_t, http::Response> responses_;
  std::function<void()> on_response_;
  bool in_courier_ = false;
  uint64_t last_token_ = 0;
};

TEST_F(AuthorizingCourierTest, OthersPassUntouched) {
  http::EndpointOptions options;
  options.url.host = "receiver";
  const auto plain = courier_->Open(options);
  courier_->Open(Options());
  const uint64_t token = Post(plain);
  EXPECT_THAT(Sent(), ElementsAre("POST / HTTP/1.1\r\n\r\n"));
  Answer(200);
  EXPECT_EQ(responses_.at(token).status, 200);
  EXPECT_EQ(Fetches(), 0u);
}

TEST_F(AuthorizingCourierTest, OneFetchForManyWaiting) {
  const auto endpoint = courier_->Open(Options());
  for (int i = 0; i < 50; ++i) Post(endpoint);
  EXPECT_EQ(Fetches(), 1u);
  EXPECT_THAT(Sent(), IsEmpty());
  GiveToken("tok");
  EXPECT_THAT(Sent(), testing::AllOf(testing::SizeIs(50), testing::Each(With("tok"))));
  Post(endpoint);
  EXPECT_EQ(Fetches(), 0u);
  EXPECT_EQ(Sent().size(), 51u);
  EXPECT_THAT(fetches_, ElementsAre("t/d: "));
}

TEST_F(AuthorizingCourierTest, EachEndpointHasItsOwn) {
  const auto a = courier_->Open(Options());
  const auto b = courier_->Open(Options());
  Post(a);
  Post(b);
  EXPECT_EQ(Fetches(), 2u);
}

TEST_F(AuthorizingCourierTest, WaitingCountsAsTimeOfTheAttempt) {
  const auto endpoint = courier_->Open(Options());
  const base::MonoTime start = clock_.Mono();
  const uint64_t token = Post(endpoint);
  clock_.Advance(seconds(4));
  const uint64_t later = Post(endpoint);
  clock_.Advance(seconds(6));
  GiveToken("tok");
  const auto sent = below_->At("receiver");
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[0].must_end, start + seconds(15));
  EXPECT_EQ(sent[1].must_end, start + seconds(19));
  Answer(200);
  EXPECT_EQ(responses_.at(token).started, start);
  EXPECT_EQ(responses_.at(later).started, start + seconds(4));
}

TEST_F(AuthorizingCourierTest, ATokenThatComesTooLateIsNotUsed) {
  const auto endpoint = courier_->Open(Options());
  const uint64_t token = Post(endpoint);
  clock_.Advance(seconds(15));
  GiveToken("tok");
  EXPECT_THAT(Sent(), IsEmpty());
  EXPECT_EQ(responses_.at(token).wire, Outcome::kConnectTimeout);
}

TEST_F(AuthorizingCourierTest, RenewedBesideTheRequests) {
  const auto endpoint = courier_->Open(Options());
  Post(endpoint);
  GiveToken("one");
  clock_.Advance(seconds(240));
  Post(endpoint);
  Post(endpoint);
  EXPECT_THAT(Sent(), ElementsAre(With("one"), With("one"), With("one")));
  EXPECT_EQ(Fetches(), 1u);
  Answer(200);
  GiveToken("two");
  Post(endpoint);
  EXPECT_THAT(Sent(), ElementsAre(With("two")));
}

TEST_F(AuthorizingCourierTest, AnEndedTokenIsNotUsed) {
  const auto endpoint = courier_->Open(Options());
  Post(endpoint);
  GiveToken("one");
  Answer(200);
  clock_.Advance(seconds(295));
  Post(endpoint);
  EXPECT_THAT(Sent(), IsEmpty());
  EXPECT_EQ(Fetches(), 1u);
}

TEST_F(AuthorizingCourierTest, AFailedFetchFailsThoseWhoWait) {
  const auto endpoint = courier_->Open(Options());
  const uint64_t first = Post(endpoint);
  const uint64_t second = Post(endpoint);
  FailFetch(Outcome::kSuccess, 401);
  for (const uint64_t token : {first, second}) {
    EXPECT_EQ(responses_.at(token).wire, Outcome::kHttp4xx);
    EXPECT_EQ(responses_.at(token).status, 0) << "it is not the receiver's";
    EXPECT_EQ(responses_.at(token).error, "no token: the token server answered 401");
  }
  EXPECT_THAT(Sent(), IsEmpty());
  EXPECT_THAT(fetches_, ElementsAre("t/d: no token: the token server answered 401"));

  const uint64_t soon = Post(endpoint);
  EXPECT_EQ(Fetches(), 0u) << "it is too early";
  EXPECT_EQ(responses_.count(soon), 0u);
  RunTasks();
  EXPECT_EQ(responses_.at(soon).wire, Outcome::kHttp4xx);

  clock_.Advance(seconds(1));
  Post(endpoint);
  EXPECT_EQ(Fetches(), 1u);
  GiveToken("tok");
  EXPECT_THAT(Sent(), ElementsAre(With("tok")));
}

TEST_F(AuthorizingCourierTest, OutcomesOfFetches) {
  const auto endpoint = courier_->Open(Options());
  for (const Outcome outcome : {Outcome::kDns, Outcome::kConnectRefused, Outcome::kTls,
                                Outcome::kConnectTimeout, Outcome::kReset}) {
    const uint64_t token = Post(endpoint);
    FailFetch(outcome);
    EXPECT_EQ(responses_.at(token).wire, outcome);
    clock_.Advance(std::chrono::minutes(1));
  }
}

TEST_F(AuthorizingCourierTest, FactsOfAFetchAreThoseOfWhoWaits) {
  const auto endpoint = courier_->Open(Options());
  const uint64_t waiting = Post(endpoint);
  model::AttemptFacts facts;
  facts.lookup = {"tokens", "NXDOMAIN"};
  http::Response response;
  response.wire = Outcome::kDns;
  response.facts = std::make_shared<const model::AttemptFacts>(facts);
  EndFetch(response);
  ASSERT_NE(responses_.at(waiting).facts, nullptr);
  EXPECT_EQ(*responses_.at(waiting).facts, facts);
  // So are those of who comes before another is made.
  const uint64_t soon = Post(endpoint);
  RunTasks();
  ASSERT_NE(responses_.at(soon).facts, nullptr);
  EXPECT_EQ(*responses_.at(soon).facts, facts);
}

TEST_F(AuthorizingCourierTest, AFetchThatCouldNotBeMadeIsNoFailureOfTheTokenServer) {
  const auto endpoint = courier_->Open(Options());
  for (int i = 0; i < 3; ++i) {
    const uint64_t token = Post(endpoint);
    ASSERT_EQ(Fetches(), 1u) << "tried again at once: whoever waits decides when";
    FailFetch(Outcome::kLocalShortage);
    EXPECT_EQ(responses_.at(token).wire, Outcome::kLocalShortage);
  }
  EXPECT_THAT(fetches_, IsEmpty());
  Post(endpoint);
  GiveToken("tok");
  EXPECT_THAT(Sent(), ElementsAre(With("tok")));
}

TEST_F(AuthorizingCourierTest, ARefusedTokenIsReplacedOnce) {
  const auto endpoint = courier_->Open(Options());
  Post(endpoint);
  GiveToken("one");
  Answer(200);
  clock_.Advance(seconds(10));
  const uint64_t a = Post(endpoint);
  const uint64_t b = Post(endpoint);
  Answer(401);
  EXPECT_EQ(responses_.at(a).status, 401);
  EXPECT_EQ(responses_.at(b).status, 401);
  Post(endpoint);
  Post(endpoint);
  EXPECT_EQ(Fetches(), 1u);
  GiveToken("two");
  EXPECT_THAT(Sent(), ElementsAre(With("two"), With("two")));
  Answer(401);  // it is new: another would not be taken either
  Post(endpoint);
  EXPECT_EQ(Fetches(), 0u);
}

TEST_F(AuthorizingCourierTest, ClosedWhileSomebodyWaits) {
  const auto endpoint = courier_->Open(Options());
  const uint64_t token = Post(endpoint);
  in_courier_ = true;
  courier_->Close(endpoint);
  in_courier_ = false;
  EXPECT_THAT(below_->endpoints, IsEmpty()) << "the token server's is closed too";
  below_->ReportCancelled();
  RunTasks();
  EXPECT_EQ(responses_.at(token).wire, Outcome::kCancelled);
  EXPECT_THAT(fetches_, IsEmpty());
}

TEST_F(AuthorizingCourierTest, ClosedByThoseWhoAreTold) {
  const auto endpoint = courier_->Open(Options());
  const uint64_t first = Post(endpoint);
  const uint64_t second = Post(endpoint);
  on_response_ = [&] {
    on_response_ = nullptr;
    courier_->Close(endpoint);
  };
  FailFetch(Outcome::kReset);
  RunTasks();
  EXPECT_EQ(responses_.count(first) + responses_.count(second), 2u);
}

TEST_F(AuthorizingCourierTest, CancelAllReachesThoseWhoWait) {
  const auto endpoint = courier_->Open(Options());
  const uint64_t token = Post(endpoint);
  courier_->CancelAll();
  below_->ReportCancelled();
  EXPECT_EQ(responses_.at(token).wire, Outcome::kCancelled);
  EXPECT_THAT(fetches_, IsEmpty());
  Post(endpoint);
  EXPECT_EQ(Fetches(), 1u) << "it was no failure";
}

TEST_F(AuthorizingCourierTest, AnUpdateKeepsTheTokenOfTheSameClient) {
  const auto endpoint = courier_->Open(Options());
  Post(endpoint);
  GiveToken("one");
  auto options = Options();
  options.total_timeout = milliseconds(700);
  courier_->Update(endpoint, options);
  Post(endpoint);
  EXPECT_THAT(Sent(), ElementsAre(With("one"), With("one")));
  EXPECT_EQ(below_->At("receiver")[1].must_end, clock_.Mono() + milliseconds(700));
  EXPECT_EQ(below_->endpoints.rbegin()->second.total_timeout, milliseconds(700));
}

TEST_F(AuthorizingCourierTest, AnotherClientGetsAnotherToken) {
  const auto endpoint = courier_->Open(Options());
  Post(endpoint);
  courier_->Update(endpoint, Options("other"));
  Post(endpoint);
  auto fetches = below_->At("tokens");
  ASSERT_EQ(fetches.size(), 2u);
  EXPECT_THAT(fetches[0].head, HasSubstr("Basic YzpzM2NyZXQ="));
  EXPECT_THAT(fetches[1].head, HasSubstr("Basic YzpvdGhlcg=="));
  http::Response response;
  response.status = 200;
  response.body = R"({"access_token":"new","token_type":"Bearer"})";
  below_->End(fetches[1].token, response);
  EXPECT_THAT(Sent(), ElementsAre(With("new")));
  // Who waited for the old one goes with it.
  response.body = R"({"access_token":"old","token_type":"Bearer"})";
  below_->End(fetches[0].token, response);
  EXPECT_THAT(Sent(), ElementsAre(With("new"), With("old")));
  EXPECT_EQ(below_->endpoints.size(), 2u) << "the old client's endpoint is closed";
  Answer(200);
}

TEST_F(AuthorizingCourierTest, WithoutOAuth2AnyMoreWhileSomebodyWaits) {
  const auto endpoint = courier_->Open(Options());
  Post(endpoint);
  auto options = Options();
  options.oauth2 = nullptr;
  courier_->Update(endpoint, options);
  Post(endpoint);
  EXPECT_THAT(Sent(), ElementsAre("POST / HTTP/1.1\r\n\r\n"));
  GiveToken("tok");
  EXPECT_THAT(Sent(), ElementsAre("POST / HTTP/1.1\r\n\r\n", With("tok")));
  courier_->Update(endpoint, Options());
  Post(endpoint);
  EXPECT_EQ(Fetches(), 1u);
}

TEST_F(AuthorizingCourierTest, NoMoreThanABoundWait) {
  const auto endpoint = courier_->Open(Options());
  for (int i = 0; i < 1024; ++i) Post(endpoint);
  const uint64_t over = Post(endpoint);
  RunTasks();
  EXPECT_EQ(responses_.size(), 1u);
  EXPECT_EQ(responses_.at(over).wire, Outcome::kLocalShortage);
  GiveToken("tok");
  EXPECT_EQ(Sent().size(), 1024u);
}

TEST_F(AuthorizingCourierTest, ErrorsHoldNoSecret) {
  const auto endpoint = courier_->Open(Options("hunter2"));
  const uint64_t token = Post(endpoint);
  http::Response response;
  response.status = 400;
  response.body = R"({"error":"hunter2","error_description":"hunter2"})";
  EndFetch(response);
  EXPECT_THAT(responses_.at(token).error, Not(HasSubstr("hunter2")));
  EXPECT_THAT(fetches_.at(0), Not(HasSubstr("hunter2")));
}

TEST_F(AuthorizingCourierTest, ATaskThatOutlivesItDoesNothing) {
  const auto endpoint = courier_->Open(Options());
  Post(endpoint);
  FailFetch(Outcome::kReset);
  Post(endpoint);
  courier_.reset();
  RunTasks();
  EXPECT_EQ(responses_.size(), 1u);
}

}  // namespace
}  // namespace carillon::authorization
