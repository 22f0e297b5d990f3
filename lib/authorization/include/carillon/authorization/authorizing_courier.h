#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "carillon/base/clock.h"
#include "carillon/http/courier.h"

namespace carillon::authorization {

/// How fetching a token ended; for logs and metrics.
struct TokenFetch {
  const std::string& label;  ///< the endpoint's
  const std::string& error;  ///< empty when it succeeded; holds no secret
};

struct AuthorizingOptions {
  std::string user_agent = "Carillon";
  /// Runs a task on the courier's thread, later.
  std::function<void(absl::AnyInvocable<void()>)> post;
  std::function<void(const TokenFetch&)> on_fetch;  ///< may be null
};

/// A courier that passes everything on to `courier`, whose listener it becomes. Requests to
/// endpoints with `oauth2` get an `Authorization: Bearer` header; while there is no token they
/// wait for one, at most 1024 of them (more: kLocalShortage), and their total time-out runs. A
/// token is fetched through `courier`, with the time-outs of the endpoint, one fetch at a time,
/// when a request first wants it; again, beside the requests, when 80 % of its lifetime are over or
/// 30 s are left; and when the endpoint answers 401 although the token is no longer new. Each
/// endpoint has its own.
///
/// When a fetch fails, those who wait fail with its outcome (a status: kHttp3xx and so on; an
/// answer without a token: kProtocol) and without a status, since the receiver gave none. So do
/// those who come until the next fetch is due: after 1 s, doubling up to 1 min, or what the token
/// server asks for, up to 5 min. A fetch that this machine was too short of something to make
/// (kLocalShortage) is no failure of the token server: those who wait end so, the next one tries.
///
/// `clock` must outlive it. Its own requests to `courier` bear http::kCourierToken. One thread.
std::unique_ptr<http::Courier> MakeAuthorizingCourier(std::unique_ptr<http::Courier> courier,
                                                      const base::Clock& clock,
                                                      AuthorizingOptions options);

}  // namespace carillon::authorization
