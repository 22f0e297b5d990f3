#include <future>
#include <tuple>

#include "certificates.h"
#include "courier_fixture.h"

namespace carillon::http {
namespace {

class CourierTlsTest : public CourierTest {
 protected:
  CourierTlsTest() : trusting_(TlsClient::CreateTrusting(ca_.Pem()).value()) {
    MakeCourier({}, trusting_.get());
    resolver_.answers["a.example"] = Addresses{boost::asio::ip::make_address("127.0.0.1")};
    resolver_.answers["a.example."] = resolver_.answers["a.example"];
  }
  ~CourierTlsTest() override { courier_.reset(); }

  Response AskServer(SSL_CTX* server, const std::string& host) {
    Receiver receiver(AnswerAll(), server);
    return AskOnce(To(receiver.port(), host, true));
  }
  void ExpectRefused(SSL_CTX* server, const std::string& host, const std::string& why) {
    const Response response = AskServer(server, host);
    EXPECT_EQ(response.wire, Outcome::kTls);
    EXPECT_THAT(response.error, testing::HasSubstr(why));
  }

  TestCa ca_;
  std::unique_ptr<TlsClient> trusting_;
};

TEST_F(CourierTlsTest, AKnownCaAndTheRightName) {
  const auto server = ca_.Server("DNS:a.example,IP:127.0.0.1");
  for (const char* host : {"a.example", "a.example.", "127.0.0.1"}) {
    EXPECT_EQ(AskServer(server.get(), host).wire, Outcome::kSuccess) << host;
  }
}

TEST_F(CourierTlsTest, SaysTheNameItWants) {
  const auto server = ca_.Server("DNS:a.example");
  std::string seen;
  SSL_CTX_set_tlsext_servername_arg(server.get(), &seen);
  SSL_CTX_set_tlsext_servername_callback(
      server.get(), +[](SSL* ssl, int*, void* seen) {
        const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
        *static_cast<std::string*>(seen) = name == nullptr ? "" : name;
        return SSL_TLSEXT_ERR_OK;
      });
  EXPECT_EQ(AskServer(server.get(), "a.example.").wire, Outcome::kSuccess);
  EXPECT_EQ(seen, "a.example");
}

TEST_F(CourierTlsTest, AnUnknownCa) {
  const auto server = TestCa().Server("DNS:a.example");
  ExpectRefused(server.get(), "a.example", "certificate verify failed: ");
}

TEST_F(CourierTlsTest, AnotherName) {
  const auto server = ca_.Server("DNS:b.example,IP:127.0.0.9");
  ExpectRefused(server.get(), "a.example", "certificate verify failed: hostname mismatch");
  ExpectRefused(server.get(), "127.0.0.1", "certificate verify failed: IP address mismatch");
}

TEST_F(CourierTlsTest, Expired) {
  const auto server = ca_.Server("DNS:a.example", -3600);
  ExpectRefused(server.get(), "a.example", "certificate has expired");
}

TEST_F(CourierTlsTest, OldTlsIsRefused) {
  const auto server = ca_.Server("DNS:a.example");
  SSL_CTX_set_security_level(server.get(), 0);
  SSL_CTX_set_min_proto_version(server.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(server.get(), TLS1_1_VERSION);
  ExpectRefused(server.get(), "a.example", "TLS handshake: ");
}

TEST_F(CourierTlsTest, Tls12IsEnough) {
  const auto server = ca_.Server("DNS:a.example");
  SSL_CTX_set_max_proto_version(server.get(), TLS1_2_VERSION);
  EXPECT_EQ(AskServer(server.get(), "a.example").wire, Outcome::kSuccess);
}

class Resumption : public CourierTlsTest, public testing::WithParamInterface<int> {
 protected:
  Resumption() { resolver_.answers["b.example"] = resolver_.answers["a.example"]; }

  /// A server whose connections end after one answer, and are counted when they resume.
  OpenSslPtr<SSL_CTX> Server(const std::string& names) {
    auto server = ca_.Server(names);
    SSL_CTX_set_max_proto_version(server.get(), GetParam());
    return server;
  }
  Receiver::Script CountAndClose() {
    return [this](Peer& peer) {
      resumed_ += peer.resumed();
      peer.ReadRequest();
      peer.Send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    };
  }
  int AskAndCountResumed(EndpointId endpoint) {
    EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
    return resumed_.exchange(0);
  }

  std::atomic<int> resumed_ = 0;
};

TEST_P(Resumption, TheSecondConnectionResumesTheSession) {
  const auto server = Server("DNS:a.example");
  Receiver receiver(CountAndClose(), server.get());
  const EndpointId endpoint = courier_->Open(To(receiver.port(), "a.example", true));
  EXPECT_EQ(AskAndCountResumed(endpoint), 0);
  // With TLS 1.3 the first two are tickets of the first connection, the others of resumed ones.
  for (int i = 0; i < 6; ++i) EXPECT_EQ(AskAndCountResumed(endpoint), 1) << i;
}

// Thousands of destinations at one receiver: one of them shakes hands in full.
TEST_P(Resumption, EndpointsOfOneHostPortAndSettingsShareSessions) {
  const auto server = Server("DNS:a.example,DNS:b.example");
  Receiver receiver(CountAndClose(), server.get());
  Receiver other_port(CountAndClose(), server.get());
  const EndpointOptions options = To(receiver.port(), "a.example", true);
  EXPECT_EQ(AskAndCountResumed(courier_->Open(options)), 0);
  EndpointOptions other_path = options;
  other_path.url.target = "/other";
  EXPECT_EQ(AskAndCountResumed(courier_->Open(other_path)), 1);
  EXPECT_EQ(AskAndCountResumed(courier_->Open(To(receiver.port(), "b.example", true))), 0);
  EXPECT_EQ(AskAndCountResumed(courier_->Open(To(other_port.port(), "a.example", true))), 0);
  // What was not verified counts for nothing where it is to be.
  EndpointOptions unverified = options;
  unverified.tls.verify = false;
  EXPECT_EQ(AskAndCountResumed(courier_->Open(unverified)), 0);
  EndpointOptions same_authority = options;
  same_authority.tls.ca_bundle = ca_.Pem();
  EXPECT_EQ(AskAndCountResumed(courier_->Open(same_authority)), 0);
  EXPECT_EQ(AskAndCountResumed(courier_->Open(options)), 1);
}

TEST_P(Resumption, NobodyResumesWhatAnotherClientCertificateBegan) {
  const auto server = Server("DNS:a.example");
  ca_.Require(server.get());
  Receiver receiver(CountAndClose(), server.get());
  const auto as = [&](const PemPair& client) {
    EndpointOptions options = To(receiver.port(), "a.example", true);
    options.tls.client_certificate = client.certificate;
    options.tls.client_key = base::Secret(client.key);
    return courier_->Open(options);
  };
  const PemPair one = ca_.Client("one");
  const PemPair two = ca_.Client("two");
  EXPECT_EQ(AskAndCountResumed(as(one)), 0);
  EXPECT_EQ(AskAndCountResumed(as(two)), 0);
  EXPECT_EQ(AskAndCountResumed(as(one)), 1);
}

TEST_P(Resumption, SessionsGoWithTheLastEndpoint) {
  const auto server = Server("DNS:a.example");
  Receiver receiver(CountAndClose(), server.get());
  const EndpointOptions options = To(receiver.port(), "a.example", true);
  EndpointId endpoint = courier_->Open(options);
  EXPECT_EQ(AskAndCountResumed(endpoint), 0);
  courier_->Close(endpoint);
  endpoint = courier_->Open(options);
  EXPECT_EQ(AskAndCountResumed(endpoint), 0);
}

// TLS 1.3: whoever listens could link two connections that show the same ticket. The server hands
// out two, on its first connection only.
TEST_F(CourierTlsTest, ATicketIsShownOnce) {
  const auto server = ca_.Server("DNS:a.example");
  std::atomic<int> hellos = 0;
  SSL_CTX_set_tlsext_servername_arg(server.get(), &hellos);
  SSL_CTX_set_tlsext_servername_callback(
      server.get(), +[](SSL* ssl, int*, void* hellos) {
        if ((*static_cast<std::atomic<int>*>(hellos))++ > 0) SSL_set_num_tickets(ssl, 0);
        return SSL_TLSEXT_ERR_OK;
      });
  std::atomic<int> resumed = 0;
  Receiver receiver(
      [&](Peer& peer) {
        resumed += peer.resumed();
        peer.ReadRequest();
        peer.Send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
      },
      server.get());
  const EndpointId endpoint = courier_->Open(To(receiver.port(), "a.example", true));
  for (const int expected : {0, 1, 2, 2, 2}) {
    EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
    EXPECT_EQ(resumed, expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Versions, Resumption, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION));

// A resumed session is not verified again: it must not outlive what was verified.
TEST_P(Resumption, EndsWithTheCertificate) {
  for (const int seconds : {5, 20, 80}) {  // a busy machine may need longer for two sessions
    const auto server = ca_.Server("DNS:a.example", seconds);
    SSL_CTX_set_max_proto_version(server.get(), GetParam());
    Receiver receiver(
        AnswerAll("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
        server.get());
    const EndpointId endpoint = courier_->Open(To(receiver.port(), "a.example", true));
    const Outcome first = Ask(endpoint).wire;
    const Outcome resumed = Ask(endpoint).wire;
    const auto* const end = X509_get0_notAfter(SSL_CTX_get0_certificate(server.get()));
    if (X509_cmp_current_time(end) <= 0) continue;
    ASSERT_EQ(first, Outcome::kSuccess);
    EXPECT_EQ(resumed, Outcome::kSuccess);
    while (X509_cmp_current_time(end) > 0) {
      std::this_thread::sleep_for(milliseconds(50));
    }
    std::this_thread::sleep_for(milliseconds(1100));  // the second in which it ends still counts
    const Response response = Ask(endpoint);
    EXPECT_EQ(response.wire, Outcome::kTls);
    EXPECT_THAT(response.error, testing::HasSubstr("certificate has expired"));
    return;
  }
  FAIL() << "two sessions take longer than 80 s";
}

TEST_F(CourierTlsTest, KeepsConnectionsAlive) {
  const auto server = ca_.Server("DNS:a.example");
  Receiver receiver(AnswerAll(), server.get());
  const EndpointId endpoint = courier_->Open(To(receiver.port(), "a.example", true));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
  EXPECT_EQ(receiver.connections(), 1);
}

// Many records, and more than a socket takes at once.
TEST_F(CourierTlsTest, ALargeBodyArrivesAsItWas) {
  const auto server = ca_.Server("DNS:a.example");
  std::promise<std::string> seen;
  Receiver receiver(
      [&](Peer& peer) {
        seen.set_value(peer.ReadRequest());
        peer.Send(kOk);
        peer.ReadToEnd();
      },
      server.get());
  std::string body(3'000'000, ' ');
  for (size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i % 23);
  const EndpointId endpoint = courier_->Open(To(receiver.port(), "a.example", true));
  Post(endpoint, body);
  RunUntilReported(1);
  const std::string request = seen.get_future().get();
  ASSERT_GT(request.size(), body.size());
  EXPECT_TRUE(request.ends_with(body));
}

// One record holds more than one read takes: what is left is no news of the socket's.
TEST_F(CourierTlsTest, AnAnswerLargerThanOneRead) {
  const auto server = ca_.Server("DNS:a.example");
  const std::string rest(12'000, 'r');
  Receiver receiver(AnswerAll("HTTP/1.1 200 OK\r\nContent-Length: 12000\r\n\r\n" + rest),
                    server.get());
  const EndpointId endpoint = courier_->Open(To(receiver.port(), "a.example", true));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
  EXPECT_EQ(receiver.connections(), 1);
}

TEST_F(CourierTlsTest, AClosedConnectionIsReplaced) {
  const auto server = ca_.Server("DNS:a.example");
  Receiver receiver(
      [](Peer& peer) {
        peer.ReadRequest();
        peer.Send(kOk);
        if (peer.number() > 0) peer.ReadToEnd();
        if (!peer.ReadRequest().empty()) peer.Reset();
      },
      server.get());
  const EndpointId endpoint = courier_->Open(To(receiver.port(), "a.example", true));
  EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
  EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
  EXPECT_EQ(receiver.connections(), 2);
}

// As many do: closed without a TLS alert, behind a whole head or amid it.
TEST_F(CourierTlsTest, ClosedWithoutAnAlert) {
  const auto server = ca_.Server("DNS:a.example");
  const std::tuple<std::string, Outcome, uint16_t> cases[] = {
      {"HTTP/1.1 200 OK\r\n\r\nuntil close", Outcome::kSuccess, 200},
      {"HTTP/1.0 202 OK\r\n\r\n", Outcome::kSuccess, 202},
      {"HTTP/1.1 503 No\r\nContent-Length: 9\r\n\r\ncut", Outcome::kSuccess, 503},
      {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", Outcome::kReset, 0},
      {"", Outcome::kReset, 0}};
  for (const auto& [answer, wire, status] : cases) {
    Receiver receiver(
        [&](Peer& peer) {
          if (!peer.ReadRequest().empty()) peer.Send(answer);
          peer.CloseWithoutAlert();
        },
        server.get());
    const Response response = AskOnce(To(receiver.port(), "a.example", true));
    EXPECT_EQ(response.wire, wire) << answer << response.error;
    EXPECT_EQ(response.status, status) << answer;
  }
}

TEST_F(CourierTlsTest, CancelledAmidAHandshake) {
  Receiver silent([](Peer& peer) { peer.ReadToEnd(); });
  const EndpointId endpoint = courier_->Open(To(silent.port(), "a.example", true));
  Post(endpoint);
  RunUntil([&] { return silent.connections() == 1; });
  courier_->Close(endpoint);
  RunUntilReported(1);
  EXPECT_EQ(responses_[1][0].wire, Outcome::kCancelled);
}

TEST(TlsClientTest, TrustsNothingThatIsNoCertificate) {
  EXPECT_EQ(TlsClient::CreateTrusting("no certificate").status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace carillon::http
