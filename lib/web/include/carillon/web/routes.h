#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "carillon/web/message.h"
#include "carillon/web/responder.h"

namespace carillon::web {

/// Called on the server's thread, once for each request; must not block. What it throws is answered
/// with 500 and told to nobody.
using Handler = std::function<void(Request, Responder)>;

/// A handler that answers at once.
Handler Immediate(std::function<Response(const Request&)> handler);

struct Route {
  /// A whole path (`/metrics`), or one that ends in `*` for all that begins with what stands before
  /// it (`/console/*`).
  std::string path;
  /// Upper case. HEAD is allowed wherever GET is. Another method is answered with 405.
  std::vector<std::string> methods = {"GET"};
  Handler handler;
  size_t max_body_bytes = 64u << 10;                 ///< a longer one is answered with 413
  std::chrono::milliseconds body_timeout{5'000};     ///< for all of the request's body
  std::chrono::milliseconds answer_timeout{30'000};  ///< a stream only has to begin in it
  /// Sent when the time for the answer ends; the connection goes on.
  Response timeout_response{.status = 504, .body = "the answer took too long\n"};
  /// What becomes of the server's own refusals once the route is known (405, 413, 400 for a body
  /// that is not HTTP), where clients read another form than text. Null: they are sent as they are.
  std::function<Response(Response)> refusal;
};

/// Which handler a request goes to. The longest path that fits wins, and a whole path before a
/// beginning of its length. Immutable once it serves.
class Routes {
 public:
  /// A second route of the same path takes the place of the first.
  void Add(Route route);
  /// Returns nullptr when no route fits `path`. The pointer holds until the next `Add`.
  const Route* Find(std::string_view path) const;

 private:
  std::vector<Route> routes_;  // in the order in which they are tried
};

/// Whether `route` takes requests with `method`.
bool Allows(const Route& route, std::string_view method);
/// The value of `Allow` for `route`.
std::string AllowedMethods(const Route& route);

}  // namespace carillon::web
