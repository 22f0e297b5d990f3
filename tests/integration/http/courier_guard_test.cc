// What the guard lets the courier connect to.
#include "courier_fixture.h"

namespace carillon::http {
namespace {

using boost::asio::ip::make_address;
using testing::HasSubstr;

class CourierGuardTest : public CourierTest {
 protected:
  CourierGuardTest() { Allow({"127.0.0.1/32"}); }
  ~CourierGuardTest() override { courier_.reset(); }

  static net::Egress Allowing(std::initializer_list<const char*> networks) {
    net::Egress egress;
    for (const char* network : networks) egress.rules.Allow(*guard::ParseNetwork(network));
    egress.rules.Allow(guard::PortRange{1, 65535});
    return egress;
  }
  void Allow(std::initializer_list<const char*> networks) {
    options_.egress = &egress_;
    options_.on_blocked = [this] { ++blocked_; };
    egress_.Set(Allowing(networks));
    MakeCourier(options_);
  }
  void Answer(const std::string& host, std::initializer_list<const char*> addresses) {
    Addresses answer;
    for (const char* address : addresses) answer.push_back(make_address(address));
    resolver_.answers[host] = answer;
  }
  void ExpectBlocked(const Response& response, const std::string& why) {
    EXPECT_EQ(response.wire, Outcome::kBlocked) << response.error;
    EXPECT_EQ(response.status, 0);
    EXPECT_THAT(response.error, HasSubstr(why));
  }

