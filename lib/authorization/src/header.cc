#include "carillon/authorization/header.h"

#include "absl/strings/escaping.h"

namespace carillon::authorization {

std::string BasicValue(std::string_view user, std::string_view password) {
  const std::string pair = std::string(user).append(":").append(password);
  return "Basic " + absl::Base64Escape(pair);
}

std::string HeaderValue(const model::Authorization& authorization) {
  if (const auto* basic = std::get_if<model::BasicAuthorization>(&authorization)) {
    return BasicValue(basic->user, basic->password.Reveal());
  }
  if (const auto* bearer = std::get_if<model::BearerAuthorization>(&authorization)) {
    return std::string("Bearer ").append(bearer->token.Reveal());
  }
  return "";
}

}  // namespace carillon::authorization
