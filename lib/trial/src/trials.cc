#include "trials.h"

#include <algorithm>
#include <utility>

#include "carillon/aip/error.h"
#include "carillon/delivery/single_request.h"
#include "carillon/net/url.h"
#include "carillon/policy/retry.h"

namespace carillon::trial {
namespace {

/// Where so little is left, the attempt still ends by itself.
constexpr std::chrono::milliseconds kLeast{1};

model::Destination Marked(const model::Destination& destination) {
  model::Destination marked = destination;
  marked.headers.push_back({.name = Sender::kMark, .value = base::Secret("true"), .secret = false});
  return marked;
}

}  // namespace

Trials::Trials(http::Courier& courier, const base::Clock& clock, std::string user_agent)
    : courier_(courier), clock_(clock), user_agent_(std::move(user_agent)) {
  courier_.SetListener(this);
}

void Trials::Begin(const Trial& trial, Sender::Done done) {
  const model::Destination& destination = *trial.destination;
  const absl::StatusOr<net::Url> url = net::ParseUrl(destination.url);
  if (!url.ok()) return done(url.status());
  http::EndpointOptions options = delivery::EndpointOf(destination, *url);
  options.max_connections = 1;
  // The endpoint's time-outs are shortened rather than the request's: fetching a token keeps to
  // them too.
  const auto left = std::max(kLeast, std::chrono::duration_cast<std::chrono::milliseconds>(
                                         trial.must_end - clock_.Mono()));
  const bool cut_short = left < options.total_timeout;
  options.total_timeout = std::min(options.total_timeout, left);
  options.connect_timeout = std::min(options.connect_timeout, left);

  const uint64_t token = ++last_token_;
  const base::WallTime now = clock_.Wall();
  http::Request request =
      delivery::SingleRequest(Marked(destination), *url, user_agent_, trial.event, now);
  request.token = token;
  request.endpoint = courier_.Open(options);
  request.keep_head_bytes = Sender::kHeadBytes;
  request.keep_body_bytes = Sender::kBodyBytes;
  running_.emplace(
      token,
      Running{
          .success = destination.success,
          .endpoint = request.endpoint,
          .result = {.started = now, .request = request, .response = {}, .cut_short = cut_short},
          .done = std::move(done)});
  courier_.Start(std::move(request));
}

void Trials::OnResponse(uint64_t token, const http::Response& response) {
  auto ended = running_.extract(token);
  if (ended.empty()) return;
  Running& running = ended.mapped();
  courier_.Close(running.endpoint);
  running.result.outcome = policy::JudgeAttempt(running.success, response.wire, response.status);
  running.result.response = response;
  running.done(std::move(running.result));
}

void Trials::EndAll() {
  for (auto& [token, running] : std::exchange(running_, {})) {
    courier_.Close(running.endpoint);
    running.done(aip::MakeError(v1::STOPPING, "the service is stopping"));
  }
}

}  // namespace carillon::trial