  net::EgressSwitch egress_;
  CourierOptions options_;
  int blocked_ = 0;
};

TEST_F(CourierGuardTest, WithoutAnEgressOnlyPublicAddressesAreReached) {
  Receiver receiver(AnswerAll());
  courier_ = MakeAsioCourier(io_, resolver_, *tls_, {});
  courier_->SetListener(this);
  ExpectBlocked(AskOnce(To(receiver.port())), "port " + std::to_string(receiver.port()));
  ExpectBlocked(AskOnce(To(8080)),
                "the guard refuses 127.0.0.1: 127.0.0.1 (127.0.0.0/8, loopback)");
  ExpectBlocked(AskOnce(To(8080, "::1")), "::1 (::1/128, loopback)");
  EXPECT_EQ(receiver.connections(), 0);
}

TEST_F(CourierGuardTest, AnAllowedAddressIsReached) {
  Receiver receiver(AnswerAll());
  Answer("in.example", {"127.0.0.1"});
  EXPECT_EQ(AskOnce(To(receiver.port(), "in.example")).wire, Outcome::kSuccess);
  EXPECT_EQ(blocked_, 0);
}

TEST_F(CourierGuardTest, ANameThatLeadsInsideIsRefused) {
  for (const char* address :
       {"127.0.0.2", "10.0.0.1", "169.254.169.254", "0.0.0.0", "::1", "::ffff:127.0.0.1",
        "64:ff9b::7f00:1", "fe80::1", "fd00:ec2::254", "2002:7f00:1::", "255.255.255.255"}) {
    Answer("in.example", {address});
    ExpectBlocked(AskOnce(To(8080, "in.example")),
                  std::string("the guard refuses in.example: ") + address);
  }
  EXPECT_EQ(blocked_, 11);
}

TEST_F(CourierGuardTest, OneBadAddressRefusesAll) {
  Receiver receiver(AnswerAll());
  Answer("mixed.example", {"127.0.0.1", "10.0.0.1"});
  ExpectBlocked(AskOnce(To(receiver.port(), "mixed.example")), "10.0.0.1 (10.0.0.0/8");
  // Also behind those that would be tried.
  Answer("many.example", {"127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.1",
                          "127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.1", "192.168.0.1"});
  ExpectBlocked(AskOnce(To(receiver.port(), "many.example")), "192.168.0.1");
  EXPECT_EQ(receiver.connections(), 0);
  EXPECT_EQ(blocked_, 2);
}

/// Answers the first look-up with an address that is allowed, and later ones with one that is not.
class RebindingResolver final : public Resolver {
 public:
  void Resolve(const std::string&, const std::string&, ResolveDone done) override {
    done(Addresses{make_address(++asked == 1 ? "127.0.0.1" : "127.0.0.2")});
  }
  int asked = 0;
};

TEST_F(CourierGuardTest, WhatWasCheckedIsConnectedTo) {
  RebindingResolver rebinding;
  courier_ = MakeAsioCourier(io_, rebinding, *tls_, options_);
  courier_->SetListener(this);
  // 127.0.0.2 has no listener: had the name been looked up again, this would fail.
  Receiver receiver(AnswerAndHold(kOk));
  const EndpointId endpoint = courier_->Open(To(receiver.port(), "rebinding.example"));
  EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
  EXPECT_EQ(rebinding.asked, 1);
  courier_->Close(endpoint);
  // The next connection has its own look-up, and its own check.
  ExpectBlocked(AskOnce(To(receiver.port(), "rebinding.example")), "127.0.0.2");
  EXPECT_EQ(rebinding.asked, 2);
  EXPECT_EQ(receiver.connections(), 1);
  courier_.reset();
}

TEST_F(CourierGuardTest, NewRulesHoldForTheNextConnection) {
  Receiver receiver(AnswerAll());
  EXPECT_EQ(AskOnce(To(receiver.port())).wire, Outcome::kSuccess);
  egress_.Set(Allowing({}));
  ExpectBlocked(AskOnce(To(receiver.port())), "127.0.0.1");
}

TEST_F(CourierGuardTest, AnOldConnectionIsNotUsedAgain) {
  options_.max_connection_age = milliseconds(0);
  MakeCourier(options_);
  Receiver receiver(AnswerAll());
  const EndpointId endpoint = courier_->Open(To(receiver.port()));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
  EXPECT_EQ(receiver.connections(), 3);
}

TEST_F(CourierGuardTest, AYoungOneIs) {
  Receiver receiver(AnswerAll());
  const EndpointId endpoint = courier_->Open(To(receiver.port()));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
  EXPECT_EQ(receiver.connections(), 1);
}

TEST_F(CourierGuardTest, ReboundNamesAreNoticedOnceConnectionsAreOld) {
  options_.max_connection_age = milliseconds(0);
  MakeCourier(options_);
  Receiver receiver(AnswerAll());
  Answer("rebound.example", {"127.0.0.1"});
  const EndpointId endpoint = courier_->Open(To(receiver.port(), "rebound.example"));
  EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
  Answer("rebound.example", {"127.0.0.2"});
  ExpectBlocked(Ask(endpoint), "127.0.0.2");
}

TEST_F(CourierGuardTest, AnIdleConnectionIsClosedWhenItGetsOld) {
  options_.max_connection_age = milliseconds(60);
  options_.idle_connection = std::chrono::hours(1);
  MakeCourier(options_);
  std::atomic<bool> closed = false;
  Receiver receiver([&](Peer& peer) {
    peer.ReadRequest();
    peer.Send(kOk);
    closed = peer.ReadRequest().empty();
  });
  EXPECT_EQ(Ask(courier_->Open(To(receiver.port()))).wire, Outcome::kSuccess);
  RunUntil([&] { return closed.load(); });
}

TEST_F(CourierGuardTest, ABusyOneEndsItsRequestFirst) {
  options_.max_connection_age = milliseconds(1);
  MakeCourier(options_);
  std::atomic<bool> arrived = false;
  std::atomic<bool> answer = false;
  Receiver receiver([&](Peer& peer) {
    while (!peer.ReadRequest().empty()) {
      arrived = true;
      while (!answer) std::this_thread::sleep_for(milliseconds(1));
      peer.Send(kOk);
    }
  });
  const EndpointId endpoint = courier_->Open(To(receiver.port()));
  const auto begin = std::chrono::steady_clock::now();
  Post(endpoint);
  RunUntil([&] { return arrived.load(); });
  RunUntil([&] { return std::chrono::steady_clock::now() > begin + milliseconds(60); });
  EXPECT_EQ(reported_, 0U);
  answer = true;
  RunUntilReported(1);
  EXPECT_EQ(responses_[1][0].wire, Outcome::kSuccess);
  EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
  EXPECT_EQ(receiver.connections(), 2);
}

}  // namespace
}  // namespace carillon::http
