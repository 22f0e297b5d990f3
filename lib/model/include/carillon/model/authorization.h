#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "carillon/base/secret.h"
#include "carillon/base/shared_value.h"
#include "carillon/model/tls_settings.h"

namespace carillon::model {

/// HTTP Basic (RFC 7617).
struct BasicAuthorization {
  std::string user;
  base::Secret password;
  friend bool operator==(const BasicAuthorization&, const BasicAuthorization&) = default;
};

/// A bearer token that never changes (RFC 6750).
struct BearerAuthorization {
  base::Secret token;
  friend bool operator==(const BearerAuthorization&, const BearerAuthorization&) = default;
};

/// How the client proves itself at the token server.
enum class ClientAuthentication : uint8_t { kBasic, kBody };

/// A bearer token of OAuth 2.0 client credentials (RFC 6749, section 4.4).
struct OAuth2Authorization {
  std::string token_url;
  std::string client_id;
  base::Secret client_secret;
  ClientAuthentication client_authentication = ClientAuthentication::kBasic;
  std::string scope;     ///< separated by spaces; empty when none is asked for
  std::string audience;  ///< empty when none is asked for
  TlsSettings tls;       ///< of the token server
  friend bool operator==(const OAuth2Authorization&, const OAuth2Authorization&) = default;
};

/// What a destination's `Authorization` header is made of; monostate: it has none.
using Authorization = std::variant<std::monostate, BasicAuthorization, BearerAuthorization,
                                   base::SharedValue<OAuth2Authorization>>;

/// Returns null when it is not made by OAuth 2.0.
inline std::shared_ptr<const OAuth2Authorization> OAuth2Of(const Authorization& authorization) {
  const auto* oauth2 = std::get_if<base::SharedValue<OAuth2Authorization>>(&authorization);
  return oauth2 == nullptr ? nullptr : oauth2->pointer();
}

}  // namespace carillon::model
