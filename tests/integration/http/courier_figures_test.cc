// What a courier measures: parts of attempts, how handshakes ended, connections by what they do.

#include <thread>

#include "carillon/net/pem.h"
#include "certificates.h"
#include "courier_fixture.h"
#include "scripted_proxy.h"
#include "silent_port.h"

namespace carillon::http {
namespace {

using Time = PhaseTimes::Time;

/// Measures until the times are as `like` says, at most 20 times: on a busy machine the end of one
/// part is seen late, and the next is shorter for it. Returns what was measured last.
template <typename Measure, typename Like>
PhaseTimes MeasureUntil(Measure measure, Like like) {
  PhaseTimes times = measure();
  for (int i = 1; i < 20 && !like(times); ++i) times = measure();
  return times;
}

class CourierFiguresTest : public CourierTest {
 protected:
  CourierFiguresTest() : trusting_(TlsClient::CreateTrusting(ca_.Pem()).value()) { Make(); }
  ~CourierFiguresTest() override { courier_.reset(); }

  void Make(CourierOptions options = {}) {
    options.on_handshake = [this](HandshakeResult result) {
      ++handshakes_[static_cast<size_t>(result)];
    };
    MakeCourier(options, trusting_.get());
  }
  int Handshakes(HandshakeResult result) const { return handshakes_[static_cast<size_t>(result)]; }
  int AllHandshakes() const {
    int all = 0;
    for (const int count : handshakes_) all += count;
    return all;
  }

