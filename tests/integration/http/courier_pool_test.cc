// Connections kept, reused, replaced, bounded; cancelling, closing, updating.
#include "courier_fixture.h"

namespace carillon::http {
namespace {

class CourierPoolTest : public CourierTest {
 protected:
  EndpointId Open(const Receiver& receiver, uint32_t max_connections = 32) {
    EndpointOptions options = To(receiver.port());
    options.max_connections = max_connections;
    return courier_->Open(options);
  }
  Outcome WireOf(uint64_t token) { return responses_[token].at(0).wire; }
};

TEST_F(CourierPoolTest, ReusesAConnection) {
  Receiver receiver(AnswerAll());
  const EndpointId endpoint = Open(receiver);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
  EXPECT_EQ(receiver.connections(), 1);
}

TEST_F(CourierPoolTest, ReusesItWithinTheReport) {
  Receiver receiver(AnswerAll());
  const EndpointId endpoint = Open(receiver);
  on_response_ = [&](uint64_t token) {
    if (token < 50) Post(endpoint);
  };
  Post(endpoint);
  RunUntilReported(50);
  EXPECT_EQ(receiver.connections(), 1);
}

TEST_F(CourierPoolTest, DoesNotReuseWhatSaysClose) {
  Receiver receiver(AnswerAll("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"));
  const EndpointId endpoint = Open(receiver);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
  EXPECT_EQ(receiver.connections(), 3);
}

TEST_F(CourierPoolTest, NoticesThatAnIdleConnectionWasClosed) {
  Receiver receiver(AnswerAndClose(kOk));
  const EndpointId endpoint = Open(receiver);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
  EXPECT_EQ(receiver.connections(), 5);
}

/// Answers the first request of its first connection; its second is read and never answered.
Receiver::Script FailsOnReuse(bool reset, std::atomic<int>& requests) {
  return [reset, &requests](Peer& peer) {
    while (!peer.ReadRequest().empty()) {
      if (++requests == 2) {
        if (reset) peer.Reset();
        return;
      }
      peer.Send(kOk);
    }
  };
}

TEST_F(CourierPoolTest, SendsAgainWhenAReusedConnectionWasClosed) {
  for (const bool reset : {false, true}) {
    std::atomic<int> requests = 0;
    Receiver receiver(FailsOnReuse(reset, requests));
    const EndpointId endpoint = Open(receiver, 1);
    EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
    EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
    EXPECT_EQ(requests, 3);
    EXPECT_EQ(receiver.connections(), 2);
  }
}

TEST_F(CourierPoolTest, SendsAgainOnlyOnce) {
  std::atomic<int> requests = 0;
  Receiver receiver([&](Peer& peer) {
    while (!peer.ReadRequest().empty()) {
      if (++requests >= 2) return;
      peer.Send(kOk);
    }
  });
  const EndpointId endpoint = Open(receiver);
  EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
  EXPECT_EQ(Ask(endpoint).wire, Outcome::kReset);
  EXPECT_EQ(requests, 3);
}

TEST_F(CourierPoolTest, DoesNotSendAgainAfterAByteOfAnswer) {
  std::atomic<int> requests = 0;
  Receiver receiver([&](Peer& peer) {
    while (!peer.ReadRequest().empty()) {
      if (++requests == 2) {
        peer.Send("H");
        return;
      }
      peer.Send(kOk);
    }
  });
  const EndpointId endpoint = Open(receiver);
  EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
  EXPECT_EQ(Ask(endpoint).wire, Outcome::kReset);
  EXPECT_EQ(requests, 2);
}

TEST_F(CourierPoolTest, DoesNotSendAgainOnAFreshConnection) {
  std::atomic<int> requests = 0;
  Receiver receiver([&](Peer& peer) { requests += !peer.ReadRequest().empty(); });
  EXPECT_EQ(Ask(Open(receiver)).wire, Outcome::kReset);
  EXPECT_EQ(requests, 1);
}

TEST_F(CourierPoolTest, ClosesWhatIsIdleTooLong) {
  MakeCourier({.idle_connection = milliseconds(30)});
  std::atomic<int> closed = 0;
  Receiver receiver([&](Peer& peer) {
    peer.ReadRequest();
    peer.Send(kOk);
    peer.ReadToEnd();
    ++closed;
  });
  const EndpointId endpoint = Open(receiver);
  EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
  RunUntil([&] { return closed == 1; });
  EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
  EXPECT_EQ(receiver.connections(), 2);
}

TEST_F(CourierPoolTest, NeverOpensMoreThanItMay) {
  std::atomic<int> open = 0;
  std::atomic<int> most = 0;
  std::vector<std::string> order;
  std::mutex mutex;
  Receiver receiver([&](Peer& peer) {
    most = std::max<int>(most, ++open);
    for (std::string request; !(request = peer.ReadRequest()).empty();) {
      {
        const std::lock_guard lock(mutex);
        order.push_back(request.substr(request.find("\r\n\r\n") + 4));
      }
      peer.Send(kOk);
    }
    --open;
  });
  const EndpointId endpoint = Open(receiver, 3);
  for (int i = 0; i < 40; ++i) Post(endpoint);
  RunUntilReported(40);
  for (uint64_t token = 1; token <= 40; ++token) EXPECT_EQ(WireOf(token), Outcome::kSuccess);
  EXPECT_EQ(most, 3);
  EXPECT_EQ(receiver.connections(), 3);

  order.clear();
  const EndpointId one = Open(receiver, 1);
  std::vector<std::string> expected;
  for (int i = 0; i < 10; ++i) {
    expected.push_back(std::to_string(i));
    Post(one, expected.back());
  }
  RunUntilReported(50);
  EXPECT_EQ(order, expected) << "first come, first served";
}

TEST_F(CourierPoolTest, TheClockRunsWhileWaitingForAConnection) {
  Receiver receiver([](Peer& peer) { peer.ReadToEnd(); });
  EndpointOptions options = To(receiver.port());
  options.max_connections = 1;
  options.total_timeout = milliseconds(100);
  const EndpointId endpoint = courier_->Open(options);
  options.total_timeout = milliseconds(20);
  const uint64_t first = Post(endpoint);
  courier_->Update(endpoint, options);
  const uint64_t second = Post(endpoint);
  RunUntilReported(2);
  EXPECT_EQ(WireOf(first), Outcome::kResponseTimeout);
  EXPECT_EQ(WireOf(second), Outcome::kConnectTimeout);
  EXPECT_LT(responses_[second][0].ended, responses_[first][0].ended);
}

TEST_F(CourierPoolTest, AWaitingAttemptTakesThePlaceOfAFailedOne) {
  Receiver receiver([](Peer& peer) {
    if (peer.ReadRequest().empty() || peer.number() == 0) return;
    peer.Send(kOk);
    peer.ReadToEnd();
  });
  const EndpointId endpoint = Open(receiver, 1);
  const uint64_t first = Post(endpoint);
  const uint64_t second = Post(endpoint);
  RunUntilReported(2);
  EXPECT_EQ(WireOf(first), Outcome::kReset);
  EXPECT_EQ(WireOf(second), Outcome::kSuccess);
}

TEST_F(CourierPoolTest, CancelsEverythingUnderWay) {
  Receiver silent([](Peer& peer) { peer.ReadToEnd(); });
  const EndpointId endpoint = Open(silent, 2);
  Post(endpoint);
  RunUntil([&] { return silent.connections() == 1; });
  Post(endpoint);                                // connecting
  Post(endpoint);                                // waiting
  Post(courier_->Open(To(80, "slow.example")));  // resolving
  in_courier_ = true;
  courier_->CancelAll();
  in_courier_ = false;
  RunUntilReported(4);
  for (uint64_t token = 1; token <= 4; ++token) EXPECT_EQ(WireOf(token), Outcome::kCancelled);
}

TEST_F(CourierPoolTest, GoesOnAfterCancelling) {
  Receiver receiver(AnswerAll());
  const EndpointId endpoint = Open(receiver);
  Post(endpoint);
  courier_->CancelAll();
  EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
  EXPECT_EQ(WireOf(1), Outcome::kCancelled);
}

TEST_F(CourierPoolTest, AClosedEndpointCancelsAndDoesNotReachItsSuccessor) {
  Receiver receiver(AnswerAll());
  const EndpointId old = Open(receiver);
  const uint64_t under_way = Post(old);
  courier_->Close(old);
  const EndpointId next = Open(receiver);
  EXPECT_NE(next, old);
  const uint64_t late = Post(old);
  courier_->Close(old);
  EXPECT_EQ(Ask(next).wire, Outcome::kSuccess);
  RunUntilReported(3);
  EXPECT_EQ(WireOf(under_way), Outcome::kCancelled);
  EXPECT_EQ(WireOf(late), Outcome::kCancelled);
}

TEST_F(CourierPoolTest, MayCloseTheEndpointWithinTheReport) {
  Receiver receiver(AnswerAll());
  const EndpointId endpoint = Open(receiver, 1);
  on_response_ = [&](uint64_t token) {
    if (token == 1) courier_->Close(endpoint);
  };
  Post(endpoint);
  Post(endpoint);
  RunUntilReported(2);
  EXPECT_EQ(WireOf(1), Outcome::kSuccess);
  EXPECT_EQ(WireOf(2), Outcome::kCancelled);
}

TEST_F(CourierPoolTest, AnUpdateLeadsLaterAttemptsElsewhere) {
  Receiver before(AnswerAll());
  Receiver after(AnswerAll("HTTP/1.1 201 OK\r\nContent-Length: 0\r\n\r\n"));
  const EndpointId endpoint = Open(before, 1);
  EXPECT_EQ(Ask(endpoint).status, 200);
  const uint64_t carried = Post(endpoint);
  const uint64_t waiting = Post(endpoint);
  EndpointOptions options = To(after.port());
  options.max_connections = 1;
  courier_->Update(endpoint, options);
  const uint64_t later = Post(endpoint);
  RunUntilReported(4);
  EXPECT_EQ(responses_[carried][0].status, 200);
  EXPECT_EQ(responses_[waiting][0].status, 200);
  EXPECT_EQ(responses_[later][0].status, 201);
  EXPECT_EQ(after.connections(), 1);
}

TEST_F(CourierPoolTest, AnUpdateOfTimeoutsKeepsConnections) {
  Receiver receiver(AnswerAll());
  const EndpointId endpoint = Open(receiver);
  Ask(endpoint);
  EndpointOptions options = To(receiver.port());
  options.total_timeout = std::chrono::seconds(7);
  courier_->Update(endpoint, options);
  Ask(endpoint);
  EXPECT_EQ(receiver.connections(), 1);
}

TEST_F(CourierPoolTest, RaisingTheBoundServesThoseWhoWait) {
  Receiver silent([](Peer& peer) {
    if (peer.number() == 0) return peer.ReadToEnd();
    AnswerAll()(peer);
  });
  const EndpointId endpoint = Open(silent, 1);
  Post(endpoint);
  RunUntil([&] { return silent.connections() == 1; });
  const uint64_t waiting = Post(endpoint);
  EndpointOptions options = To(silent.port());
  options.max_connections = 2;
  courier_->Update(endpoint, options);
  RunUntilReported(1);
  EXPECT_EQ(WireOf(waiting), Outcome::kSuccess);
}

TEST_F(CourierPoolTest, GoesWithAttemptsUnderWay) {
  Receiver silent([](Peer& peer) { peer.ReadToEnd(); });
  const EndpointId endpoint = Open(silent, 1);
  Post(endpoint);
  RunUntil([&] { return silent.connections() == 1; });
  Post(endpoint);
  Post(courier_->Open(To(80, "slow.example")));
  courier_->CancelAll();
  Post(endpoint);
  courier_.reset();
  io_.restart();
  io_.run();
  EXPECT_EQ(reported_, 0U);
}

TEST(CourierLifeTest, TheContextMayGoWithItsWork) {
  FakeResolver resolver;
  const auto tls = TlsClient::Create().value();
  Receiver silent([](Peer& peer) { peer.ReadToEnd(); });
  boost::asio::io_context io(1);
  net::EgressSwitch anywhere({.rules = guard::Rules::Unrestricted()});
  CourierOptions bounds;
  bounds.egress = &anywhere;
  const auto courier = MakeAsioCourier(io, resolver, *tls, bounds);
  EndpointOptions options;
  options.url.host = "127.0.0.1";
  options.url.port = silent.port();
  Request request;
  request.endpoint = courier->Open(options);
  request.head = "POST / HTTP/1.1\r\n\r\n";
  courier->Start(std::move(request));
  io.run_one_for(std::chrono::seconds(5));
}

}  // namespace
}  // namespace carillon::http
