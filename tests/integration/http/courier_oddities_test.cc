// HTTP as receivers really speak it: odd, cut short, never ending, out of turn. Once a head is
// whole its status decides; none makes an attempt hang or the process end, and none is taken for
// the answer to another request.
#include "courier_fixture.h"

namespace carillon::http {
namespace {

/// What the receiver does behind its answer.
enum class Then { kHold, kClose, kReset };

struct Case {
  std::string name;
  std::string answer;
  Then then;
  Outcome wire;
  uint16_t status;
};

class OddAnswerTest : public CourierTest, public testing::WithParamInterface<Case> {
 protected:
  EndpointOptions Bounded(uint16_t port) {
    EndpointOptions options = To(port);
    options.total_timeout = milliseconds(150);
    return options;
  }
};

Receiver::Script Answer(const Case& c) {
  return [&c](Peer& peer) {
    if (peer.ReadRequest().empty() || !peer.Send(c.answer)) return;
    if (c.then == Then::kReset) return peer.Reset();
    if (c.then == Then::kHold) peer.ReadToEnd();
  };
}

TEST_P(OddAnswerTest, IsClassifiedInTime) {
  const Case& expected = GetParam();
  Receiver receiver(Answer(expected));
  // Short where the answer never ends: only the time-out ends it.
  const bool endless = expected.wire == Outcome::kResponseTimeout;
  const EndpointOptions options = endless ? Bounded(receiver.port()) : To(receiver.port());
  const Response response = AskOnce(options);
  EXPECT_EQ(response.wire, expected.wire) << response.error;
  EXPECT_EQ(response.status, expected.status);
}

std::string Ok(const std::string& headers, const std::string& body = "") {
  return "HTTP/1.1 200 OK\r\n" + headers + "\r\n" + body;
}

std::string Chunks(const std::string& body) { return Ok("Transfer-Encoding: chunked\r\n", body); }

std::string Repeat(const std::string& s, int n) {
  std::string out;
  for (int i = 0; i < n; ++i) out += s;
  return out;
}

const std::string kEmpty = "Content-Length: 0\r\n";

std::string NameOf(const testing::TestParamInfo<Case>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(
    Unusual, OddAnswerTest,
    testing::Values(
        Case{"NotModified", "HTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n", Then::kHold,
             Outcome::kSuccess, 304},
        Case{"NoContentWithLength", "HTTP/1.1 204 Done\r\nContent-Length: 9\r\n\r\n", Then::kHold,
             Outcome::kSuccess, 204},
        Case{"NoContentAndBody", "HTTP/1.1 204 Done\r\n\r\nbody", Then::kHold, Outcome::kSuccess,
             204},
        Case{"NoReason", "HTTP/1.1 200 \r\n" + kEmpty + "\r\n", Then::kHold, Outcome::kSuccess,
             200},
        Case{"NoSpaceAfterStatus", "HTTP/1.1 503\r\nContent-Length: 0\r\n\r\n", Then::kHold,
             Outcome::kSuccess, 503},
        Case{"ReasonInUtf8", "HTTP/1.1 200 Хорошо\r\n" + kEmpty + "\r\n", Then::kHold,
             Outcome::kSuccess, 200},
        Case{"Http10KeepAlive", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + kEmpty + "\r\n",
             Then::kHold, Outcome::kSuccess, 200},
        Case{"ConnectionClose", Ok("Connection: close\r\nContent-Length: 2\r\n", "ok"),
             Then::kClose, Outcome::kSuccess, 200},
        Case{"ConnectionCloseButOpen", Ok("connection: Close\r\n" + kEmpty), Then::kHold,
             Outcome::kSuccess, 200},
        Case{"OddCase", Ok("cOnTeNt-LeNgTh: 2\r\n", "ok"), Then::kHold, Outcome::kSuccess, 200},
        Case{"NoSpaceAfterColon", Ok("Content-Length:2\r\n", "ok"), Then::kHold, Outcome::kSuccess,
             200},
        Case{"SpaceAroundValue", Ok("Content-Length: \t 2 \t\r\n", "ok"), Then::kHold,
             Outcome::kSuccess, 200},
        Case{"EmptyValue", Ok("X-Empty:\r\nX-Blank:  \r\n" + kEmpty), Then::kHold,
             Outcome::kSuccess, 200},
        Case{"Utf8Value", Ok("X-Place: Зал №1\r\n" + kEmpty), Then::kHold, Outcome::kSuccess, 200},
        Case{"FoldedValue", Ok("X-Long: one\r\n two\r\n\tthree\r\n" + kEmpty), Then::kHold,
             Outcome::kSuccess, 200},
        Case{"OddNames", Ok("!#$%&'*+-.^_`|~1: x\r\n" + kEmpty), Then::kHold, Outcome::kSuccess,
             200},
        Case{"ManyHeaders", Ok(Repeat("A: b\r\n", 1000) + kEmpty), Then::kHold, Outcome::kSuccess,
             200},
        Case{"LengthTwiceTheSame", Ok("Content-Length: 2\r\nContent-Length: 2\r\n", "ok"),
             Then::kHold, Outcome::kSuccess, 200},
        Case{"InterimWithHeaders",
             "HTTP/1.1 103 Hints\r\nLink: </a>\r\nContent-Length: 5\r\n\r\n" + kOk, Then::kHold,
             Outcome::kSuccess, 200},
        Case{"ManyLittleChunks", Chunks(Repeat("1\r\nx\r\n", 1000) + "0\r\n\r\n"), Then::kHold,
             Outcome::kSuccess, 200},
        Case{"LongChunkSizes", Chunks("00000000002\r\nok\r\n000\r\n\r\n"), Then::kHold,
             Outcome::kSuccess, 200},
        Case{"ChunkExtensions", Chunks("2;a;b=c;d=\"e f\"\r\nok\r\n0;g\r\n\r\n"), Then::kHold,
             Outcome::kSuccess, 200},
        Case{"Trailers", Chunks("2\r\nok\r\n0\r\nA: b\r\nRetry-After: 7\r\n\r\n"), Then::kHold,
             Outcome::kSuccess, 200},
        Case{"ResetAfterAWholeResponse", kOk, Then::kReset, Outcome::kSuccess, 200},
        Case{"ResetAfterTheLastChunk", Chunks("2\r\nok\r\n0\r\n\r\n"), Then::kReset,
             Outcome::kSuccess, 200},
        Case{"LongUntilClose", Ok("", std::string(17'000, 'x')), Then::kHold, Outcome::kSuccess,
             200}),
    NameOf);

// The head was whole: the receiver took the event, or did not, as it says.
INSTANTIATE_TEST_SUITE_P(CutShortBehindTheHead, OddAnswerTest,
                         testing::Values(Case{"ChunksWithoutTheLast", Chunks("2\r\nok\r\n"),
                                              Then::kClose, Outcome::kSuccess, 200},
                                         Case{"TrailersWithoutTheirEnd", Chunks("0\r\nA: b\r\n"),
                                              Then::kClose, Outcome::kSuccess, 200},
                                         Case{"ShorterThanSaid", Ok("Content-Length: 9\r\n", "ok"),
                                              Then::kClose, Outcome::kSuccess, 200},
                                         Case{"NothingOfTheBody",
                                              "HTTP/1.1 503 No\r\nContent-Length: 9\r\n\r\n",
                                              Then::kClose, Outcome::kSuccess, 503},
                                         Case{"ResetAmidTheBody", Ok("Content-Length: 9\r\n", "ok"),
                                              Then::kReset, Outcome::kSuccess, 200},
                                         Case{"ResetInPlaceOfTheEnd", Ok("", "until close"),
                                              Then::kReset, Outcome::kSuccess, 200}),
                         NameOf);

INSTANTIATE_TEST_SUITE_P(
    CutShort, OddAnswerTest,
    testing::Values(
        Case{"InterimAlone", "HTTP/1.1 100 Continue\r\n\r\n", Then::kClose, Outcome::kReset, 0},
        Case{"InterimAndHalfAHead", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 2", Then::kClose,
             Outcome::kReset, 0},
        Case{"HeadWithoutItsEnd", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", Then::kClose,
             Outcome::kReset, 0},
        Case{"ResetAmidTheHead", "HTTP/1.1 200 OK\r\n", Then::kReset, Outcome::kReset, 0},
        Case{"ResetAtOnce", "", Then::kReset, Outcome::kReset, 0}),
    NameOf);

INSTANTIATE_TEST_SUITE_P(NeverEnding, OddAnswerTest,
                         testing::Values(Case{"Silence", "", Then::kHold, Outcome::kResponseTimeout,
                                              0},
                                         Case{"InterimOnly", "HTTP/1.1 100 Continue\r\n\r\n",
                                              Then::kHold, Outcome::kResponseTimeout, 0},
                                         Case{"HalfAHead", "HTTP/1.1 200 OK\r\nContent-Le",
                                              Then::kHold, Outcome::kResponseTimeout, 0}),
                         NameOf);

INSTANTIATE_TEST_SUITE_P(
    Wrong, OddAnswerTest,
    testing::Values(Case{"Upgrade", "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", Then::kHold,
                         Outcome::kProtocol, 0},
                    Case{"EmptyLinesFirst", "\r\n\r\n" + kOk, Then::kHold, Outcome::kProtocol, 0},
                    Case{"StatusOfFourDigits", "HTTP/1.1 2000 OK\r\n" + kEmpty + "\r\n",
                         Then::kHold, Outcome::kProtocol, 0},
                    Case{"Html", "<html>502 Bad Gateway</html>", Then::kClose, Outcome::kProtocol,
                         0},
                    Case{"Http2Preface", std::string("\0\0\x12\x04\0\0\0\0\0", 9), Then::kHold,
                         Outcome::kProtocol, 0},
                    Case{"TlsAlert", std::string("\x15\x03\x03\0\x02\x02\x50", 7), Then::kClose,
                         Outcome::kProtocol, 0}),
    NameOf);

// The receiver holds the connection open: the status is told without waiting for what will not
// come.
INSTANTIATE_TEST_SUITE_P(
    Odd, OddAnswerTest,
    testing::Values(
        Case{"KeepAliveWithAParameter", Ok("Connection: keep-alive; timeout=5\r\n" + kEmpty),
             Then::kHold, Outcome::kSuccess, 200},
        Case{"OddConnectionOptions", Ok("Connection: @(, , x y\r\n" + kEmpty), Then::kHold,
             Outcome::kSuccess, 200},
        Case{"LongHead", Ok(Repeat("Set-Cookie: " + std::string(500, 'c') + "\r\n", 100) + kEmpty),
             Then::kHold, Outcome::kSuccess, 200},
        Case{"LongLine",
             Ok("Content-Security-Policy: " + std::string(50'000, 'x') + "\r\n" + kEmpty),
             Then::kHold, Outcome::kSuccess, 200},
        Case{"TooLongAHead",
             "HTTP/1.1 503 No\r\n" + Repeat("A: " + std::string(500, 'c') + "\r\n", 200),
             Then::kHold, Outcome::kSuccess, 503},
        Case{"ControlsInTheReason", "HTTP/1.1 200 \x01\x02\x7f\r\n" + kEmpty + "\r\n", Then::kHold,
             Outcome::kSuccess, 200},
        Case{"ManyInterims", Repeat("HTTP/1.1 102 Wait\r\n\r\n", 200) + kOk, Then::kHold,
             Outcome::kSuccess, 200},
        Case{"Http12", "HTTP/1.2 200 OK\r\n" + kEmpty + "\r\n", Then::kHold, Outcome::kSuccess,
             200},
        Case{"LengthsThatDiffer", Ok("Content-Length: 2\r\nContent-Length: 3\r\n", "ok"),
             Then::kHold, Outcome::kSuccess, 200},
        Case{"EmptyLength", Ok("Content-Length:\r\n"), Then::kHold, Outcome::kSuccess, 200},
        Case{"LengthOfLetters", Ok("Content-Length: 0x2\r\n", "ok"), Then::kHold, Outcome::kSuccess,
             200},
        Case{"LengthBeyond64Bits", Ok("Content-Length: 18446744073709551616\r\n"), Then::kHold,
             Outcome::kSuccess, 200},
        Case{"LengthAndChunks",
             Ok("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "2\r\nok\r\n0\r\n\r\n"),
             Then::kHold, Outcome::kSuccess, 200},
        Case{"UnknownEncoding", Ok("Transfer-Encoding: identity\r\nContent-Length: 2\r\n", "ok"),
             Then::kHold, Outcome::kSuccess, 200},
        Case{"LineFeedsAlone", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", Then::kHold,
             Outcome::kSuccess, 200},
        Case{"SpaceBeforeColon", Ok("Content-Length : 2\r\n", "ok"), Then::kHold, Outcome::kSuccess,
             200},
        Case{"NulInAValue", Ok(std::string("X: a\0b\r\n", 8) + kEmpty), Then::kHold,
             Outcome::kSuccess, 200},
        Case{"CarriageReturnInAValue", Ok("X: a\rb\r\n" + kEmpty), Then::kHold, Outcome::kSuccess,
             200},
        Case{"NoColon", Ok("<html>\r\n" + kEmpty), Then::kHold, Outcome::kSuccess, 200},
        Case{"BlanksBehindChunkSizes", Chunks("2  \r\nok\r\n0 \r\n\r\n"), Then::kHold,
             Outcome::kSuccess, 200},
        Case{"ChunkBeyond64Bits", Chunks("10000000000000000\r\nok"), Then::kHold, Outcome::kSuccess,
             200},
        Case{"ChunkWithSign", Chunks("-2\r\nok\r\n"), Then::kHold, Outcome::kSuccess, 200},
        Case{"ChunkLongerThanSaid", Chunks("2\r\nokay\r\n0\r\n\r\n"), Then::kHold,
             Outcome::kSuccess, 200},
        Case{"ChunkWithoutSize", Chunks("\r\nok\r\n0\r\n\r\n"), Then::kHold, Outcome::kSuccess,
             200},
        Case{"LongChunkExtension", Chunks("2;" + std::string(17'000, 'x')), Then::kHold,
             Outcome::kSuccess, 200},
        Case{"ManyChunkExtensions", Chunks(Repeat("1;" + std::string(200, 'x') + "\r\nx\r\n", 90)),
             Then::kHold, Outcome::kSuccess, 200},
        Case{"LongTrailers", Chunks("0\r\nX: " + std::string(17'000, 'x')), Then::kHold,
             Outcome::kSuccess, 200},
        Case{"FramingTrailers", Chunks("2\r\nok\r\n0\r\nContent-Length: 2\r\n\r\n"), Then::kHold,
             Outcome::kSuccess, 200}),
    NameOf);

// Only the time-out ends it, and the status was told long before.
TEST_F(OddAnswerTest, ATimeoutBehindTheHeadChangesNothing) {
  for (const std::string& answer : {Ok("Content-Length: 9\r\n", "ok"), Ok("", "ok"),
                                    Chunks("2\r\nok\r\n"), Chunks("0\r\nA: b\r\n")}) {
    Receiver receiver(AnswerAndHold(answer));
    const Response response = AskOnce(Bounded(receiver.port()));
    EXPECT_EQ(response.wire, Outcome::kSuccess) << answer << response.error;
    EXPECT_EQ(response.status, 200);
    EXPECT_GE(response.ended - response.started, milliseconds(150));
  }
}

class CourierTurnsTest : public CourierTest {
 protected:
  /// Two attempts, one after the other; the receiver's script decides what becomes of them.
  std::vector<Response> AskTwice(const Receiver& receiver) {
    const EndpointId endpoint = courier_->Open(To(receiver.port()));
    std::vector<Response> responses{Ask(endpoint)};
    responses.push_back(Ask(endpoint));
    return responses;
  }
};

TEST_F(CourierTurnsTest, AnAnswerBeforeTheRequestIsTaken) {
  Receiver receiver([](Peer& peer) {
    peer.Send("HTTP/1.1 503 Full\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    peer.ReadToEnd();
  });
  const Response response = AskOnce(To(receiver.port()));
  EXPECT_EQ(response.wire, Outcome::kSuccess) << response.error;
  EXPECT_EQ(response.status, 503);
}

TEST_F(CourierTurnsTest, AnAnswerAmidALargeRequestCountsAlsoWhenAResetFollows) {
  Receiver receiver([](Peer& peer) {
    if (!peer.ReadSome()) return;
    peer.Send("HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    peer.Reset();
  });
  const uint64_t token = Post(courier_->Open(To(receiver.port())), std::string(20'000'000, 'b'));
  RunUntilReported(1);
  EXPECT_EQ(responses_[token][0].wire, Outcome::kSuccess) << responses_[token][0].error;
  EXPECT_EQ(responses_[token][0].status, 413);
}

TEST_F(CourierTurnsTest, AfterAResetBehindTheResponseTheNextGoesElsewhere) {
  Receiver receiver([](Peer& peer) {
    if (!peer.ReadRequest().empty() && peer.Send(kOk)) peer.Reset();
  });
  for (const Response& response : AskTwice(receiver)) {
    EXPECT_EQ(response.wire, Outcome::kSuccess) << response.error;
  }
  EXPECT_EQ(receiver.connections(), 2);
}

TEST_F(CourierTurnsTest, WhatComesBetweenTwoRequestsAnswersNeither) {
  std::atomic<int> gone = 0;
  Receiver receiver([&](Peer& peer) {
    if (peer.ReadRequest().empty() || !peer.Send(kOk)) return;
    if (peer.number() == 0) {  // as servers do that close what was idle for too long
      peer.Send("HTTP/1.1 408 Request Time-out\r\nConnection: close\r\n\r\n");
    }
    peer.ReadToEnd();
    ++gone;
  });
  const EndpointId endpoint = courier_->Open(To(receiver.port()));
  EXPECT_EQ(Ask(endpoint).status, 200);
  RunUntil([&] { return gone == 1; });
  EXPECT_EQ(Ask(endpoint).status, 200);
  EXPECT_EQ(receiver.connections(), 2);
}

TEST_F(CourierTurnsTest, WhatIsLeftOfABodyIsNotTheNextAnswer) {
  Receiver receiver([](Peer& peer) {
    if (peer.ReadRequest().empty()) return;
    peer.Send("HTTP/1.1 204 Done\r\n\r\n" + kOk);  // a body where there can be none
    peer.ReadToEnd();
  });
  for (const Response& response : AskTwice(receiver)) EXPECT_EQ(response.status, 204);
  EXPECT_EQ(receiver.connections(), 2);
}

TEST_F(CourierTurnsTest, ConnectionsLiveOnAfterAnswersWithoutABody) {
  for (const char* answer :
       {"HTTP/1.1 204 Done\r\n\r\n", "HTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n",
        "HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n"}) {
    Receiver receiver(AnswerAll(answer));
    for (const Response& response : AskTwice(receiver)) {
      EXPECT_EQ(response.wire, Outcome::kSuccess) << answer << response.error;
    }
    EXPECT_EQ(receiver.connections(), 1) << answer;
  }
}

/// Whether the courier closes the connection, however much more the receiver has to send.
Receiver::Script Endless(std::string first, std::string rest, std::atomic<bool>& stopped) {
  return [first = std::move(first), rest = std::move(rest), &stopped](Peer& peer) {
    if (peer.ReadRequest().empty() || !peer.Send(first)) return;
    while (peer.Send(rest)) {
    }
    stopped = true;
  };
}

TEST_F(CourierTurnsTest, EndlessBodiesAreCutOffAndJudgedByTheirStatus) {
  const std::string kilobyte(1024, 'x');
  const std::pair<std::string, std::string> bodies[] = {
      {Ok(""), kilobyte},
      {Ok("Content-Length: 9223372036854775807\r\n"), kilobyte},
      {Chunks(""), "400\r\n" + kilobyte + "\r\n"},
      {Chunks("7fffffffffffffff\r\n"), kilobyte}};
  for (const auto& [head, body] : bodies) {
    std::atomic<bool> stopped = false;
    Receiver receiver(Endless(head, body, stopped));
    const Response response = AskOnce(To(receiver.port()));
    EXPECT_EQ(response.wire, Outcome::kSuccess) << head << response.error;
    EXPECT_EQ(response.status, 200);
    RunUntil([&] { return stopped.load(); });
  }
}

TEST_F(CourierTurnsTest, EndlessHeadsTrailersAndExtensionsAreCutOffAndJudgedByTheirStatus) {
  for (const auto& [head, rest] : {std::pair<std::string, std::string>{Chunks("0\r\n"), "A: b\r\n"},
                                   {Chunks("1;"), "a=b;"},
                                   {Chunks(""), "1;a=b\r\nx\r\n"},
                                   {Ok("").substr(0, 17), "A: b\r\n"},
                                   {Ok("").substr(0, 17) + "A: ", "b"}}) {
    std::atomic<bool> stopped = false;
    Receiver receiver(Endless(head, rest, stopped));
    EXPECT_EQ(AskOnce(To(receiver.port())).status, 200) << head;
    RunUntil([&] { return stopped.load(); });
  }
}

TEST_F(CourierTurnsTest, EndlessInterimsAndStatusLinesAreNoHttp) {
  for (const auto& [head, rest] :
       {std::pair<std::string, std::string>{"HTTP/1.1 100 Go\r\n\r\n", "HTTP/1.1 100 Go\r\n\r\n"},
        {"HTTP/1.1 100 Go\r\n", "A: b\r\n"},
        {"HTTP/1.1 200 ", "x"}}) {
    std::atomic<bool> stopped = false;
    Receiver receiver(Endless(head, rest, stopped));
    EXPECT_EQ(AskOnce(To(receiver.port())).wire, Outcome::kProtocol) << head;
    RunUntil([&] { return stopped.load(); });
  }
}

/// What is left over when the courier stops reading must not answer the next request: it goes out
/// on another connection.
TEST_F(CourierTurnsTest, NoOddAnswerIsTakenForThatOfAnotherRequest) {
  const std::string smuggled = "HTTP/1.1 299 Smuggled\r\nContent-Length: 0\r\n\r\n";
  const std::string answers[] = {
      kOk + smuggled,
      Ok("Content-Length: 2\r\nContent-Length: 0\r\n", smuggled),
      Ok("Content-Length: 0\r\nContent-Length: 2\r\n", smuggled),
      Ok("Content-Length: 0, 2\r\n", smuggled),
      Ok("Content-Length:\r\n", smuggled),
      Ok("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + smuggled),
      Ok("Content-Length: 0\r\nTransfer-Encoding: identity\r\n", smuggled),
      Ok("Content-Length: 0\r\nTransfer-Encoding: x\r\n", smuggled),
      Ok("Content-Length : 0\r\n", smuggled),
      Ok("Content-Length: 0\r\n 9\r\n", smuggled),
      Ok("X: y\r\n Content-Length: 9\r\nContent-Length: 0\r\n", smuggled),
      Ok("X: y\rContent-Length: 9\r\nContent-Length: 0\r\n", smuggled),
      "HTTP/1.1 200 OK\nContent-Length: 0\n\n" + smuggled,
      "HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n" + smuggled,
      "HTTP/1.1 204 Done\r\nContent-Length: 9\r\n\r\n" + smuggled,
      "HTTP/1.1 304 Same\r\nTransfer-Encoding: chunked\r\n\r\n" + smuggled,
      Chunks("0 \r\n\r\n" + smuggled),
      Chunks("0\n\n" + smuggled),
      Chunks("0\r\nContent-Length: 9\r\n\r\n" + smuggled),
      Chunks("x\r\n" + smuggled),
      "HTTP/1.1 100 Go\r\n x\r\n\r\n" + kOk + smuggled};
  for (const std::string& answer : answers) {
    // What is smuggled comes with the answer, or a moment later.
    for (const size_t late : {size_t{0}, smuggled.size()}) {
      if (late > 0 && answer == answers[0]) continue;  // then it is the next answer
      Receiver receiver([&](Peer& peer) {
        if (peer.ReadRequest().empty() || !peer.Send(answer.substr(0, answer.size() - late)))
          return;
        if (late > 0 && (peer.ReadRequest().empty() || !peer.Send(smuggled))) return;
        peer.ReadToEnd();
      });
      for (const Response& response : AskTwice(receiver)) {
        EXPECT_NE(response.status, 299) << answer;
        EXPECT_NE(response.status, 0) << answer << response.error;
      }
      EXPECT_EQ(receiver.connections(), 2) << answer;
    }
  }
}

// --- A 408 on a connection that was kept: the receiver gave up waiting while a request went out.

const std::string kLate = "HTTP/1.1 408 Request Time-out\r\nConnection: close\r\n\r\n";

/// Answers the first request of its first connection with kOk and the second with `late`; all
/// others with kOk.
Receiver::Script OnceLate(std::string late) {
  return [late = std::move(late)](Peer& peer) {
    for (int i = 0; !peer.ReadRequest().empty(); ++i) {
      if (peer.number() == 0 && i == 1) {
        peer.Send(late);
        return;
      }
      if (!peer.Send(kOk)) return;
    }
  };
}

TEST_F(CourierTurnsTest, ALateTimeoutIsSentAgainOnAnotherConnection) {
  for (const std::string& late :
       {kLate,
        std::string("HTTP/1.0 408 Request Time-out\r\nCache-Control: no-cache\r\n\r\n<html>"),
        std::string("HTTP/1.1 408 Late\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno")}) {
    Receiver receiver(OnceLate(late));
    for (const Response& response : AskTwice(receiver)) {
      EXPECT_EQ(response.status, 200) << late << response.error;
    }
    EXPECT_EQ(receiver.connections(), 2);
  }
}

TEST_F(CourierTurnsTest, ATimeoutOnAFreshConnectionIsTheAnswer) {
  Receiver receiver(AnswerAndClose(kLate));
  EXPECT_EQ(AskOnce(To(receiver.port())).status, 408);
  EXPECT_EQ(receiver.connections(), 1);
}

TEST_F(CourierTurnsTest, ATimeoutThatKeepsTheConnectionIsTheAnswer) {
  Receiver receiver([](Peer& peer) {
    if (peer.ReadRequest().empty() || !peer.Send(kOk)) return;
    while (!peer.ReadRequest().empty() &&
           peer.Send("HTTP/1.1 408 Mine\r\nContent-Length: 0\r\n\r\n")) {
    }
  });
  EXPECT_EQ(AskTwice(receiver)[1].status, 408);
  EXPECT_EQ(receiver.connections(), 1);
}

TEST_F(CourierTurnsTest, ALateTimeoutIsSentAgainOnlyOnce) {
  std::atomic<int> requests = 0;
  Receiver receiver([&](Peer& peer) {
    while (!peer.ReadRequest().empty()) {
      if (!peer.Send(++requests == 1 ? kOk : kLate)) return;
      if (requests > 1) return;
    }
  });
  const std::vector<Response> responses = AskTwice(receiver);
  EXPECT_EQ(responses[1].wire, Outcome::kSuccess);
  EXPECT_EQ(responses[1].status, 408);
  EXPECT_EQ(requests, 3);
}

// The late answer never ends: the time-out finds no time left to send it again.
TEST_F(CourierTurnsTest, ALateTimeoutThatNeverEndsIsTheAnswer) {
  Receiver receiver([](Peer& peer) {
    if (peer.ReadRequest().empty() || !peer.Send(kOk)) return;
    if (!peer.ReadRequest().empty() && peer.Send(kLate)) peer.ReadToEnd();
  });
  EndpointOptions options = To(receiver.port());
  options.total_timeout = milliseconds(500);
  const EndpointId endpoint = courier_->Open(options);
  EXPECT_EQ(Ask(endpoint).status, 200);
  EXPECT_EQ(Ask(endpoint).status, 408);
  EXPECT_EQ(receiver.connections(), 1);
}

TEST_F(CourierTurnsTest, WhatIsCancelledBehindTheHeadWasAnswered) {
  std::atomic<int> sent = 0;
  Receiver receiver([&](Peer& peer) {
    if (peer.ReadRequest().empty() || !peer.Send(Ok("Content-Length: 9\r\n", "ok"))) return;
    ++sent;
    peer.ReadToEnd();
  });
  const EndpointId endpoint = courier_->Open(To(receiver.port()));
  const uint64_t token = Post(endpoint);
  RunUntil([&] { return sent == 1; });
  for (int i = 0; i < 20; ++i) {  // until what was sent was read as well
    io_.restart();
    io_.run_for(milliseconds(10));
  }
  courier_->CancelAll();
  RunUntilReported(1);
  EXPECT_EQ(responses_[token][0].wire, Outcome::kSuccess);
  EXPECT_EQ(responses_[token][0].status, 200);
}

}  // namespace
}  // namespace carillon::http
