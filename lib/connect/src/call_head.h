#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "carillon/web/message.h"
#include "connect_error.h"
#include "method_table.h"

namespace carillon::connect {

enum class Codec : uint8_t { kJson, kBinary };

/// What the head of an HTTP request says about a call.
struct CallHead {
  const Method* method = nullptr;
  Codec codec = Codec::kJson;
  bool get = false;          ///< the message is in the URL
  bool gzip = false;         ///< the message is compressed; in a stream: where its envelope says so
  bool gzip_answer = false;  ///< the caller takes gzip
  bool base64 = false;       ///< of a GET's message
  std::string query_message;  ///< of a GET: percent-decoded
  std::optional<std::chrono::milliseconds> timeout;
  std::string idempotency_key;  ///< empty without one
  /// For gRPC, which has names in lower case: what may be passed on of the headers, and who asks.
  std::vector<std::pair<std::string, std::string>> metadata;
};

/// The longest URL of a GET, without scheme and host.
inline constexpr size_t kMaxTargetBytes = 8u << 10;

/// Reads the head; the body is not looked at. Or how the request is answered: 404 for a method that
/// there is not, 405 with `Allow`, 414, 415 with `Accept-Post`, else the error of a header or of a
/// parameter, which it names.
std::variant<CallHead, web::Response> ReadHead(const MethodTable& methods,
                                               const web::Request& request);

/// The message that a call sends, taken out of its body or URL, and expanded. At most `max_bytes`.
std::variant<std::string, Error> TakeMessage(const CallHead& head, std::string body,
                                             size_t max_bytes);

}  // namespace carillon::connect
