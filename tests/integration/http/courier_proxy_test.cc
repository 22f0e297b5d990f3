// Deliveries through a forward proxy.
#include "certificates.h"
#include "courier_fixture.h"
#include "scripted_proxy.h"

namespace carillon::http {
namespace {

using boost::asio::ip::make_address;
using testing::ElementsAre;
using testing::HasSubstr;

class CourierProxyTest : public CourierTest {
 protected:
  CourierProxyTest() : trusting_(TlsClient::CreateTrusting(ca_.Pem()).value()) {
    options_.egress = &egress_;
    MakeCourier(options_, trusting_.get());
    resolver_.answers["a.example"] = Addresses{make_address("127.0.0.1")};
    resolver_.answers["proxy.example"] = Addresses{make_address("127.0.0.1")};
  }
  ~CourierProxyTest() override { courier_.reset(); }

  /// Destinations may be at 127.0.0.1 alone, at any port.
  void Use(net::Proxy proxy) {
    net::Egress egress;
    egress.rules.Allow(*guard::ParseNetwork("127.0.0.1"));
    egress.rules.Allow(guard::PortRange{1, 65535});
    egress.proxy = std::move(proxy);
    egress_.Set(std::move(egress));
  }
  Response AskThrough(const TestProxy& proxy, const EndpointOptions& options) {
    Use({"127.0.0.1", proxy.port(), "", {}});
    return AskOnce(options);
  }
  /// How an attempt ends when the proxy answers CONNECT with `answer`.
  Response AfterAnswer(const std::string& answer) {
    const TestProxy proxy([&](const std::string&) { return answer; });
    return AskThrough(proxy, To(8080));
  }
  void ExpectProtocol(const std::string& answer, const std::string& why) {
    const Response response = AfterAnswer(answer);
    EXPECT_EQ(response.wire, Outcome::kProtocol) << answer;
    EXPECT_THAT(response.error, HasSubstr(why));
    EXPECT_EQ(response.status, 0);
  }

