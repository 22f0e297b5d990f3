#include <atomic>

#include "bridge_fixture.h"
#include "gzip.h"

namespace carillon::connect {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class UnaryTest : public BridgeTest {
 protected:
  void SetUp() override {
    Begin({});
    Serve();
  }
};

TEST_F(UnaryTest, JsonGoesThere_AndComesBack) {
  const HttpAnswer answer = Post("Say", R"({"text":"é","bigNumber":"9007199254740993"})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("Content-Type"), "application/json");
  EXPECT_EQ(answer.headers.at("Cache-Control"), "no-store");
  EXPECT_EQ(answer.json()["text"], "é");
  EXPECT_EQ(answer.json()["bigNumber"], "9007199254740993");
}

TEST_F(UnaryTest, BinaryGoesThereAndComesBack) {
  test::v1::SayRequest request;
  request.set_text("x");
  const HttpAnswer answer = Call("POST /carillon.test.v1.Echo/Say", request.SerializeAsString(),
                                 {{"Content-Type", "application/proto"}});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("Content-Type"), "application/proto");
  test::v1::SayResponse response;
  ASSERT_TRUE(response.ParseFromString(answer.body));
  EXPECT_EQ(response.text(), "x");
  // What the service's own parser says.
  EXPECT_EQ(Call("POST /carillon.test.v1.Echo/Say", "\xff", {{"Content-Type", "application/proto"}})
                .status,
            500);
}

TEST_F(UnaryTest, ByGet) {
  HttpAnswer answer = Get("Look?encoding=json&message=%7B%22text%22:%22x%22%7D&connect=v1");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("Cache-Control"), "no-store");
  EXPECT_EQ(answer.json()["text"], "x");
  EXPECT_EQ(Get("Look?encoding=json&base64=1&message=eyJ0ZXh0IjoieSJ9").json()["text"], "y");
  answer = Get("Say?encoding=json&message=%7B%7D");
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.headers.at("Allow"), "POST");
}

TEST_F(UnaryTest, WhatIsKnownOfTheCallerIsPassedOn) {
  const HttpAnswer answer =
      Post("Say", "{}",
           {{"Authorization", "Bearer x"},
            {"User-Agent", "curl/8"},
            {"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
            {"carillon-peer", "10.0.0.1"},
            {"Cookie", "secret"}});
  const auto metadata = answer.json()["metadata"];
  EXPECT_EQ(metadata["authorization"], "Bearer x");
  EXPECT_EQ(metadata["user-agent"], "curl/8");
  EXPECT_EQ(metadata["carillon-peer"], "127.0.0.1");
  EXPECT_THAT(metadata["traceparent"], StartsWith("00-0af7"));
  EXPECT_FALSE(metadata.contains("cookie"));
  EXPECT_EQ(metadata["peer"], "unknown");
}

/// What a service tells the calls of the bridge from those over sockets by.
TEST_F(UnaryTest, CallsOverSocketsHaveAnAddress) {
  const auto stub = test::v1::Echo::NewStub(grpc::CreateChannel(
      "127.0.0.1:" + std::to_string(grpc_port_), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  test::v1::SayResponse response;
  ASSERT_TRUE(stub->Say(&context, {}, &response).ok());
  EXPECT_THAT(response.metadata().at("peer"), StartsWith("ipv4:127.0.0.1:"));
}

TEST_F(UnaryTest, ErrorsKeepTheirDetails) {
  const HttpAnswer answer = Post("Say", R"({"text":"fail"})");
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.headers.at("Content-Type"), "application/json");
  EXPECT_EQ(answer.headers.at("Retry-After"), "3");
  const auto json = answer.json();
  EXPECT_EQ(json["code"], "resource_exhausted");
  EXPECT_EQ(json["message"], "as was asked");
  EXPECT_EQ(json["details"][0]["debug"]["reason"], "BUSY");
  EXPECT_EQ(json["details"][1]["debug"]["fieldViolations"][0]["field"], "things[1].displayName");
}

TEST_F(UnaryTest, ErrorsOfBinaryCallsAreJsonToo_InNamesOfTheProto) {
  test::v1::SayRequest request;
  request.set_text("fail");
  const HttpAnswer answer = Call("POST /carillon.test.v1.Echo/Say", request.SerializeAsString(),
                                 {{"Content-Type", "application/proto"}});
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.headers.at("Content-Type"), "application/json");
  EXPECT_EQ(answer.json()["details"][1]["debug"]["fieldViolations"][0]["field"],
            "things[1].display_name");
}

TEST_F(UnaryTest, WrongRequestsAreAnswered) {
  HttpAnswer answer = Post("Say", R"({"txt":"x"})");
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.json()["message"], HasSubstr("did you mean 'text'?"));
  EXPECT_EQ(Post("Say", "").status, 400);
  EXPECT_EQ(Post("No", "{}").status, 404);
  EXPECT_EQ(Post("No", "{}").json()["code"], "unimplemented");
  EXPECT_EQ(
      Call("POST /carillon.test.v1.Other/Say", "{}", {{"Content-Type", "application/json"}}).status,
      404);
  answer = Call("POST /carillon.test.v1.Echo/Say", "text=x",
                {{"Content-Type", "application/x-www-form-urlencoded"}});
  EXPECT_EQ(answer.status, 415);
  answer = Call("DELETE /carillon.test.v1.Echo/Say", "", {});
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.headers.at("Allow"), "GET, HEAD, POST");
  EXPECT_EQ(answer.json()["code"], "unimplemented");
}

