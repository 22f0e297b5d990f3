#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "carillon/web/responder.h"
#include "exchange.h"

namespace carillon::web {

/// A request without a server: catches what its handler answers. On one thread.
class FakeRequest {
 public:
  ~FakeRequest() { loop_->Close(); }  // a responder may outlive it

  Responder responder() { return Responder({loop_, caught_, kTurn}); }

  /// What was answered so far.
  std::optional<Response> answer() {
    Run();
    return caught_->answer;
  }
  /// The client leaves, or the time for the answer ends.
  void Leave() {
    Run();
    caught_->left = true;
    if (auto gone = std::exchange(caught_->gone, nullptr)) gone();
  }

 private:
  static constexpr uint64_t kTurn = 1;

  struct Caught final : Exchange {
    void Reply(uint64_t, Response response) override {
      if (!left && !answer) answer = std::move(response);
    }
    void WhenGone(uint64_t, absl::AnyInvocable<void()> then) override { gone = std::move(then); }
    void BeginStream(uint64_t, Response) override {}
    void Write(uint64_t, std::string, ResponseStream::Written written) override { written(false); }
    void Finish(uint64_t) override {}
    void Abort(uint64_t) override {}

    std::optional<Response> answer;
    absl::AnyInvocable<void()> gone;
    bool left = false;
  };

  void Run() {
    io_.restart();
    io_.poll();
  }

  boost::asio::io_context io_{1};
  const std::shared_ptr<Loop> loop_ = std::make_shared<Loop>(io_);
  const std::shared_ptr<Caught> caught_ = std::make_shared<Caught>();
};

}  // namespace carillon::web