  TestCa ca_;
  std::unique_ptr<TlsClient> trusting_;
  std::array<int, kHandshakeResultCount> handshakes_{};
};

TEST_F(CourierFiguresTest, AFirstAttemptHasEveryPartALaterOneOnlyThoseOfTheAnswer) {
  const auto server = ca_.Server("IP:127.0.0.1");
  Receiver receiver(AnswerAll(), server.get());
  const EndpointId endpoint = courier_->Open(To(receiver.port(), "127.0.0.1", true));
  const PhaseTimes first = Ask(endpoint).times;
  for (const Time time : {first.dns, first.connect, first.tls, first.first_byte, first.body}) {
    EXPECT_GE(time, Time(0));
    EXPECT_LT(time, std::chrono::seconds(15));
  }
  EXPECT_GT(first.tls, Time(0));
  EXPECT_GT(first.first_byte, Time(0));
  const Response response = Ask(endpoint);
  EXPECT_EQ(response.times.dns, PhaseTimes::kNone);
  EXPECT_EQ(response.times.connect, PhaseTimes::kNone);
  EXPECT_EQ(response.times.tls, PhaseTimes::kNone);
  EXPECT_EQ(response.times.first_byte + response.times.body, response.ended - response.started);
}

TEST_F(CourierFiguresTest, WithoutTlsThereIsNoHandshake) {
  Receiver receiver(AnswerAll());
  const PhaseTimes times = AskOnce(To(receiver.port())).times;
  EXPECT_GE(times.connect, Time(0));
  EXPECT_EQ(times.tls, PhaseTimes::kNone);
  EXPECT_EQ(AllHandshakes(), 0);
}

TEST_F(CourierFiguresTest, ASlowAnswerIsToldFromASlowBody) {
  Receiver receiver([&](Peer& peer) {
    peer.ReadRequest();
    receiver.Pause(milliseconds(60));
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
    receiver.Pause(milliseconds(120));
    peer.Send("ok");
    peer.ReadToEnd();
  });
  Response response;
  const PhaseTimes times = MeasureUntil(
      [&] {
        response = AskOnce(To(receiver.port()));
        return response.times;
      },
      [](const PhaseTimes& each) {
        return each.first_byte >= milliseconds(55) && each.body >= milliseconds(110);
      });
  EXPECT_GE(times.first_byte, milliseconds(55));
  EXPECT_GE(times.body, milliseconds(110));
  EXPECT_LE(times.first_byte + times.body, response.ended - response.started);
}

TEST_F(CourierFiguresTest, EachAnswerOfAConnectionHasPartsOfItsOwn) {
  Receiver receiver([&](Peer& peer) {
    for (int i = 0; !peer.ReadRequest().empty(); ++i) {
      receiver.Pause(milliseconds(60));
      const size_t first = i == 0 ? kOk.size() - 2 : kOk.size();  // the others come whole
      peer.Send(kOk.substr(0, first));
      receiver.Pause(milliseconds(60));
      peer.Send(kOk.substr(first));
    }
  });
  EndpointId endpoint{};
  const PhaseTimes first = MeasureUntil(
      [&] {
        endpoint = courier_->Open(To(receiver.port()));
        return Ask(endpoint).times;
      },
      [](const PhaseTimes& each) { return each.body >= milliseconds(55); });
  EXPECT_GE(first.body, milliseconds(55));
  const int connections = receiver.connections();
  for (int i = 0; i < 2; ++i) {
    Response response;
    const PhaseTimes times = MeasureUntil(
        [&] {
          response = Ask(endpoint);
          return response.times;
        },
        [](const PhaseTimes& each) { return each.first_byte >= milliseconds(55); });
    EXPECT_GE(times.first_byte, milliseconds(55));
    EXPECT_GE(times.body, Time(0));
    EXPECT_LE(times.first_byte + times.body, response.ended - response.started);
  }
  EXPECT_EQ(receiver.connections(), connections);
}

TEST_F(CourierFiguresTest, ThePartsOnTheWayToAProxyAndBehindItAddUp) {
  Receiver receiver(AnswerAll());
  TestProxy proxy([](const std::string&) {
    std::this_thread::sleep_for(milliseconds(60));
    return kConnected;
  });
  net::EgressSwitch through{{.rules = guard::Rules::Unrestricted(),
                             .proxy = net::Proxy{"proxy.example", proxy.port(), "", {}}}};
  Make({.egress = &through});
  Post(courier_->Open(To(receiver.port(), "a.example")));
  const auto answer = [&](size_t lookup, milliseconds after) {
    RunUntil([&] { return resolver_.unanswered.size() > lookup; });
    std::this_thread::sleep_for(after);
    resolver_.unanswered[lookup](Addresses{boost::asio::ip::make_address("127.0.0.1")});
  };
  answer(0, milliseconds(60));  // the receiver's
  answer(1, milliseconds(0));   // the proxy's
  RunUntilReported(1);
  const PhaseTimes times = responses_.begin()->second.at(0).times;
  EXPECT_GE(times.dns, milliseconds(55));
  EXPECT_GE(times.connect, milliseconds(55)) << "with the proxy's answer";
  EXPECT_EQ(times.tls, PhaseTimes::kNone);
  courier_.reset();  // before its egress
}

TEST_F(CourierFiguresTest, ThePartInWhichAnAttemptFailsCountsUpToItsFailure) {
  SilentPort silent;
  EndpointOptions options = To(silent.port());
  options.connect_timeout = milliseconds(80);
  const auto ask = [&] { return AskOnce(options).times; };
  PhaseTimes times = ask();
  EXPECT_GE(times.connect, milliseconds(75));
  EXPECT_EQ(times.first_byte, PhaseTimes::kNone);

  options.connect_timeout = std::chrono::seconds(10);
  options.total_timeout = milliseconds(80);  // ends it amid connecting
  times =
      MeasureUntil(ask, [](const PhaseTimes& each) { return each.connect >= milliseconds(55); });
  EXPECT_GE(times.connect, milliseconds(55));
  EXPECT_EQ(times.first_byte, PhaseTimes::kNone);

  Receiver mute([](Peer& peer) { peer.ReadToEnd(); });
  options = To(mute.port());
  options.total_timeout = milliseconds(80);
  times =
      MeasureUntil(ask, [](const PhaseTimes& each) { return each.first_byte >= milliseconds(40); });
  EXPECT_GE(times.first_byte, milliseconds(40));
  EXPECT_EQ(times.body, PhaseTimes::kNone);

  options = To(mute.port(), "nobody.example");  // the resolver does not answer
  options.connect_timeout = milliseconds(80);
  times = MeasureUntil(ask, [](const PhaseTimes& each) { return each.dns >= milliseconds(55); });
  EXPECT_GE(times.dns, milliseconds(55));
  EXPECT_EQ(times.connect, PhaseTimes::kNone);
}

TEST_F(CourierFiguresTest, HandshakesAreOkOrResumed) {
  const auto server = ca_.Server("IP:127.0.0.1");
  Receiver receiver(AnswerAll("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
                    server.get());
  const EndpointId endpoint = courier_->Open(To(receiver.port(), "127.0.0.1", true));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
  EXPECT_EQ(Handshakes(HandshakeResult::kOk), 1);
  EXPECT_EQ(Handshakes(HandshakeResult::kResumed), 2);
  EXPECT_EQ(AllHandshakes(), 3);
}

TEST_F(CourierFiguresTest, HandshakesFail) {
  const auto stranger = TestCa("another").Server("IP:127.0.0.1");
  Receiver unknown(AnswerAll(), stranger.get());
  EXPECT_EQ(AskOnce(To(unknown.port(), "127.0.0.1", true)).wire, Outcome::kTls);
  EXPECT_EQ(Handshakes(HandshakeResult::kFailed), 1);
  Receiver plain([](Peer& peer) {
    peer.Send("HTTP/1.1 400 Bad Request\r\n\r\n");
    peer.ReadToEnd();
  });
  EXPECT_EQ(AskOnce(To(plain.port(), "127.0.0.1", true)).wire, Outcome::kTls);
  EXPECT_EQ(Handshakes(HandshakeResult::kFailed), 2);
  Receiver closing([](Peer&) {});
  EXPECT_EQ(AskOnce(To(closing.port(), "127.0.0.1", true)).wire, Outcome::kTls);
  EXPECT_EQ(Handshakes(HandshakeResult::kFailed), 3);
  EXPECT_EQ(AllHandshakes(), 3);
}

TEST_F(CourierFiguresTest, HandshakesTimeOutByEitherTime) {
  Receiver mute([](Peer& peer) { peer.ReadToEnd(); });
  EndpointOptions options = To(mute.port(), "127.0.0.1", true);
  options.connect_timeout = milliseconds(80);
  int asked = 0;
  const PhaseTimes times = MeasureUntil(
      [&] {
        ++asked;
        return AskOnce(options).times;
      },
      [](const PhaseTimes& each) { return each.tls >= milliseconds(40); });
  EXPECT_GE(times.tls, milliseconds(40));
  EXPECT_EQ(Handshakes(HandshakeResult::kTimeout), asked);
  options.connect_timeout = std::chrono::seconds(10);
  options.total_timeout = milliseconds(80);
  EXPECT_EQ(AskOnce(options).wire, Outcome::kConnectTimeout);
  EXPECT_EQ(Handshakes(HandshakeResult::kTimeout), asked + 1);
  EXPECT_EQ(AllHandshakes(), asked + 1);
}

TEST_F(CourierFiguresTest, ConnectionsAreConnectingBusyOrIdle) {
  std::atomic<bool> answer = false;
  Receiver receiver([&](Peer& peer) {
    while (!peer.ReadRequest().empty()) {
      while (!answer && receiver.Pause(milliseconds(2))) {
      }
      peer.Send(kOk);
    }
  });
  SilentPort silent;
  const EndpointId slow = courier_->Open(To(receiver.port()));
  const EndpointId nowhere = courier_->Open(To(silent.port()));
  const auto are = [this](size_t connecting, size_t busy, size_t idle) {
    const ConnectionCounts counts = courier_->connections();
    return counts.connecting == connecting && counts.busy == busy && counts.idle == idle;
  };
  EXPECT_TRUE(are(0, 0, 0));
  Post(slow);
  Post(slow);
  Post(nowhere);
  RunUntil([&] { return are(1, 2, 0); });
  answer = true;
  RunUntil([&] { return are(1, 0, 2); });
  courier_->Close(nowhere);
  RunUntil([&] { return are(0, 0, 2); });
  courier_->Close(slow);
  EXPECT_TRUE(are(0, 0, 0));
}

TEST_F(CourierFiguresTest, ACertificateEndsWithTheFirstOfItsChain) {
  const auto now = static_cast<int64_t>(std::time(nullptr));
  const std::string later = TestCa::CertificateOf(ca_.Server("DNS:a.example", 9000).get());
  const std::string sooner = TestCa::CertificateOf(ca_.Server("DNS:b.example", 500).get());
  const auto end = net::EndOfCertificates(later);
  ASSERT_TRUE(end);
  EXPECT_NEAR(static_cast<double>(*end - now), 9000, 30);
  const auto first = net::EndOfCertificates(later + sooner);
  ASSERT_TRUE(first);
  EXPECT_NEAR(static_cast<double>(*first - now), 500, 30);
  EXPECT_FALSE(net::EndOfCertificates(""));
  EXPECT_FALSE(net::EndOfCertificates("no certificate"));
  EXPECT_EQ(net::EndOfTrust(sooner + later), end);
  EXPECT_EQ(net::EndOfTrust(sooner), first);
  EXPECT_FALSE(net::EndOfTrust("no certificate"));
}

}  // namespace
}  // namespace carillon::http
