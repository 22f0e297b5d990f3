#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/http/resolver.h"
#include "carillon/trial/trial_sender.h"

namespace carillon::trial {

/// Look-ups of hosts for people, each within a time. On the thread of `io`, which outlives the
/// resolver, as that outlives this.
class LookUps {
 public:
  using Done = Sender::LookUpDone;

  LookUps(boost::asio::io_context& io, http::Resolver& resolver,
          std::chrono::milliseconds patience = Sender::kLookUpTime)
      : io_(io), resolver_(resolver), patience_(patience) {}

  /// See Sender::LookUp; `done` on the thread.
  void Begin(const std::string& host, const std::string& tenant, Done done);
  /// Answers what is under way with STOPPING.
  void EndAll();

 private:
  struct Running {
    boost::asio::steady_timer timer;
    Done done;
  };
  /// The first to end a look-up answers it.
  void End(uint64_t id, absl::StatusOr<std::vector<std::string>> answer);

  boost::asio::io_context& io_;
  http::Resolver& resolver_;
  const std::chrono::milliseconds patience_;
  uint64_t last_id_ = 0;
  std::map<uint64_t, Running> running_;
};

}  // namespace carillon::trial
