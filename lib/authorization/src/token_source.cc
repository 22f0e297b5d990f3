#include "token_source.h"

#include "token_request.h"

namespace carillon::authorization {

TokenSource::TokenSource(http::Courier& courier, http::EndpointId target,
                         const http::EndpointOptions& options)
    : courier_(courier),
      target_(target),
      oauth2_(options.oauth2),
      url_(net::ParseUrl(oauth2_->token_url).value_or(net::Url{})),  // no host: cannot be resolved
      label_(options.label),
      total_timeout_(options.total_timeout),
      server_(courier.Open(ServerOptions(options))) {}

TokenSource::~TokenSource() { courier_.Close(server_); }

bool TokenSource::Serves(const http::EndpointOptions& options) const {
  return options.oauth2 && *options.oauth2 == *oauth2_;
}

void TokenSource::Update(const http::EndpointOptions& options) {
  label_ = options.label;
  total_timeout_ = options.total_timeout;
  courier_.Update(server_, ServerOptions(options));
}

http::EndpointOptions TokenSource::ServerOptions(const http::EndpointOptions& options) const {
  http::EndpointOptions server;
  server.url = url_;
  server.connect_timeout = options.connect_timeout;
  server.total_timeout = options.total_timeout;
  server.max_connections = 1;
  server.tls = oauth2_->tls;
  server.tenant = options.tenant;
  server.label = options.label;
  return server;
}

void TokenSource::Fetch(uint64_t token, std::string_view user_agent) {
  state.OnFetchStarted();
  http::Request request = MakeTokenRequest(*oauth2_, url_, user_agent);
  request.token = token;
  request.endpoint = server_;
  courier_.Start(std::move(request));
}

}  // namespace carillon::authorization
