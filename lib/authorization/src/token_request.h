#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "carillon/http/courier.h"
#include "carillon/model/authorization.h"

namespace carillon::authorization {

/// The longest answer of a token server that is read.
inline constexpr size_t kMaxAnswerBytes = 16 * 1024;

/// The POST that asks for a token; `url` is the parsed token_url.
http::Request MakeTokenRequest(const model::OAuth2Authorization& oauth2, const net::Url& url,
                               std::string_view user_agent);

/// Adds `Authorization: Bearer` to a request head.
void AddBearer(std::string_view token, std::string& head);

}  // namespace carillon::authorization
