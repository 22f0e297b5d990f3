// What receivers answer, well and badly.
#include "courier_fixture.h"

namespace carillon::http {
namespace {

struct PlainCase {
  std::string name;
  std::string answer;
  bool hold;  // the receiver keeps the connection open after it
  Outcome wire;
  uint16_t status;
};

class AnswerTest : public CourierTest, public testing::WithParamInterface<PlainCase> {};

TEST_P(AnswerTest, IsJudged) {
  const PlainCase& expected = GetParam();
  Receiver receiver(expected.hold ? AnswerAndHold(expected.answer)
                                  : AnswerAndClose(expected.answer));
  const Response response = AskOnce(To(receiver.port()));
  EXPECT_EQ(response.wire, expected.wire) << response.error;
  EXPECT_EQ(response.status, expected.status);
}

std::string Repeated(const std::string& s, int n) {
  std::string out;
  for (int i = 0; i < n; ++i) out += s;
  return out;
}

const std::string kChunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

INSTANTIATE_TEST_SUITE_P(
    Table, AnswerTest,
    testing::Values(
        PlainCase{"Ok", kOk, true, Outcome::kSuccess, 200},
        PlainCase{"Error", "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", true, Outcome::kSuccess,
                  503},
        PlainCase{"Redirect", "HTTP/1.1 302 Go\r\nLocation: http://a/\r\nContent-Length: 0\r\n\r\n",
                  true, Outcome::kSuccess, 302},
        PlainCase{"NoContent", "HTTP/1.1 204 Done\r\n\r\n", true, Outcome::kSuccess, 204},
        PlainCase{"LowerCase", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", true,
                  Outcome::kSuccess, 200},
        PlainCase{"Interim",
                  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" + kOk, true,
                  Outcome::kSuccess, 200},
        PlainCase{"ChunkedTrailers", kChunked + "2\r\nok\r\n0\r\nTrailer: yes\r\n\r\n", true,
                  Outcome::kSuccess, 200},
        PlainCase{"UntilClose", "HTTP/1.1 200 OK\r\n\r\nhello", false, Outcome::kSuccess, 200},
        PlainCase{"Http10", "HTTP/1.0 200 OK\r\n\r\nhello", false, Outcome::kSuccess, 200},
        PlainCase{"LongBody",
                  "HTTP/1.1 201 OK\r\nContent-Length: 99999999\r\n\r\n" + std::string(17'000, 'x'),
                  true, Outcome::kSuccess, 201},
        PlainCase{"LongerThanSaid", kOk + "and more", true, Outcome::kSuccess, 200},
        PlainCase{"ShorterThanSaid", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", false,
                  Outcome::kSuccess, 200},
        PlainCase{"ChunksCutOff", kChunked + "9\r\nok", false, Outcome::kSuccess, 200},
        PlainCase{"HeadCutOff", "HTTP/1.1 200 OK\r\nContent-", false, Outcome::kReset, 0},
        PlainCase{"Nothing", "", false, Outcome::kReset, 0},
        PlainCase{"BadLength", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", true,
                  Outcome::kSuccess, 200},
        PlainCase{"BadChunk", kChunked + "zz\r\n", true, Outcome::kSuccess, 200},
        PlainCase{"Garbage", "\x15\x03\x01\x02", true, Outcome::kProtocol, 0},
        PlainCase{"Http2", "HTTP/2 200\r\n\r\n", true, Outcome::kProtocol, 0},
        PlainCase{"LongHead", "HTTP/1.1 200 OK\r\n" + Repeated("X-Filler: yes\r\n", 5000), true,
                  Outcome::kSuccess, 200},
        PlainCase{"LongLine", "HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x'), true,
                  Outcome::kSuccess, 200},
        PlainCase{"EndlessInterim", Repeated("HTTP/1.1 102 Wait\r\n\r\n", 3500), true,
                  Outcome::kProtocol, 0}),
    [](const auto& info) { return info.param.name; });

class CourierAnswersTest : public CourierTest {};

TEST_F(CourierAnswersTest, SendsHeadAndBodyAsTheyAre) {
  std::string seen;
  {
    Receiver receiver([&](Peer& peer) {
      seen = peer.ReadRequest();
      peer.Send(kOk);
    });
    AskOnce(To(receiver.port()));
  }
  EXPECT_EQ(seen, "POST /hook HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\n{}");
}

TEST_F(CourierAnswersTest, SendsWhatTheKernelDoesNotTakeAtOnce) {
  std::atomic<size_t> seen = 0;
  Receiver receiver([&](Peer& peer) {
    seen = peer.ReadRequest().size();
    peer.Send(kOk);
    peer.ReadToEnd();
  });
  const std::string body(20'000'000, 'b');
  const uint64_t token = Post(courier_->Open(To(receiver.port())), body);
  RunUntilReported(1);
  EXPECT_EQ(responses_[token][0].wire, Outcome::kSuccess) << responses_[token][0].error;
  EXPECT_GT(seen, body.size());
}

TEST_F(CourierAnswersTest, AcceptsAnAnswerBeforeTheWholeRequest) {
  Receiver receiver([](Peer& peer) {
    peer.Send("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
    peer.ReadToEnd();
  });
  const EndpointId endpoint = courier_->Open(To(receiver.port()));
  const uint64_t token = Post(endpoint, std::string(20'000'000, 'b'));
  RunUntilReported(1);
  EXPECT_EQ(responses_[token][0].wire, Outcome::kSuccess) << responses_[token][0].error;
  EXPECT_EQ(responses_[token][0].status, 413);
  EXPECT_EQ(Ask(endpoint).status, 413);
  EXPECT_EQ(receiver.connections(), 2);
}

TEST_F(CourierAnswersTest, GivesRetryAfter) {
  Receiver receiver(AnswerAll("HTTP/1.1 429 Slow\r\nRetry-After: 17\r\nContent-Length: 0\r\n\r\n"));
  const Response response = AskOnce(To(receiver.port()));
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(response.retry_after, "17");
}

TEST_F(CourierAnswersTest, ForgetsTheLastRetryAfter) {
  Receiver receiver([](Peer& peer) {
    peer.ReadRequest();
    peer.Send("HTTP/1.1 429 Slow\r\nRetry-After: 17\r\nContent-Length: 0\r\n\r\n");
    peer.ReadRequest();
    peer.Send(kOk);
    peer.ReadToEnd();
  });
  const EndpointId endpoint = courier_->Open(To(receiver.port()));
  EXPECT_EQ(Ask(endpoint).retry_after, "17");
  EXPECT_EQ(Ask(endpoint).retry_after, "");
  EXPECT_EQ(receiver.connections(), 1);
}

TEST_F(CourierAnswersTest, AResetAmidTheResponse) {
  Receiver receiver([](Peer& peer) {
    peer.ReadRequest();
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok");
    peer.Reset();
  });
  const Response response = AskOnce(To(receiver.port()));
  EXPECT_EQ(response.wire, Outcome::kSuccess) << response.error;
  EXPECT_EQ(response.status, 200);
}

TEST_F(CourierAnswersTest, AHalfClosedConnectionStillAnswers) {
  Receiver receiver([](Peer& peer) {
    peer.ReadRequest();
    peer.Send("HTTP/1.1 200 OK\r\n\r\nuntil the end");
    peer.HalfClose();
    peer.ReadToEnd();
  });
  EXPECT_EQ(AskOnce(To(receiver.port())).wire, Outcome::kSuccess);
}

TEST_F(CourierAnswersTest, AnEndlessBodyIsJudgedByItsStatus) {
  Receiver receiver([](Peer& peer) {
    peer.ReadRequest();
    peer.Send(kChunked);
    while (peer.Send("400\r\n" + std::string(0x400, 'x') + "\r\n")) {
    }
  });
  const Response response = AskOnce(To(receiver.port()));
  EXPECT_EQ(response.wire, Outcome::kSuccess);
  EXPECT_EQ(response.status, 200);
}

TEST_F(CourierAnswersTest, AnEndlessHeadIsJudgedByItsStatus) {
  Receiver receiver([](Peer& peer) {
    peer.ReadRequest();
    peer.Send("HTTP/1.1 200 OK\r\n");
    while (peer.Send("X-More: yes\r\n")) {
    }
  });
  const Response response = AskOnce(To(receiver.port()));
  EXPECT_EQ(response.wire, Outcome::kSuccess);
  EXPECT_EQ(response.status, 200);
}

}  // namespace
}  // namespace carillon::http
