#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "behavior.h"
#include "carillon/base/clock.h"
#include "carillon/base/secret.h"
#include "expected.h"
#include "http_request.h"
#include "recorder.h"
#include "stats.h"

namespace carillon::sink {

/// What the sink is told at start.
struct SinkOptions {
  std::string address = "127.0.0.1:0";
  std::vector<base::Secret> secrets;  ///< decoded keys; none: signatures are not checked
  Behavior default_behavior;
  int default_status = 200;
  std::map<std::string, Behavior> behaviors;  ///< by path, without its query
  RequestBounds bounds;
  uint64_t max_ids = 10'000'000;
  size_t max_connections = 20'000;
};

/// What connections share. Used on the thread that runs the io_context.
class Sink {
 public:
  Sink(SinkOptions options, std::unique_ptr<Recorder> recorder, Expected expected,
       const base::Clock& clock)
      : options_(std::move(options)),
        stats_(options_.max_ids),
        recorder_(std::move(recorder)),
        expected_(std::move(expected)),
        clock_(clock) {}

  /// What a request to `target` is to be treated with.
  Behavior BehaviorFor(std::string_view target) const;
  /// Changes a path's behavior; an empty mode takes the change back.
  absl::Status SetBehavior(const std::string& path, std::string_view mode);
  /// Checks the request's signature against every key.
  Verdict Check(const HttpRequest& request) const;

  Stats& stats() { return stats_; }
  Recorder& recorder() { return *recorder_; }
  Expected& expected() { return expected_; }
  const SinkOptions& options() const { return options_; }
  const base::Clock& clock() const { return clock_; }

 private:
  SinkOptions options_;
  Stats stats_;
  std::unique_ptr<Recorder> recorder_;
  Expected expected_;
  const base::Clock& clock_;
};

/// Listens, and takes connections until `io` is stopped. Returns the address it listens on.
/// `sink` must outlive the running of `io`.
absl::StatusOr<std::string> Listen(boost::asio::io_context& io, Sink& sink);

}  // namespace carillon::sink
