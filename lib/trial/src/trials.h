#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "carillon/base/clock.h"
#include "carillon/http/courier.h"
#include "carillon/trial/trial_sender.h"

namespace carillon::trial {

/// The trials under way over a courier, whose listener it becomes. Each has an endpoint of its own,
/// so a connection of its own. On the courier's thread; what is given outlives it.
class Trials final : public http::CourierListener {
 public:
  Trials(http::Courier& courier, const base::Clock& clock, std::string user_agent);

  /// See Sender; how many there are is bounded by the caller.
  void Begin(const Trial& trial, Sender::Done done);
  /// Answers what is under way with STOPPING.
  void EndAll();

  void OnResponse(uint64_t token, const http::Response& response) override;

 private:
  struct Running {
    model::SuccessRule success;
    http::EndpointId endpoint;
    TrialResult result;
    Sender::Done done;
  };

  http::Courier& courier_;
  const base::Clock& clock_;
  const std::string user_agent_;
  uint64_t last_token_ = 0;
  std::map<uint64_t, Running> running_;
};

}  // namespace carillon::trial
