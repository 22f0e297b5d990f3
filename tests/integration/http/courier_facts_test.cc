// What programs are told of why an attempt ended as it did.
#include <ctime>

#include "certificates.h"
#include "courier_fixture.h"
#include "silent_port.h"

namespace carillon::http {
namespace {

using boost::asio::ip::make_address;
using model::Bound;
using model::BoundFacts;
using testing::ElementsAre;
using testing::HasSubstr;

class CourierFactsTest : public CourierTest {
 protected:
  CourierFactsTest() : trusting_(TlsClient::CreateTrusting(ca_.Pem()).value()) {
    MakeCourier({}, trusting_.get());
    resolver_.answers["a.example"] = Addresses{make_address("127.0.0.1")};
  }
  ~CourierFactsTest() override { courier_.reset(); }

  /// What is told of one attempt; nothing where that is null.
  model::AttemptFacts FactsOf(const EndpointOptions& options) {
    const Response response = AskOnce(options);
    return response.facts == nullptr ? model::AttemptFacts() : *response.facts;
  }
  std::optional<BoundFacts> BoundOf(Receiver::Script script, milliseconds total) {
    Receiver receiver(std::move(script));
    EndpointOptions options = To(receiver.port());
    options.total_timeout = total;
    return FactsOf(options).bound;
  }

