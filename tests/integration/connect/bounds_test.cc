#include "bridge_fixture.h"
#include "gzip.h"

namespace carillon::connect {
namespace {

using ::testing::HasSubstr;

class BoundsTest : public BridgeTest {
 protected:
  /// A connection whose call the service has.
  std::unique_ptr<web::Client> Waiting(int number) {
    auto client = std::make_unique<web::Client>(web_->port());
    client->Send(Request("POST /carillon.test.v1.Echo/Say", R"({"text":"wait"})",
                         {{"Content-Type", "application/json"}, {"Connection", "close"}}));
    Eventually([&] { return service_.waiting == number; }, "the service has the call");
    return client;
  }
  std::unique_ptr<web::Client> WaitingStream(int number) {
    auto client = std::make_unique<web::Client>(web_->port());
    client->Send(Request("POST /carillon.test.v1.Echo/Count",
                         WriteEnvelope({0, R"({"text":"wait"})"}),
                         {{"Content-Type", "application/connect+json"}, {"Connection", "close"}}));
    Eventually([&] { return service_.waiting == number; }, "the service has the call");
    return client;
  }
};

TEST_F(BoundsTest, BeforeTheStart) {
  const HttpAnswer answer = Post("Say", "{}");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(Reason(answer), "STARTING");
  EXPECT_EQ(answer.headers.at("Retry-After"), "1");
  EXPECT_EQ(bridge_->Start(grpc_->InProcessChannel({}), {"no.Such"}).code(),
            absl::StatusCode::kNotFound);
  Serve();
  EXPECT_EQ(Post("Say", "{}").status, 200);
}

TEST_F(BoundsTest, CallsUnderWay) {
  Anew({.max_calls = 2});
  Serve();
  auto one = Waiting(1);
  auto two = Waiting(2);
  const HttpAnswer answer = Post("Say", "{}");
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(Reason(answer), "TOO_MANY_CALLS");
  EXPECT_EQ(answer.headers.at("Retry-After"), "1");
  auto stream = WaitingStream(3);
  one.reset();
  Eventually([&] { return Post("Say", "{}").status == 200; }, "there is room again");
}

TEST_F(BoundsTest, APlaceIsFreeWhenTheAnswerIsThere) {
  constexpr int kCalls = 2000;
  Anew({.max_calls = 1});
  Serve();
  web::Client client(web_->port());
  for (int i = 0; i < kCalls; ++i) {
    client.Send(
        Request("POST /carillon.test.v1.Echo/Say", "{}", {{"Content-Type", "application/json"}}));
    ASSERT_THAT(client.ReadUntil("\r\n"), HasSubstr(" 200 ")) << i;
    client.ReadUntil("}");
  }
}

TEST_F(BoundsTest, Streams) {
  Anew({.max_streams = 1});
  Serve();
  auto stream = WaitingStream(1);
  const HttpAnswer answer = Call("POST /carillon.test.v1.Echo/Count", WriteEnvelope({0, "{}"}),
                                 {{"Content-Type", "application/connect+json"}});
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(Reason(answer), "TOO_MANY_STREAMS");
  EXPECT_EQ(Post("Say", "{}").status, 200);
}

TEST_F(BoundsTest, LongRequests) {
  Anew({.max_message_bytes = 1000});
  Serve();
  const std::string fits = R"({"text":")" + std::string(1000 - 11, 'x') + R"("})";
  EXPECT_EQ(Post("Say", fits).status, 200);
  const HttpAnswer answer = Post("Say", fits + std::string(6, ' '));
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(Reason(answer), "REQUEST_TOO_LARGE");
  EXPECT_THAT(answer.json()["message"], HasSubstr("the request body is over 1005 bytes"));
  EXPECT_EQ(answer.json()["code"], "resource_exhausted");
  const HttpAnswer bomb =
      Post("Say", Gzip(std::string(100'000, ' ') + "{}"), {{"Content-Encoding", "gzip"}});
  EXPECT_EQ(bomb.status, 429);
  EXPECT_THAT(bomb.json()["message"], HasSubstr("over 1000 bytes once it is expanded"));
}

TEST_F(BoundsTest, BytesOfAllRequests) {
  Anew({.max_held_bytes = 1000});
  Serve();
  EXPECT_EQ(Reason(Post("Say", std::string(1001, ' '))), "TOO_MANY_WAITING_BYTES");
  EXPECT_EQ(
      Reason(Post("Say", Gzip("{}" + std::string(5'000, ' ')), {{"Content-Encoding", "gzip"}})),
      "TOO_MANY_WAITING_BYTES");
  EXPECT_EQ(Post("Say", "{}" + std::string(998, ' ')).status, 200);
}

TEST_F(BoundsTest, TheServersTimeout) {
  Anew({.max_timeout = std::chrono::milliseconds(200)});
  Serve();
  for (const Fields& more : {Fields{}, Fields{{"Connect-Timeout-Ms", "1000000"}}}) {
    const HttpAnswer answer = Post("Say", R"({"text":"wait"})", more);
    EXPECT_EQ(answer.status, 504);
    EXPECT_EQ(answer.json()["code"], "deadline_exceeded");
  }
}

TEST_F(BoundsTest, HostileJsonIsAnswered) {
  Anew({.max_timeout = std::chrono::minutes(5)});  // however slow the machine is
  Serve();
  EXPECT_EQ(Post("Say", std::string(8u << 20, '[')).status, 400);
  std::string members = "{";
  for (int i = 0; members.size() < (4u << 20); ++i) {
    members += (i ? ",\"" : "\"") + std::to_string(i) + "\":1";
  }
  EXPECT_EQ(Post("Say", members + "}").status, 400);
  std::string lists = R"({"values":[)";
  for (int i = 0; i < 300'000; ++i) lists += i ? ",[[]]" : "[[]]";
  EXPECT_EQ(Post("Say", lists + "]}").status, 200);
}

TEST_F(BoundsTest, WhenItStopsCallsUnderWayAreAnswered) {
  Serve();
  auto unary = Waiting(1);
  auto stream = WaitingStream(2);
  bridge_->Refuse();
  EXPECT_EQ(Reason(Post("Say", "{}")), "STOPPING");
  EXPECT_EQ(service_.waiting, 2) << "they go on";
  bridge_->Stop();
  const HttpAnswer answer = Parse(unary->ReadToEnd());
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(Reason(answer), "STOPPING");
  EXPECT_THAT(stream->ReadToEnd(), HasSubstr("STOPPING"));
  bridge_->Stop();
}

TEST_F(BoundsTest, TheGrpcServerMayGoFirst) {
  Serve();
  auto unary = Waiting(1);
  auto stream = WaitingStream(2);
  bridge_->Refuse();
  grpc_->Shutdown(std::chrono::system_clock::now());
  EXPECT_THAT(Parse(unary->ReadToEnd()).status, testing::AnyOf(499, 503));
  EXPECT_THAT(stream->ReadToEnd(), HasSubstr("\"error\""));
  EXPECT_EQ(Post("Say", "{}").status, 503);
}

}  // namespace
}  // namespace carillon::connect
