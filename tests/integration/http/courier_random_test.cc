// Whatever receivers do, an attempt is reported once and in time.
#include "carillon/base/random.h"
#include "courier_fixture.h"

namespace carillon::http {
namespace {

constexpr uint64_t kSeed = 4711;
constexpr int kAttempts = 600;

class CourierRandomTest : public CourierTest {
 protected:
  /// Something a receiver may do with a request. False: and then close.
  bool Misbehave(Peer& peer, uint64_t what) {
    switch (what % 10) {
      case 0:
        peer.Reset();
        return false;
      case 1:
        return false;
      case 2:
        peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx");
        return false;
      case 3:
        peer.Send("garbage\r\n\r\n");
        return false;
      case 4:
        peer.Send("HTTP/1.1 200 OK\r\n\r\nuntil close");
        return false;
      case 5:
        peer.Send(kOk);
        return false;
      case 6:
        peer.ReadToEnd();
        return false;
      case 7:
        return peer.Send("HTTP/1.1 204 Done\r\n\r\n");
      default:
        return peer.Send(kOk);
    }
  }
};

TEST_F(CourierRandomTest, EveryAttemptIsReportedOnce) {
  SCOPED_TRACE(kSeed);
  Receiver receiver([this](Peer& peer) {
    base::SeededRandom random(kSeed + static_cast<uint64_t>(peer.number()));
    while (!peer.ReadRequest().empty() && Misbehave(peer, random.Next())) {
    }
  });
  base::SeededRandom random(kSeed);
  EndpointOptions options = To(receiver.port());
  options.total_timeout = milliseconds(200);
  std::vector<EndpointId> endpoints(6);
  for (size_t i = 0; i < endpoints.size(); ++i) {
    options.max_connections = static_cast<uint32_t>(1 + i);
    endpoints[i] = courier_->Open(options);
  }
  for (int i = 0; i < kAttempts; ++i) {
    EndpointId& endpoint = endpoints[random.Next() % endpoints.size()];
    Post(endpoint);
    const uint64_t choice = random.Next() % 100;
    if (choice < 2) {
      courier_->Close(endpoint);
      endpoint = courier_->Open(options);
    } else if (choice < 5) {
      options.max_connections = static_cast<uint32_t>(1 + random.Next() % 5);
      courier_->Update(endpoint, options);
    } else if (choice == 5) {
      courier_->CancelAll();
    } else if (choice < 60) {
      io_.restart();
      io_.run_one_for(milliseconds(5));
    }
  }
  RunUntilReported(kAttempts);
  EXPECT_EQ(responses_.size(), static_cast<size_t>(kAttempts));
  for (const auto& [token, responses] : responses_) EXPECT_EQ(responses.size(), 1U);
}

}  // namespace
}  // namespace carillon::http
