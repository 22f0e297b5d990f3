#include "courier_fixture.h"

namespace carillon::http {

void FakeResolver::Resolve(const std::string& host, const std::string&, ResolveDone done) {
  boost::system::error_code ec;
  const auto address = boost::asio::ip::make_address(host, ec);
  if (!ec) return done(Addresses{address});
  const auto found = answers.find(host);
  if (found != answers.end()) return done(found->second);
  unanswered.push_back(std::move(done));
}

CourierTest::CourierTest() : tls_(TlsClient::Create().value()) { MakeCourier(); }

CourierTest::~CourierTest() {
  courier_.reset();
  io_.restart();
  io_.run();  // ends: nothing of the courier is left in the loop
}

void CourierTest::MakeCourier(const CourierOptions& options, TlsClient* tls) {
  CourierOptions with_egress = options;
  if (with_egress.egress == nullptr) with_egress.egress = &anywhere_;
  courier_ = MakeAsioCourier(io_, resolver_, tls == nullptr ? *tls_ : *tls, with_egress);
  courier_->SetListener(this);
}

EndpointOptions CourierTest::To(uint16_t port, const std::string& host, bool tls) {
  EndpointOptions options;
  options.url.tls = tls;
  options.url.host = host;
  options.url.port = port;
  options.url.target = "/hook";
  return options;
}

uint64_t CourierTest::Post(EndpointId endpoint, std::string body) {
  Request request;
  request.token = next_token_++;
  request.endpoint = endpoint;
  request.head =
      "POST /hook HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body.size()) +
      "\r\n\r\n";
  request.body = std::make_shared<const std::string>(std::move(body));
  const uint64_t token = request.token;
  in_courier_ = true;
  courier_->Start(std::move(request));
  in_courier_ = false;
  return token;
}

void CourierTest::OnResponse(uint64_t token, const Response& response) {
  EXPECT_FALSE(in_courier_) << "reported from within a call";
  EXPECT_GE(response.ended, response.started);
  EXPECT_EQ(response.error.empty(), response.wire == Outcome::kSuccess) << response.error;
  responses_[token].push_back(response);
  EXPECT_EQ(responses_[token].size(), 1U) << "reported twice";
  ++reported_;
  if (on_response_) on_response_(token);
}

void CourierTest::RunUntil(const std::function<bool()>& done) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::minutes(5);
  while (!done()) {
    ASSERT_LT(std::chrono::steady_clock::now(), give_up) << "nothing came";
    io_.restart();
    io_.run_one_for(milliseconds(50));
  }
}

void CourierTest::RunUntilReported(size_t count) {
  RunUntil([&] { return reported_ >= count; });
}

Response CourierTest::Ask(EndpointId endpoint) {
  const uint64_t token = Post(endpoint);
  RunUntil([&] { return !responses_[token].empty(); });
  return responses_[token].empty() ? Response{} : responses_[token].front();
}

Response CourierTest::AskOnce(const EndpointOptions& options) {
  const EndpointId endpoint = courier_->Open(options);
  Response response = Ask(endpoint);
  courier_->Close(endpoint);
  return response;
}

}  // namespace carillon::http
