// Names with many addresses: which are tried, in which order, and what is learned of them.
#include "certificates.h"
#include "courier_fixture.h"
#include "scripted_proxy.h"
#include "silent_port.h"

namespace carillon::http {
namespace {

using boost::asio::ip::make_address;
using std::chrono::seconds;

/// Reads a request and resets the connection.
void ResetIt(Peer& peer) {
  peer.ReadRequest();
  peer.Reset();
}

class CourierAddressesTest : public CourierTest {
 protected:
  void Name(const std::string& name, const std::vector<std::string>& addresses) {
    Addresses parsed;
    for (const std::string& address : addresses) parsed.push_back(make_address(address));
    resolver_.answers.insert_or_assign(name, std::move(parsed));
  }
  static EndpointOptions Patient(uint16_t port, const std::string& host, bool tls = false) {
    EndpointOptions options = To(port, host, tls);
    options.connect_timeout = seconds(15);
    options.total_timeout = seconds(18);
    return options;
  }
  static milliseconds Took(const Response& response) {
    return std::chrono::duration_cast<milliseconds>(response.ended - response.started);
  }
};

TEST_F(CourierAddressesTest, ASilentAddressHoldsUpNoOther) {
  Receiver receiver(AnswerAll());
  const SilentPort one("127.0.0.2", receiver.port());
  const SilentPort two("127.0.0.3", receiver.port());
  Name("three.example", {"127.0.0.2", "127.0.0.3", "127.0.0.1"});
  const Response response = AskOnce(Patient(receiver.port(), "three.example"));
  EXPECT_EQ(response.wire, Outcome::kSuccess) << response.error;
  // Two delays, and not two thirds of the connect timeout.
  EXPECT_GE(Took(response), milliseconds(480));
  EXPECT_LT(Took(response), seconds(5));
}

TEST_F(CourierAddressesTest, TheSilentOneComesLastAfterwards) {
  Receiver receiver(AnswerAndClose(kOk));
  const SilentPort silent("127.0.0.2", receiver.port());
  Name("two.example", {"127.0.0.2", "127.0.0.1"});
  EndpointOptions options = Patient(receiver.port(), "two.example");
  const EndpointId endpoint = courier_->Open(options);
  EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
  // Too short to get round the silent one again.
  options.connect_timeout = milliseconds(10'000);
  courier_->Update(endpoint, options);
  milliseconds least = seconds(20);
  for (int i = 0; i < 100 && least >= milliseconds(250); ++i) {
    const Response response = Ask(endpoint);
    EXPECT_EQ(response.wire, Outcome::kSuccess) << response.error;
    least = std::min(least, Took(response));
  }
  EXPECT_LT(least, milliseconds(250));
}

TEST_F(CourierAddressesTest, AfterAResetAnotherAddressIsTried) {
  Receiver good(AnswerAndClose(kOk));
  Receiver bad(ResetIt, nullptr, "127.0.0.2", good.port());
  Name("two.example", {"127.0.0.2", "127.0.0.1"});
  const EndpointId endpoint = courier_->Open(Patient(good.port(), "two.example"));
  EXPECT_EQ(Ask(endpoint).wire, Outcome::kReset);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
  EXPECT_EQ(bad.connections(), 1);
}

TEST_F(CourierAddressesTest, AfterATlsFailureAnotherAddressIsTried) {
  const TestCa ca;
  const TestCa stranger("Stranger");
  const auto trusting = TlsClient::CreateTrusting(ca.Pem()).value();
  MakeCourier({}, trusting.get());
  const auto known = ca.Server("DNS:two.example");
  const auto unknown = stranger.Server("DNS:two.example");
  Receiver good(AnswerAndClose(kOk), known.get());
  Receiver bad(AnswerAll(), unknown.get(), "127.0.0.2", good.port());
  Name("two.example", {"127.0.0.2", "127.0.0.1"});
  const EndpointId endpoint = courier_->Open(Patient(good.port(), "two.example", true));
  EXPECT_EQ(Ask(endpoint).wire, Outcome::kTls);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
  EXPECT_EQ(bad.connections(), 1);
  courier_.reset();
}

TEST_F(CourierAddressesTest, AfterASilentHandshakeAnotherAddressIsTried) {
  const TestCa ca;
  const auto trusting = TlsClient::CreateTrusting(ca.Pem()).value();
  MakeCourier({}, trusting.get());
  const auto known = ca.Server("DNS:two.example");
  Receiver good(AnswerAll(), known.get());
  Receiver silent([](Peer& peer) { peer.ReadToEnd(); }, nullptr, "127.0.0.2", good.port());
  Name("two.example", {"127.0.0.2", "127.0.0.1"});
  EndpointOptions options = Patient(good.port(), "two.example", true);
  options.connect_timeout = milliseconds(300);
  const EndpointId endpoint = courier_->Open(options);
  EXPECT_EQ(Ask(endpoint).wire, Outcome::kConnectTimeout);
  options.connect_timeout = seconds(15);
  courier_->Update(endpoint, options);
  EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
  courier_.reset();
}

TEST_F(CourierAddressesTest, AfterAResponseTimeoutAnotherAddressIsTried) {
  Receiver good(AnswerAndClose(kOk));
  Receiver slow([](Peer& peer) { peer.ReadToEnd(); }, nullptr, "127.0.0.2", good.port());
  Name("two.example", {"127.0.0.2", "127.0.0.1"});
  EndpointOptions options = Patient(good.port(), "two.example");
  options.total_timeout = options.connect_timeout = milliseconds(300);
  const EndpointId endpoint = courier_->Open(options);
  EXPECT_EQ(Ask(endpoint).wire, Outcome::kResponseTimeout);
  courier_->Update(endpoint, Patient(good.port(), "two.example"));
  EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
  EXPECT_EQ(slow.connections(), 1);
}

std::vector<std::string> Nowhere(int count) {
  std::vector<std::string> addresses;
  for (int i = 0; i < count; ++i) addresses.push_back("127.0.9." + std::to_string(i + 1));
  return addresses;
}

TEST_F(CourierAddressesTest, MoreThanEightAreTried) {
  Receiver receiver(AnswerAll());
  std::vector<std::string> addresses = Nowhere(40);
  addresses.push_back("127.0.0.1");
  Name("many.example", addresses);
  EXPECT_EQ(AskOnce(Patient(receiver.port(), "many.example")).wire, Outcome::kSuccess);
}

TEST_F(CourierAddressesTest, WhatIsOverTheBoundIsTriedNextTime) {
  Receiver receiver(AnswerAll());
  std::vector<std::string> addresses = Nowhere(100);
  addresses.push_back("127.0.0.1");
  Name("many.example", addresses);
  const EndpointId endpoint = courier_->Open(Patient(receiver.port(), "many.example"));
  EXPECT_EQ(Ask(endpoint).wire, Outcome::kConnectRefused);
  EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
}

TEST_F(CourierAddressesTest, AFamilyWithoutRouteTellsNothing) {
  Name("two.example", {"127.0.0.2", "127.255.255.255"});
  EXPECT_EQ(AskOnce(Patient(1, "two.example")).wire, Outcome::kConnectRefused);
  Name("other.example", {"127.255.255.255", "127.0.0.2"});
  EXPECT_EQ(AskOnce(Patient(1, "other.example")).wire, Outcome::kConnectRefused);
}

TEST_F(CourierAddressesTest, AProxysOwnAddressesRace) {
  Receiver receiver(AnswerAll());
  TestProxy proxy;
  const SilentPort silent("127.0.0.2", proxy.port());
  Name("proxy.example", {"127.0.0.2", "127.0.0.1"});
  net::Egress egress{.rules = guard::Rules::Unrestricted(),
                     .proxy = net::Proxy{"proxy.example", proxy.port(), "", {}}};
  anywhere_.Set(egress);
  const Response response = AskOnce(Patient(receiver.port(), "127.0.0.1"));
  EXPECT_EQ(response.wire, Outcome::kSuccess) << response.error;
  EXPECT_LT(Took(response), seconds(5));
  EXPECT_EQ(proxy.heads().size(), 1U);
}

TEST_F(CourierAddressesTest, TheGuardLooksAtAllOfThem) {
  Receiver receiver(AnswerAll());
  net::Egress egress;
  egress.rules.Allow(*guard::ParseNetwork("127.0.0.0/8"));
  egress.rules.Allow(guard::PortRange{1, 65535});
  anywhere_.Set(egress);
  std::vector<std::string> addresses = Nowhere(100);
  addresses.insert(addresses.begin(), "127.0.0.1");
  addresses.push_back("10.0.0.1");
  Name("many.example", addresses);
  EXPECT_EQ(AskOnce(Patient(receiver.port(), "many.example")).wire, Outcome::kBlocked);
  EXPECT_EQ(receiver.connections(), 0);
}

TEST_F(CourierAddressesTest, CancelledWhileManyConnect) {
  const SilentPort silent("127.0.0.2");
  const SilentPort other("127.0.0.3", silent.port());
  Name("two.example", {"127.0.0.2", "127.0.0.3"});
  const EndpointId endpoint = courier_->Open(Patient(silent.port(), "two.example"));
  Post(endpoint);
  const auto end = std::chrono::steady_clock::now() + milliseconds(400);
  RunUntil([&] { return std::chrono::steady_clock::now() >= end; });
  courier_->Close(endpoint);
  RunUntilReported(1);
  EXPECT_EQ(responses_[1][0].wire, Outcome::kCancelled);
}

}  // namespace
}  // namespace carillon::http