  TestCa ca_;
  std::unique_ptr<TlsClient> trusting_;
};

TEST_F(CourierFactsTest, WhereNothingIsToBeToldThereIsNothing) {
  Receiver receiver(AnswerAll());
  EXPECT_EQ(AskOnce(To(receiver.port())).facts, nullptr);
  const auto server = ca_.Server("DNS:a.example");
  Receiver safe(AnswerAll(), server.get());
  const Response response = AskOnce(To(safe.port(), "a.example", true));
  EXPECT_EQ(response.wire, Outcome::kSuccess);
  EXPECT_EQ(response.facts, nullptr);
}

TEST_F(CourierFactsTest, ACertificateThatEnded) {
  const auto server = ca_.Server("DNS:a.example,DNS:*.c.example,IP:127.0.0.9", -3600);
  Receiver receiver(AnswerAll(), server.get());
  const auto certificate = FactsOf(To(receiver.port(), "a.example", true)).certificate;
  ASSERT_TRUE(certificate);
  EXPECT_EQ(certificate->subject, "CN=server");
  EXPECT_EQ(certificate->issuer, "CN=Test CA");
  EXPECT_THAT(certificate->names, ElementsAre("a.example", "*.c.example", "127.0.0.9"));
  EXPECT_EQ(certificate->verify_error, "certificate has expired");
  ASSERT_TRUE(certificate->not_after);
  EXPECT_NEAR(static_cast<double>(*certificate->not_after), std::time(nullptr) - 3600, 60);
  EXPECT_LT(certificate->not_before, certificate->not_after);
}

TEST_F(CourierFactsTest, ACertificateThatNobodyKnows) {
  const auto server = TestCa("Another CA").Server("DNS:a.example");
  Receiver receiver(AnswerAll(), server.get());
  const auto certificate = FactsOf(To(receiver.port(), "a.example", true)).certificate;
  ASSERT_TRUE(certificate);
  EXPECT_EQ(certificate->issuer, "CN=Another CA");
  EXPECT_THAT(certificate->verify_error, HasSubstr("issuer certificate"));
}

TEST_F(CourierFactsTest, ACertificateIsBounded) {
  std::string names = "DNS:0.example";
  for (int i = 1; i < 40; ++i) names += ",DNS:" + std::to_string(i) + ".example";
  const auto server = ca_.Server(names, 3600, std::string(64, 'c'));
  Receiver receiver(AnswerAll(), server.get());
  const auto certificate = FactsOf(To(receiver.port(), "a.example", true)).certificate;
  ASSERT_TRUE(certificate);
  EXPECT_EQ(certificate->names.size(), model::AttemptFacts::kMaxNames);
  EXPECT_EQ(certificate->names.back(), "15.example");
  EXPECT_LE(certificate->subject.size(), model::AttemptFacts::kMaxTextBytes);
}

// The certificate is believed; it is the client that has none.
TEST_F(CourierFactsTest, AServerThatWantsACertificate) {
  const auto server = ca_.Server("DNS:a.example");
  ca_.Require(server.get());
  Receiver receiver(AnswerAll(), server.get());
  const Response response = AskOnce(To(receiver.port(), "a.example", true));
  EXPECT_EQ(response.wire, Outcome::kTls) << response.error;
  ASSERT_NE(response.facts, nullptr);
  ASSERT_TRUE(response.facts->certificate);
  EXPECT_THAT(response.facts->certificate->names, ElementsAre("a.example"));
  EXPECT_EQ(response.facts->certificate->verify_error, "");
}

TEST_F(CourierFactsTest, AServerThatShowsNone) {
  Receiver receiver([](Peer& peer) {
    peer.Send("HTTP/1.1 400 Bad Request\r\n\r\n");
    peer.ReadToEnd();
  });
  const Response response = AskOnce(To(receiver.port(), "127.0.0.1", true));
  EXPECT_EQ(response.wire, Outcome::kTls);
  EXPECT_EQ(response.facts, nullptr);
}

TEST_F(CourierFactsTest, ANameThatLeadsNowhere) {
  resolver_.answers["no.example"] = WithLookupCode(absl::NotFoundError("no data"), "NODATA");
  EXPECT_EQ(FactsOf(To(80, "no.example")).lookup, (model::LookupFacts{"no.example", "NODATA"}));
  resolver_.answers["gone.example"] = absl::NotFoundError("no such host");
  EXPECT_EQ(FactsOf(To(80, "gone.example")).lookup,
            (model::LookupFacts{"gone.example", "NXDOMAIN"}));
  resolver_.answers["odd.example"] = absl::UnavailableError("nonsense");
  EXPECT_EQ(FactsOf(To(80, "odd.example")).lookup, (model::LookupFacts{"odd.example", "ERROR"}));
}

TEST_F(CourierFactsTest, ALookUpThatDoesNotEnd) {
  EndpointOptions options = To(80, "slow.example");
  options.connect_timeout = milliseconds(60);
  const model::AttemptFacts facts = FactsOf(options);
  EXPECT_EQ(facts.lookup, (model::LookupFacts{"slow.example", "TIMEOUT"}));
  EXPECT_EQ(facts.bound, (BoundFacts{Bound::kConnectTimeout, 60}));
}

TEST_F(CourierFactsTest, WhatTheGuardRefuses) {
  net::EgressSwitch public_only;
  MakeCourier({.egress = &public_only});
  EXPECT_EQ(FactsOf(To(8080, "a.example")).block,
            (model::BlockFacts{"127.0.0.1", "127.0.0.0/8, loopback"}));
  EXPECT_EQ(FactsOf(To(22, "a.example")).block, (model::BlockFacts{"", "port 22"}));
  courier_.reset();
}

TEST_F(CourierFactsTest, NoConnectionInTime) {
  const SilentPort silent;
  EndpointOptions options = To(silent.port());
  options.connect_timeout = milliseconds(120);
  EXPECT_EQ(FactsOf(options).bound, (BoundFacts{Bound::kConnectTimeout, 120}));
  options.connect_timeout = std::chrono::seconds(10);
  options.total_timeout = milliseconds(100);
  EXPECT_EQ(FactsOf(options).bound, (BoundFacts{Bound::kTotalTimeout, 100}));
}

TEST_F(CourierFactsTest, NoHandshakeInTime) {
  Receiver receiver([](Peer& peer) { peer.ReadToEnd(); });
  EndpointOptions options = To(receiver.port(), "127.0.0.1", true);
  options.connect_timeout = milliseconds(100);
  EXPECT_EQ(FactsOf(options).bound, (BoundFacts{Bound::kConnectTimeout, 100}));
}

TEST_F(CourierFactsTest, NoResponseInTime) {
  EXPECT_EQ(BoundOf([](Peer& peer) { peer.ReadToEnd(); }, milliseconds(120)),
            (BoundFacts{Bound::kTotalTimeout, 120}));
}

// The status stands; but the bound ended it.
TEST_F(CourierFactsTest, ABodyThatDoesNotEnd) {
  const auto script = [](Peer& peer) {
    peer.ReadRequest();
    peer.Send("HTTP/1.1 202 OK\r\nContent-Length: 9999\r\n\r\nx");
    peer.ReadToEnd();
  };
  EXPECT_EQ(BoundOf(script, milliseconds(150)), (BoundFacts{Bound::kTotalTimeout, 150}));
}

TEST_F(CourierFactsTest, NoFreeConnectionInTime) {
  Receiver receiver([](Peer& peer) { peer.ReadToEnd(); });
  EndpointOptions options = To(receiver.port());
  options.max_connections = 1;
  options.total_timeout = milliseconds(150);
  const EndpointId endpoint = courier_->Open(options);
  const uint64_t first = Post(endpoint);
  const uint64_t second = Post(endpoint);
  RunUntilReported(2);
  for (const uint64_t token : {first, second}) {
    const Response& response = responses_.at(token).at(0);
    ASSERT_NE(response.facts, nullptr) << response.error;
    EXPECT_EQ(response.facts->bound, (BoundFacts{Bound::kTotalTimeout, 150}));
  }
}

TEST_F(CourierFactsTest, AHeadThatIsTooLong) {
  MakeCourier({.max_head_bytes = 1024});
  for (const std::string start :
       {"HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 100 Go\r\nX: ", "HTTP/1.1 200 "}) {
    const auto script = [&start](Peer& peer) {
      peer.ReadRequest();
      peer.Send(start + std::string(2000, 'x'));
      peer.ReadToEnd();
    };
    EXPECT_EQ(BoundOf(script, milliseconds(15'000)), (BoundFacts{Bound::kResponseHeadBytes, 1024}))
        << start;
  }
}

}  // namespace
}  // namespace carillon::http
