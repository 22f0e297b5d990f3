#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "carillon/http/courier.h"
#include "token_state.h"

namespace carillon::authorization {

/// A request that waits for a token.
struct Waiting {
  http::Request request;
  base::MonoTime since{};
};

/// Where one endpoint's tokens come from: the token server, what it gave, and who waits for it.
/// Somebody waits only while a fetch is under way.
class TokenSource {
 public:
  static constexpr size_t kMaxWaiting = 1024;

  /// `options` are those of endpoint `target`, with oauth2.
  TokenSource(http::Courier& courier, http::EndpointId target,
              const http::EndpointOptions& options);
  ~TokenSource();
  TokenSource(const TokenSource&) = delete;
  TokenSource& operator=(const TokenSource&) = delete;

  /// Whether it can serve an endpoint with these options.
  bool Serves(const http::EndpointOptions& options) const;
  /// Takes what else is new in them.
  void Update(const http::EndpointOptions& options);
  /// Asks the token server.
  void Fetch(uint64_t token, std::string_view user_agent);

  http::EndpointId target() const { return target_; }
  const std::string& label() const { return label_; }
  std::chrono::milliseconds total_timeout() const { return total_timeout_; }

  TokenState state;
  std::vector<Waiting> waiting;
  model::Outcome last_outcome = model::Outcome::kSuccess;  ///< of the last fetch that failed
  std::string last_error;
  std::shared_ptr<const model::AttemptFacts> last_facts;

 private:
  http::EndpointOptions ServerOptions(const http::EndpointOptions& options) const;

  http::Courier& courier_;
  const http::EndpointId target_;
  const std::shared_ptr<const model::OAuth2Authorization> oauth2_;
  const net::Url url_;
  std::string label_;
  std::chrono::milliseconds total_timeout_;
  const http::EndpointId server_;
};

}  // namespace carillon::authorization
