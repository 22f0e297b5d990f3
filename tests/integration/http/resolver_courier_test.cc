// The courier with the resolver's real threads.
#include "courier_fixture.h"

namespace carillon::http {
namespace {

class ResolverCourierTest : public CourierTest {};

TEST_F(ResolverCourierTest, AnswersCrossThreads) {
  const base::SystemClock clock;
  const auto resolver =
      Resolver::Create({}, clock, [](const std::string& host) -> absl::StatusOr<Addresses> {
        if (host == "no.example") return absl::NotFoundError("no such host");
        return Addresses{boost::asio::ip::make_address("127.0.0.1")};
      });
  CourierOptions options;
  options.egress = &anywhere_;
  courier_ = MakeAsioCourier(io_, *resolver, *tls_, options);
  courier_->SetListener(this);
  Receiver receiver(AnswerAll());
  for (int i = 0; i < 20; ++i) {
    Post(courier_->Open(To(receiver.port(), "host" + std::to_string(i % 4) + ".example")));
    Post(courier_->Open(To(receiver.port(), "no.example")));
  }
  RunUntilReported(40);
  for (const auto& [token, responses] : responses_) {
    EXPECT_EQ(responses[0].wire, token % 2 == 1 ? Outcome::kSuccess : Outcome::kDns);
  }
  courier_.reset();
}

}  // namespace
}  // namespace carillon::http
