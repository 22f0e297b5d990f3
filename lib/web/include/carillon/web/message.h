#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "carillon/base/peer_certificate.h"

namespace carillon::web {

/// Header fields in their order. Names are compared without regard to case (RFC 9110, section 5.1).
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;

  Headers() = default;
  Headers(std::initializer_list<Field> fields) : fields_(fields) {}

  void Add(std::string_view name, std::string_view value) { fields_.emplace_back(name, value); }
  /// Replaces every field of that name.
  void Set(std::string_view name, std::string_view value);
  /// Returns the value of the first field of that name, or nullopt when there is none.
  std::optional<std::string_view> Find(std::string_view name) const;
  const std::vector<Field>& fields() const { return fields_; }

 private:
  std::vector<Field> fields_;
};

struct Request {
  std::string method;
  std::string path;   ///< as it came, percent-encoded
  std::string query;  ///< what follows the first `?`, percent-encoded; empty without one
  Headers headers;
  std::string body;
  std::string peer;        ///< address of the client, without its port
  bool encrypted = false;  ///< came over TLS
  /// What the client's certificate says; null: it has shown none, or was not asked for one.
  base::PeerCertificatePtr certificate;
};

/// An answer. The server adds Content-Length, Connection and `X-Content-Type-Options: nosniff`, and
/// leaves the body out where none may be (HEAD, 204, 304).
struct Response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";  ///< no field where empty
  std::string body;
  /// Sent in place of `body` where it is not null: bytes that many answers share are not copied.
  std::shared_ptr<const std::string> shared_body;
  /// The others. Control characters in values are sent as blanks; a field is left out whose name is
  /// no token, whose framing is the server's (Content-Length, Transfer-Encoding, Connection), or
  /// that is over 32 KiB.
  Headers headers;

  std::string_view bytes() const { return shared_body != nullptr ? *shared_body : body; }
};

}  // namespace carillon::web