  TestCa ca_;
  std::unique_ptr<TlsClient> trusting_;
  net::EgressSwitch egress_;
  CourierOptions options_;
};

TEST_F(CourierProxyTest, HttpGoesThroughATunnelToTheCheckedAddress) {
  std::string request;
  Receiver receiver([&](Peer& peer) {
    request = peer.ReadRequest();
    peer.Send(kOk);
    peer.ReadToEnd();
  });
  TestProxy proxy;
  EXPECT_EQ(AskThrough(proxy, To(receiver.port(), "a.example")).wire, Outcome::kSuccess);
  const std::string to = "127.0.0.1:" + std::to_string(receiver.port());
  EXPECT_THAT(proxy.heads(),
              ElementsAre("CONNECT " + to + " HTTP/1.1\r\nHost: " + to + "\r\n\r\n"));
  EXPECT_THAT(request, testing::StartsWith("POST /hook HTTP/1.1\r\nHost: test\r\n"));
}

TEST_F(CourierProxyTest, HttpsVerifiesTheReceiverBehindIt) {
  const auto server = ca_.Server("DNS:a.example");
  Receiver receiver(AnswerAll(), server.get());
  TestProxy proxy;
  EXPECT_EQ(AskThrough(proxy, To(receiver.port(), "a.example", true)).wire, Outcome::kSuccess);
  resolver_.answers["b.example"] = resolver_.answers["a.example"];
  const Response other = AskThrough(proxy, To(receiver.port(), "b.example", true));
  EXPECT_EQ(other.wire, Outcome::kTls);
  EXPECT_THAT(other.error, HasSubstr("hostname mismatch"));
  EXPECT_EQ(proxy.heads().size(), 2U);
}

TEST_F(CourierProxyTest, ATunnelIsKeptAlive) {
  Receiver receiver(AnswerAll());
  TestProxy proxy;
  Use({"proxy.example", proxy.port(), "", {}});
  const EndpointId endpoint = courier_->Open(To(receiver.port(), "a.example"));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
  EXPECT_EQ(proxy.heads().size(), 1U);
}

TEST_F(CourierProxyTest, Credentials) {
  Receiver receiver(AnswerAll());
  TestProxy proxy([](const std::string& head) {
    // base64 of `carillon:open sesame`
    const bool known =
        head.find("\r\nProxy-Authorization: Basic Y2FyaWxsb246b3BlbiBzZXNhbWU=\r\n") != head.npos;
    return known ? kConnected : "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n";
  });
  Use({"127.0.0.1", proxy.port(), "carillon", base::Secret("open sesame")});
  EXPECT_EQ(AskOnce(To(receiver.port())).wire, Outcome::kSuccess);
  Use({"127.0.0.1", proxy.port(), "carillon", base::Secret("shut")});
  const Response refused = AskOnce(To(receiver.port()));
  EXPECT_EQ(refused.wire, Outcome::kProtocol);
  EXPECT_EQ(refused.error, "the proxy answered CONNECT with 407");
}

TEST_F(CourierProxyTest, TheGuardStillLooksAtTheDestination) {
  TestProxy proxy;
  resolver_.answers["in.example"] = Addresses{make_address("127.0.0.1"), make_address("10.0.0.1")};
  EXPECT_EQ(AskThrough(proxy, To(8080, "in.example")).wire, Outcome::kBlocked);
  EXPECT_EQ(AskThrough(proxy, To(8080, "10.0.0.1")).wire, Outcome::kBlocked);
  EXPECT_TRUE(proxy.heads().empty());
}

TEST_F(CourierProxyTest, TheGuardDoesNotLookAtTheProxy) {
  Receiver receiver(AnswerAll());
  resolver_.answers["proxy.example"] = Addresses{make_address("127.0.0.3")};
  Use({"proxy.example", 1, "", {}});
  const Response response = AskOnce(To(receiver.port()));
  EXPECT_EQ(response.wire, Outcome::kConnectRefused);
  EXPECT_THAT(response.error, HasSubstr("cannot connect to the proxy at 127.0.0.3: "));
}

TEST_F(CourierProxyTest, AnswersThatAreNoTunnel) {
  ExpectProtocol("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "CONNECT with 403");
  ExpectProtocol("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\n\r\n", "CONNECT with 302");
  ExpectProtocol("HTTP/1.0 502 Bad Gateway\r\n\r\n", "CONNECT with 502");
  ExpectProtocol("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 407 Who\r\n\r\n", "CONNECT with 407");
  ExpectProtocol("HTTP/1.1 xyz\r\n\r\n", "not HTTP/1.x");
  ExpectProtocol("HTTP/1.\r\n\r\n", "not HTTP/1.x");
  ExpectProtocol("SSH-2.0-OpenSSH\r\n", "not HTTP/1.x");
  ExpectProtocol("HTTP/1.1 200 OK\r\n\r\nhello", "more than its answer");
  ExpectProtocol("HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x'), "head too long");
  std::string interims;
  for (int i = 0; i < 5000; ++i) interims += "HTTP/1.1 100 Continue\r\n\r\n";
  ExpectProtocol(interims, "head too long");
}

TEST_F(CourierProxyTest, ABrokenProxy) {
  const Response response = AfterAnswer("HTTP/1.1 20");
  EXPECT_EQ(response.wire, Outcome::kReset);
  EXPECT_THAT(response.error, HasSubstr("the proxy did not answer CONNECT: closed by the peer"));
}

TEST_F(CourierProxyTest, ASilentProxy) {
  const TestProxy proxy([](const std::string&) { return ""; });
  EndpointOptions options = To(8080);
  options.connect_timeout = milliseconds(80);
  const Response response = AskThrough(proxy, options);
  EXPECT_EQ(response.wire, Outcome::kConnectTimeout);
  EXPECT_THAT(response.error, HasSubstr("the proxy did not answer CONNECT within"));
}

TEST_F(CourierProxyTest, AnUnknownProxy) {
  resolver_.answers["gone.example"] = absl::NotFoundError("no such host");
  Use({"gone.example", 3128, "", {}});
  const Response response = AskOnce(To(8080));
  EXPECT_EQ(response.wire, Outcome::kDns);
  EXPECT_EQ(response.error, "cannot resolve the proxy gone.example: no such host");
  Use({"silent.example", 3128, "", {}});
  EndpointOptions options = To(8080);
  options.connect_timeout = milliseconds(80);
  EXPECT_THAT(AskOnce(options).error, HasSubstr("cannot resolve the proxy silent.example: no ans"));
}

TEST_F(CourierProxyTest, TheNextAddressIsTriedWhereItMayDo) {
  Receiver receiver(AnswerAll());
  TestProxy proxy([](const std::string& head) {
    return head.starts_with("CONNECT [::1]") ? "HTTP/1.1 504 Gateway Timeout\r\n\r\n" : kConnected;
  });
  Use({"127.0.0.1", proxy.port(), "", {}});
  net::Egress egress = *egress_.Get();
  egress.rules.Allow(*guard::ParseNetwork("::1"));
  egress_.Set(egress);
  resolver_.answers["two.example"] = Addresses{make_address("::1"), make_address("127.0.0.1")};
  EXPECT_EQ(AskOnce(To(receiver.port(), "two.example")).wire, Outcome::kSuccess);
  EXPECT_EQ(proxy.heads().size(), 2U);
}

TEST_F(CourierProxyTest, CancelledAmidATunnel) {
  TestProxy proxy([](const std::string&) { return ""; });
  Use({"127.0.0.1", proxy.port(), "", {}});
  const EndpointId endpoint = courier_->Open(To(8080));
  Post(endpoint);
  RunUntil([&] { return proxy.heads().size() == 1; });
  courier_->Close(endpoint);
  RunUntilReported(1);
  EXPECT_EQ(responses_[1][0].wire, Outcome::kCancelled);
}

TEST_F(CourierProxyTest, DestroyedAmidATunnel) {
  TestProxy proxy([](const std::string&) { return ""; });
  Use({"127.0.0.1", proxy.port(), "", {}});
  Post(courier_->Open(To(8080)));
  RunUntil([&] { return proxy.heads().size() == 1; });
  courier_.reset();
}

}  // namespace
}  // namespace carillon::http
