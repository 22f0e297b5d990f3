// Names that do not resolve, hosts that do not answer, time-outs.
#include "courier_fixture.h"
#include "silent_port.h"

namespace carillon::http {
namespace {

using boost::asio::ip::make_address;

uint16_t RefusingPort() {
  const Receiver gone(AnswerAll());
  return gone.port();
}

class CourierFailuresTest : public CourierTest {
 protected:
  static milliseconds Took(const Response& response) {
    return std::chrono::duration_cast<milliseconds>(response.ended - response.started);
  }
};

TEST_F(CourierFailuresTest, Refused) {
  const Response response = AskOnce(To(RefusingPort()));
  EXPECT_EQ(response.wire, Outcome::kConnectRefused);
  EXPECT_EQ(response.status, 0);
  EXPECT_THAT(response.error, testing::HasSubstr("127.0.0.1"));
}

TEST_F(CourierFailuresTest, Unreachable) {
  // The loopback's broadcast address: the kernel has no route there for a stream.
  EXPECT_EQ(AskOnce(To(9, "127.255.255.255")).wire, Outcome::kUnreachable);
}

TEST_F(CourierFailuresTest, ConnectTimeout) {
  const SilentPort silent;
  EndpointOptions options = To(silent.port());
  options.connect_timeout = milliseconds(120);
  const Response response = AskOnce(options);
  EXPECT_EQ(response.wire, Outcome::kConnectTimeout) << response.error;
  EXPECT_GE(Took(response), milliseconds(120));
  EXPECT_LT(Took(response), options.total_timeout);
}

TEST_F(CourierFailuresTest, TheTotalTimeoutHoldsWhileConnecting) {
  const SilentPort silent;
  EndpointOptions options = To(silent.port());
  options.connect_timeout = std::chrono::seconds(10);
  options.total_timeout = milliseconds(100);
  const Response response = AskOnce(options);
  EXPECT_EQ(response.wire, Outcome::kConnectTimeout);
  EXPECT_GE(Took(response), milliseconds(100));
  EXPECT_LT(Took(response), options.connect_timeout);
}

TEST_F(CourierFailuresTest, NoSuchHost) {
  resolver_.answers["no.example"] = absl::NotFoundError("no such host");
  const Response response = AskOnce(To(80, "no.example"));
  EXPECT_EQ(response.wire, Outcome::kDns);
  EXPECT_THAT(response.error,
              testing::AllOf(testing::HasSubstr("no.example"), testing::HasSubstr("no such host")));
}

TEST_F(CourierFailuresTest, ALookupThatDoesNotEnd) {
  EndpointOptions options = To(80, "slow.example");
  options.connect_timeout = milliseconds(60);
  const Response response = AskOnce(options);
  EXPECT_EQ(response.wire, Outcome::kDns);
  EXPECT_GE(Took(response), milliseconds(60));
  ASSERT_EQ(resolver_.unanswered.size(), 1U);
  resolver_.unanswered[0](Addresses{make_address("127.0.0.1")});  // too late: nobody minds
  io_.restart();
  io_.poll();
}

TEST_F(CourierFailuresTest, ALookupThatEndsAfterTheCourier) {
  Post(courier_->Open(To(80, "slow.example")));
  courier_.reset();
  ASSERT_EQ(resolver_.unanswered.size(), 1U);
  std::thread([&] { resolver_.unanswered[0](absl::NotFoundError("gone")); }).join();
  EXPECT_EQ(reported_, 0U);
}

TEST_F(CourierFailuresTest, TriesTheAddressesInOrder) {
  Receiver receiver(AnswerAll());
  resolver_.answers["two.example"] =
      Addresses{make_address("127.0.0.2"), make_address("127.0.0.1")};
  EXPECT_EQ(AskOnce(To(receiver.port(), "two.example")).wire, Outcome::kSuccess);
}

TEST_F(CourierFailuresTest, ASilentAddressIsWaitedForToTheEnd) {
  const SilentPort silent;  // on 127.0.0.1; nothing listens on 127.0.0.2
  resolver_.answers["two.example"] =
      Addresses{make_address("127.0.0.1"), make_address("127.0.0.2")};
  EndpointOptions options = To(silent.port(), "two.example");
  options.connect_timeout = milliseconds(400);
  // The second refuses; the first is waited for to the end, and says more of the host.
  const Response response = AskOnce(options);
  EXPECT_EQ(response.wire, Outcome::kConnectTimeout) << response.error;
  EXPECT_GE(Took(response), milliseconds(400));
}

TEST_F(CourierFailuresTest, ARefusalDoesNotEndTheWait) {
  const SilentPort silent;
  resolver_.answers["two.example"] =
      Addresses{make_address("127.0.0.2"), make_address("127.0.0.1")};
  EndpointOptions options = To(silent.port(), "two.example");
  options.connect_timeout = milliseconds(80);
  EXPECT_EQ(AskOnce(options).wire, Outcome::kConnectTimeout);
}

TEST_F(CourierFailuresTest, ResponseTimeout) {
  Receiver receiver([](Peer& peer) { peer.ReadToEnd(); });
  EndpointOptions options = To(receiver.port());
  options.total_timeout = milliseconds(120);
  const Response response = AskOnce(options);
  EXPECT_EQ(response.wire, Outcome::kResponseTimeout);
  EXPECT_EQ(response.status, 0);
  EXPECT_GE(Took(response), milliseconds(120));
}

/// Sends `first` at once and then a byte of `rest`, over and over, each few milliseconds.
Receiver::Script Drip(Receiver*& receiver, std::string first, std::string rest) {
  return [&receiver, first = std::move(first), rest = std::move(rest)](Peer& peer) {
    peer.ReadRequest();
    bool alive = peer.Send(first);
    for (size_t i = 0; alive; i = (i + 1) % rest.size()) {
      alive = peer.Send(rest.substr(i, 1)) && receiver->Pause(milliseconds(10));
    }
  };
}

TEST_F(CourierFailuresTest, ADrippingHead) {
  Receiver* self = nullptr;
  Receiver receiver(Drip(self, "HTTP/1.1 200 OK\r\n", "X: y\r\n"));
  self = &receiver;
  EndpointOptions options = To(receiver.port());
  options.total_timeout = milliseconds(150);
  const Response response = AskOnce(options);
  EXPECT_EQ(response.wire, Outcome::kResponseTimeout);
  EXPECT_EQ(response.status, 0);
}

TEST_F(CourierFailuresTest, ADrippingBodyIsJudgedByItsStatus) {
  Receiver* self = nullptr;
  Receiver receiver(Drip(self, "HTTP/1.1 202 OK\r\nContent-Length: 9999\r\n\r\n", "x"));
  self = &receiver;
  EndpointOptions options = To(receiver.port());
  options.total_timeout = milliseconds(150);
  const Response response = AskOnce(options);
  EXPECT_EQ(response.wire, Outcome::kSuccess);
  EXPECT_EQ(response.status, 202);
}

TEST_F(CourierFailuresTest, ATlsServerThatSaysNothing) {
  Receiver receiver([](Peer& peer) { peer.ReadToEnd(); });
  EndpointOptions options = To(receiver.port(), "127.0.0.1", true);
  options.connect_timeout = milliseconds(100);
  EXPECT_EQ(AskOnce(options).wire, Outcome::kConnectTimeout);
}

TEST_F(CourierFailuresTest, AServerThatSpeaksNoTls) {
  Receiver receiver([](Peer& peer) {
    peer.Send("HTTP/1.1 400 Bad Request\r\n\r\n");
    peer.ReadToEnd();
  });
  EXPECT_EQ(AskOnce(To(receiver.port(), "127.0.0.1", true)).wire, Outcome::kTls);
}

}  // namespace
}  // namespace carillon::http
