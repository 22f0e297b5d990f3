#pragma once

#include <string>
#include <string_view>

#include "carillon/model/authorization.h"

namespace carillon::authorization {

/// The value of the `Authorization` header where it never changes; empty where there is none, or
/// where it needs a token (OAuth 2.0).
std::string HeaderValue(const model::Authorization& authorization);

/// `Basic ` and the base64 of USER:PASSWORD.
std::string BasicValue(std::string_view user, std::string_view password);

}  // namespace carillon::authorization
