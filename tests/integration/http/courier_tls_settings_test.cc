// What an endpoint's own TLS settings change, and what stays apart.
#include "certificates.h"
#include "courier_fixture.h"

namespace carillon::http {
namespace {

class CourierTlsSettingsTest : public CourierTest {
 protected:
  CourierTlsSettingsTest() {
    resolver_.answers["a.example"] = Addresses{boost::asio::ip::make_address("127.0.0.1")};
  }
  ~CourierTlsSettingsTest() override { courier_.reset(); }

  static EndpointOptions With(const Receiver& receiver, const model::TlsSettings& settings) {
    EndpointOptions options = To(receiver.port(), "a.example", true);
    options.tls = settings;
    return options;
  }
  model::TlsSettings Trusting() const { return {.ca_bundle = ca_.Pem()}; }
  model::TlsSettings WithClient(const PemPair& client) const {
    return {.ca_bundle = ca_.Pem(),
            .client_certificate = client.certificate,
            .client_key = base::Secret(client.key)};
  }

  TestCa ca_;
};

TEST_F(CourierTlsSettingsTest, OwnAuthorities) {
  const auto server = ca_.Server("DNS:a.example");
  Receiver receiver(AnswerAll(), server.get());
  EXPECT_EQ(AskOnce(With(receiver, Trusting())).wire, Outcome::kSuccess);
  EXPECT_EQ(AskOnce(With(receiver, {})).wire, Outcome::kTls) << "the system does not know it";
  EXPECT_EQ(AskOnce(With(receiver, {.ca_bundle = TestCa().Pem()})).wire, Outcome::kTls);
  // One that is named among others.
  EXPECT_EQ(AskOnce(With(receiver, {.ca_bundle = TestCa("Another CA").Pem() + ca_.Pem()})).wire,
            Outcome::kSuccess);
}

// What a bundle holds is trusted itself, whoever issued it.
TEST_F(CourierTlsSettingsTest, AnAuthorityBelowTheRoot) {
  const TestCa below("Issuing CA", &ca_);
  const auto server = below.Server("DNS:a.example");
  Receiver receiver(AnswerAll(), server.get());
  EXPECT_EQ(AskOnce(With(receiver, {.ca_bundle = below.Pem()})).wire, Outcome::kSuccess);
  EXPECT_EQ(AskOnce(With(receiver, Trusting())).wire, Outcome::kTls) << "the link is missing";
  const TestCa beside("Issuing CA", &ca_);
  EXPECT_EQ(AskOnce(With(receiver, {.ca_bundle = beside.Pem()})).wire, Outcome::kTls);
}

TEST_F(CourierTlsSettingsTest, ThePinnedCertificateItself) {
  const auto server = ca_.Server("DNS:a.example");
  Receiver receiver(AnswerAll(), server.get());
  EXPECT_EQ(AskOnce(With(receiver, {.ca_bundle = TestCa::CertificateOf(server.get())})).wire,
            Outcome::kSuccess);
  const auto another = ca_.Server("DNS:a.example");
  EXPECT_EQ(AskOnce(With(receiver, {.ca_bundle = TestCa::CertificateOf(another.get())})).wire,
            Outcome::kTls);
}

TEST_F(CourierTlsSettingsTest, APinnedCertificateMustHoldAndNameTheHost) {
  const auto other_name = ca_.Server("DNS:b.example");
  const auto expired = ca_.Server("DNS:a.example", -60);
  for (const auto& [server, why] : {std::pair(other_name.get(), "hostname mismatch"),
                                    std::pair(expired.get(), "certificate has expired")}) {
    Receiver receiver(AnswerAll(), server);
    const Response response = AskOnce(With(receiver, {.ca_bundle = TestCa::CertificateOf(server)}));
    EXPECT_EQ(response.wire, Outcome::kTls);
    EXPECT_THAT(response.error, testing::HasSubstr(why));
  }
}

TEST_F(CourierTlsSettingsTest, ACommonNameDoesNotCount) {
  const auto server = ca_.Server("", 3600, "a.example");
  Receiver receiver(AnswerAll(), server.get());
  for (const std::string& bundle : {ca_.Pem(), TestCa::CertificateOf(server.get())}) {
    const Response response = AskOnce(With(receiver, {.ca_bundle = bundle}));
    EXPECT_EQ(response.wire, Outcome::kTls);
    EXPECT_THAT(response.error, testing::HasSubstr("it has no subjectAltName"));
  }
}

TEST_F(CourierTlsSettingsTest, OwnAuthoritiesStillCheckTheName) {
  const auto server = ca_.Server("DNS:b.example");
  Receiver receiver(AnswerAll(), server.get());
  const Response response = AskOnce(With(receiver, Trusting()));
  EXPECT_EQ(response.wire, Outcome::kTls);
  EXPECT_THAT(response.error, testing::HasSubstr("hostname mismatch"));
}

TEST_F(CourierTlsSettingsTest, WithoutVerificationAnybodyIsBelieved) {
  const auto server = TestCa().Server("DNS:other.example", -3600);
  Receiver receiver(AnswerAll(), server.get());
  EXPECT_EQ(AskOnce(With(receiver, {.verify = false})).wire, Outcome::kSuccess);
  EXPECT_EQ(AskOnce(With(receiver, {})).wire, Outcome::kTls);
}

TEST_F(CourierTlsSettingsTest, WithoutVerificationOldTlsIsStillRefused) {
  const auto server = ca_.Server("DNS:a.example");
  SSL_CTX_set_security_level(server.get(), 0);
  SSL_CTX_set_min_proto_version(server.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(server.get(), TLS1_1_VERSION);
  Receiver receiver(AnswerAll(), server.get());
  const Response response = AskOnce(With(receiver, {.verify = false}));
  EXPECT_EQ(response.wire, Outcome::kTls);
  EXPECT_THAT(response.error, testing::Not(testing::HasSubstr("certificate verify failed")));
}

class ClientCertificate : public CourierTlsSettingsTest, public testing::WithParamInterface<int> {};

TEST_P(ClientCertificate, IsShown) {
  const auto server = ca_.Server("DNS:a.example");
  SSL_CTX_set_max_proto_version(server.get(), GetParam());
  ca_.Require(server.get());
  Receiver receiver(AnswerAll(), server.get());
  EXPECT_EQ(AskOnce(With(receiver, WithClient(ca_.Client("carillon")))).wire, Outcome::kSuccess);
  EXPECT_NE(AskOnce(With(receiver, Trusting())).wire, Outcome::kSuccess) << "it shows none";
  EXPECT_NE(AskOnce(With(receiver, WithClient(TestCa().Client("carillon")))).wire,
            Outcome::kSuccess)
      << "another authority's";
}

INSTANTIATE_TEST_SUITE_P(Versions, ClientCertificate,
                         testing::Values(TLS1_2_VERSION, TLS1_3_VERSION));

TEST_F(CourierTlsSettingsTest, AnUpdateTakesConnectionsDownAndVerifiesAnew) {
  const auto server = ca_.Server("DNS:other.example");
  Receiver receiver(AnswerAll(), server.get());
  const EndpointId endpoint = courier_->Open(With(receiver, {.verify = false}));
  EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
  courier_->Update(endpoint, With(receiver, Trusting()));
  EXPECT_EQ(Ask(endpoint).wire, Outcome::kTls) << "the connection or its session was used again";
  courier_->Update(endpoint, With(receiver, {.verify = false}));
  EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
}

TEST_F(CourierTlsSettingsTest, AnUpdateToEqualSettingsKeepsTheConnection) {
  const auto server = ca_.Server("DNS:a.example");
  Receiver receiver(AnswerAll(), server.get());
  const EndpointId endpoint = courier_->Open(With(receiver, Trusting()));
  EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
  courier_->Update(endpoint, With(receiver, Trusting()));
  EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
  EXPECT_EQ(receiver.connections(), 1);
}

TEST_F(CourierTlsSettingsTest, EqualSettingsShareOneContext) {
  const auto client = TlsClient::Create().value();
  EXPECT_EQ(client->ContextFor({}).value().get(), client->context());
  TlsContextPtr a = client->ContextFor(Trusting()).value();
  EXPECT_EQ(client->ContextFor(Trusting()).value(), a);
  EXPECT_NE(client->ContextFor({.verify = false}).value(), a);
  EXPECT_NE(client->ContextFor(WithClient(ca_.Client("c"))).value(), a);
  const std::weak_ptr<SSL_CTX> kept = a;
  a.reset();
  EXPECT_TRUE(kept.expired());
  EXPECT_NE(client->ContextFor(Trusting()).value(), nullptr);
}

TEST_F(CourierTlsSettingsTest, SettingsThatMakeNoContext) {
  const auto server = ca_.Server("DNS:a.example");
  Receiver receiver(AnswerAll(), server.get());
  EXPECT_EQ(AskOnce(With(receiver, {.ca_bundle = "none"})).wire, Outcome::kTls);
}

TEST_F(CourierTlsSettingsTest, EndsAtTheRequestsOwnTime) {
  Receiver silent([](Peer& peer) { peer.ReadToEnd(); });
  const EndpointId endpoint = courier_->Open(To(silent.port()));
  Request request{.token = 1, .endpoint = endpoint, .head = "POST / HTTP/1.1\r\n\r\n"};
  request.must_end = std::chrono::steady_clock::now() + milliseconds(50);
  courier_->Start(std::move(request));
  RunUntilReported(1);  // the total time-out is 15 s, the loop's patience 20 s
  EXPECT_EQ(responses_[1][0].wire, Outcome::kResponseTimeout);
  EXPECT_LT(responses_[1][0].ended - responses_[1][0].started, std::chrono::seconds(10));
}

TEST_F(CourierTlsSettingsTest, KeepsTheBodyThatIsAskedFor) {
  Receiver receiver([](Peer& peer) {
    while (!peer.ReadRequest().empty()) {
      peer.Send(
          "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
          "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n");
    }
  });
  const EndpointId endpoint = courier_->Open(To(receiver.port()));
  uint64_t token = 100;
  for (const size_t keep : {0, 5, 7, 100, 0}) {
    courier_->Start({.token = ++token,
                     .endpoint = endpoint,
                     .head = "POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
                     .keep_body_bytes = keep});
    RunUntil([&] { return !responses_[token].empty(); });
    EXPECT_EQ(responses_[token].at(0).body, std::string("abcdefg").substr(0, keep));
  }
  EXPECT_EQ(receiver.connections(), 1);
}

}  // namespace
}  // namespace carillon::http
