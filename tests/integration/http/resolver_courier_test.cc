// The courier with the real resolver, on a thread of its own.
#include "courier_fixture.h"
#include "dns_server.h"

namespace carillon::http {
namespace {

class ResolverCourierTest : public CourierTest {
 protected:
  ResolverOptions Options() const {
    ResolverOptions options;
    options.servers = {dns_.address()};
    options.resolv_conf = options.hosts_file = "/dev/null";
    return options;
  }
  void Use(Resolver& resolver) {
    CourierOptions options;
    options.egress = &anywhere_;
    courier_ = MakeAsioCourier(io_, resolver, *tls_, options);
    courier_->SetListener(this);
  }

  const Addresses here_{boost::asio::ip::make_address("127.0.0.1")};
  DnsServer dns_;
  const base::SystemClock clock_;
};

TEST_F(ResolverCourierTest, AnswersCrossThreads) {
  const auto resolver = Resolver::Create(Options(), clock_);
  Use(*resolver);
  Receiver receiver(AnswerAll());
  for (int i = 0; i < 20; ++i) {
    const std::string host = "host" + std::to_string(i % 4) + ".example";
    dns_.Answer(host, here_);
    Post(courier_->Open(To(receiver.port(), host)));
    Post(courier_->Open(To(receiver.port(), "no.example")));
  }
  RunUntilReported(40);
  for (const auto& [token, responses] : responses_) {
    EXPECT_EQ(responses[0].wire, token % 2 == 1 ? Outcome::kSuccess : Outcome::kDns);
  }
  courier_.reset();
}

TEST_F(ResolverCourierTest, ATenantsSilentNamesHoldUpNoOthers) {
  ResolverOptions options = Options();
  options.timeout = std::chrono::seconds(600);
  options.max_running_per_tenant = 8;
  const auto resolver = Resolver::Create(options, clock_);
  Use(*resolver);
  Receiver receiver(AnswerAll());
  for (int i = 0; i < 40; ++i) {
    const std::string host = "silent" + std::to_string(i) + ".example";
    dns_.Silence(host);
    EndpointOptions to = To(receiver.port(), host);
    to.tenant = "a";
    to.connect_timeout = to.total_timeout = std::chrono::seconds(60);
    Post(courier_->Open(to));
  }
  for (int i = 0; i < 40; ++i) {
    const std::string host = "good" + std::to_string(i) + ".example";
    dns_.Answer(host, here_);
    EndpointOptions to = To(receiver.port(), host);
    to.tenant = "b";
    EXPECT_EQ(Ask(courier_->Open(to)).wire, Outcome::kSuccess);
  }
  EXPECT_EQ(reported_, 40U);
  courier_.reset();
}

// A tenant's timeout holds whatever the resolver does, and nobody waits for the name server at the
// end.
TEST_F(ResolverCourierTest, TheConnectTimeoutHoldsWhileTheServerIsSilent) {
  ResolverOptions options = Options();
  options.timeout = std::chrono::seconds(600);
  auto resolver = Resolver::Create(options, clock_);
  Use(*resolver);
  dns_.Silence("silent.example");
  EndpointOptions to = To(80, "silent.example");
  to.connect_timeout = milliseconds(100);
  const Response response = AskOnce(to);
  EXPECT_EQ(response.wire, Outcome::kDns);
  EXPECT_GE(response.ended - response.started, milliseconds(100));
  courier_.reset();
  resolver.reset();
}

}  // namespace
}  // namespace carillon::http