TEST_F(UnaryTest, IdempotencyKeyBecomesTheRequestId) {
  EXPECT_EQ(Post("Say", "{}", {{"Idempotency-Key", "k-1"}}).json()["requestId"], "k-1");
  EXPECT_EQ(Post("Say", R"({"requestId":"k-1"})", {{"Idempotency-Key", "k-1"}}).status, 200);
  const HttpAnswer answer = Post("Say", R"({"requestId":"k-2"})", {{"Idempotency-Key", "k-1"}});
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(Reason(answer), "REQUEST_ID_REUSED");
}

TEST_F(UnaryTest, GzipBothWays) {
  const std::string text(2000, 'x');
  const HttpAnswer answer = Post("Say", Gzip(R"({"text":")" + text + R"("})"),
                                 {{"Content-Encoding", "gzip"}, {"Accept-Encoding", "gzip"}});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("Content-Encoding"), "gzip");
  EXPECT_LT(answer.body.size(), 1000u);
  EXPECT_THAT(*Gunzip(answer.body, 10'000), HasSubstr(text));
  EXPECT_FALSE(
      Post("Say", "{}", {{"Accept-Encoding", "gzip"}}).headers.contains("Content-Encoding"))
      << "not worth it";
}

TEST_F(UnaryTest, ALargeAnswer) {
  const HttpAnswer answer = Post("Say", R"({"text":"large"})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_GT(answer.body.size(), 5u << 20);
}

TEST_F(UnaryTest, ACallerWhoIsGoneCancelsTheCall) {
  {
    web::Client client(web_->port());
    client.Send(Request("POST /carillon.test.v1.Echo/Say", R"({"text":"wait"})",
                        {{"Content-Type", "application/json"}}));
    Eventually([&] { return service_.waiting == 1; }, "the service has the call");
  }
  Eventually([&] { return service_.cancelled == 1; }, "it is cancelled");
}

TEST_F(UnaryTest, TheCallersTimeout) {
  const HttpAnswer answer = Post("Say", R"({"text":"wait"})", {{"Connect-Timeout-Ms", "200"}});
  EXPECT_EQ(answer.status, 504);
  EXPECT_EQ(answer.json()["code"], "deadline_exceeded");
  EXPECT_EQ(Post("Say", "{}", {{"Connect-Timeout-Ms", "0"}}).status, 504);
  Eventually([&] { return service_.waiting == 0; }, "the service knows");
}

TEST_F(UnaryTest, ManyAtOnce) {
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < 50; ++n) {
        const std::string text = std::to_string(i * 1000 + n);
        if (Post("Say", R"({"text":")" + text + R"("})").json()["text"] == text) ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 400);
}

}  // namespace
}  // namespace carillon::connect
