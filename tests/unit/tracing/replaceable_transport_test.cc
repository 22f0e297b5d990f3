// One transport takes over from another while spans go on.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "carillon/tracing/transport.h"

namespace carillon::tracing {
namespace {

using std::chrono::seconds;

class NamedTransport final : public SpanTransport {
 public:
  NamedTransport(
      std::string name, std::vector<std::string>& log, std::function<void()> on_send = [] {})
      : name_(std::move(name)), log_(log), on_send_(std::move(on_send)) {}
  ~NamedTransport() override { log_.push_back(name_ + " ends"); }
  Sent Send(const std::string& request, std::chrono::milliseconds timeout) override {
    EXPECT_EQ(timeout, seconds(1));
    on_send_();
    log_.push_back(name_ + " sends " + request);
    return {absl::OkStatus(), false, 7};
  }
  void Cancel() override { log_.push_back(name_ + " is cancelled"); }

 private:
  const std::string name_;
  std::vector<std::string>& log_;
  const std::function<void()> on_send_;
};

using Log = std::vector<std::string>;

TEST(ReplaceableTransport, TheNextCarriesWhatIsSentAfterIt) {
  Log log;
  {
    const auto transport = ReplaceableTransport::Create(std::make_unique<NamedTransport>("a", log));
    EXPECT_EQ(transport->Send("1", seconds(1)).rejected, 7u);
    transport->Replace(std::make_unique<NamedTransport>("b", log));
    transport->Send("2", seconds(1));
    transport->Send("3", seconds(1));
    transport->Replace(std::make_unique<NamedTransport>("c", log));
    transport->Replace(std::make_unique<NamedTransport>("d", log));
    transport->Send("4", seconds(1));
  }
  EXPECT_EQ(log, (Log{"a sends 1", "a ends", "b sends 2", "b sends 3", "c ends", "b ends",
                      "d sends 4", "d ends"}));
}

TEST(ReplaceableTransport, WhatIsUnderWayEndsAsItBegan) {
  Log log;
  std::unique_ptr<ReplaceableTransport> transport;
  transport = ReplaceableTransport::Create(std::make_unique<NamedTransport>("a", log, [&] {
    std::thread([&] { transport->Replace(std::make_unique<NamedTransport>("b", log)); }).join();
  }));
  transport->Send("1", seconds(1));
  transport->Send("2", seconds(1));
  EXPECT_EQ(log, (Log{"a sends 1", "a ends", "b sends 2"}));
}

TEST(ReplaceableTransport, CancellingReachesAllThatAreThereAndWhoComesLater) {
  Log log;
  const auto transport = ReplaceableTransport::Create(std::make_unique<NamedTransport>("a", log));
  transport->Replace(std::make_unique<NamedTransport>("b", log));
  transport->Cancel();
  transport->Replace(std::make_unique<NamedTransport>("c", log));
  EXPECT_EQ(log, (Log{"a is cancelled", "b is cancelled", "c is cancelled", "b ends"}));
}

}  // namespace
}  // namespace carillon::tracing
