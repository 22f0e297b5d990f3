#include "bridge_fixture.h"
#include "gzip.h"

namespace carillon::connect {
namespace {

using nlohmann::json;

class StreamTest : public BridgeTest {
 protected:
  void SetUp() override {
    Begin({});
    Serve();
  }

  struct Piece {
    uint8_t flags = 0;
    std::string message;
  };
  static std::vector<Piece> Pieces(const std::string& body) {
    std::vector<Piece> pieces;
    for (size_t at = 0; at + 5 <= body.size();) {
      size_t length = 0;
      for (size_t i = 1; i < 5; ++i)
        length = length * 256 + static_cast<unsigned char>(body[at + i]);
      pieces.push_back({static_cast<uint8_t>(body[at]), body.substr(at + 5, length)});
      at += 5 + length;
    }
    return pieces;
  }
  HttpAnswer Count(const std::string& request, Fields more = {}) {
    more.emplace_back("Content-Type", "application/connect+json");
    return Call("POST /carillon.test.v1.Echo/Count", WriteEnvelope({0, request}), std::move(more));
  }
};

TEST_F(StreamTest, MessageAfterMessage) {
  const HttpAnswer answer = Count(R"({"upTo":3})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("Content-Type"), "application/connect+json");
  const std::vector<Piece> pieces = Pieces(answer.body);
  ASSERT_EQ(pieces.size(), 4u);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(pieces[i].flags, 0);
    EXPECT_EQ(json::parse(pieces[i].message), json({{"number", i + 1}}));
  }
  EXPECT_EQ(pieces[3].flags, Envelope::kEndOfStream);
  EXPECT_EQ(pieces[3].message, "{}");
}

TEST_F(StreamTest, InBinary) {
  test::v1::CountRequest request;
  request.set_up_to(1);
  const HttpAnswer answer =
      Call("POST /carillon.test.v1.Echo/Count", WriteEnvelope({0, request.SerializeAsString()}),
           {{"Content-Type", "application/connect+proto"}});
  const std::vector<Piece> pieces = Pieces(answer.body);
  ASSERT_EQ(pieces.size(), 2u);
  test::v1::CountResponse response;
  ASSERT_TRUE(response.ParseFromString(pieces[0].message));
  EXPECT_EQ(response.number(), 1);
  EXPECT_EQ(pieces[1].message, "{}");
}

TEST_F(StreamTest, AnErrorIsTheLastMessage) {
  const std::vector<Piece> pieces = Pieces(Count(R"({"upTo":1,"text":"fail"})").body);
  ASSERT_EQ(pieces.size(), 2u);
  EXPECT_EQ(pieces[1].flags, Envelope::kEndOfStream);
  const json error = json::parse(pieces[1].message)["error"];
  EXPECT_EQ(error["code"], "resource_exhausted");
  EXPECT_EQ(error["details"][0]["debug"]["reason"], "BUSY");
}

TEST_F(StreamTest, AWrongRequestIsAnsweredInTheStream) {
  for (const char* const request : {"{", R"({"upto":1})", ""}) {
    const HttpAnswer answer = Count(request);
    EXPECT_EQ(answer.status, 200);
    const std::vector<Piece> pieces = Pieces(answer.body);
    ASSERT_EQ(pieces.size(), 1u);
    EXPECT_EQ(json::parse(pieces[0].message)["error"]["code"], "invalid_argument") << request;
  }
}

TEST_F(StreamTest, Compressed) {
  const std::string text(2000, 'x');
  const HttpAnswer answer =
      Call("POST /carillon.test.v1.Echo/Count",
           WriteEnvelope({Envelope::kCompressed, Gzip(R"({"upTo":1,"text":")" + text + R"("})")}),
           {{"Content-Type", "application/connect+json"},
            {"Connect-Content-Encoding", "gzip"},
            {"Connect-Accept-Encoding", "gzip"}});
  EXPECT_EQ(answer.headers.at("Connect-Content-Encoding"), "gzip");
  const std::vector<Piece> pieces = Pieces(answer.body);
  ASSERT_EQ(pieces.size(), 2u);
  EXPECT_EQ(pieces[0].flags, Envelope::kCompressed);
  EXPECT_EQ(json::parse(*Gunzip(pieces[0].message, 10'000))["text"], text);
  EXPECT_EQ(pieces[1].flags, Envelope::kEndOfStream);
}

TEST_F(StreamTest, ACallerWhoIsGoneCancelsTheCall) {
  {
    web::Client client(web_->port());
    client.Send(Request("POST /carillon.test.v1.Echo/Count",
                        WriteEnvelope({0, R"({"upTo":1,"text":"wait"})"}),
                        {{"Content-Type", "application/connect+json"}}));
    Eventually([&] { return service_.waiting == 1; }, "the service has the call");
    EXPECT_NE(client.ReadUntil("\"number\":1,\"text\":\"wait\"}"), "");
  }
  Eventually([&] { return service_.cancelled == 1; }, "it is cancelled");
}

TEST_F(StreamTest, TheCallersTimeout) {
  const HttpAnswer answer = Count(R"({"text":"wait"})", {{"Connect-Timeout-Ms", "200"}});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(json::parse(Pieces(answer.body).back().message)["error"]["code"], "deadline_exceeded");
}

/// Messages wait in the service, not here, while their reader takes none.
TEST_F(StreamTest, Backpressure) {
  const std::string text(100'000, 'x');
  web::Client client(web_->port());
  client.Send(Request("POST /carillon.test.v1.Echo/Count",
                      WriteEnvelope({0, R"({"upTo":1000,"text":")" + text + R"("})"}),
                      {{"Content-Type", "application/connect+json"}, {"Connection", "close"}}));
  Eventually([&] { return service_.written > 0; }, "it begins");
  int before = -1;
  Eventually(
      [&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        return std::exchange(before, service_.written.load()) == service_.written;
      },
      "it stops");
  EXPECT_LT(service_.written, 900) << "100 MB fit nowhere";
  const std::vector<Piece> pieces = Pieces(Parse(client.ReadToEnd()).body);
  ASSERT_EQ(pieces.size(), 1001u);
  EXPECT_EQ(json::parse(pieces[999].message)["number"], 1000);
}

}  // namespace
}  // namespace carillon::connect
