#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

// JSON that must mean the same to everyone who reads it.
namespace carillon::access {

/// The object in `text`; nullopt: it is none, a name is there twice in one object, or it is nested
/// deeper than 16.
std::optional<nlohmann::json> ReadStrictObject(std::string_view text);

/// The bytes that base64url without padding (RFC 7515) stands for; nullopt: it is none. There is
/// one way to write each.
std::optional<std::string> DecodeBase64Url(std::string_view text);

/// The member if it is a text, nullopt if it is none, or something else.
std::optional<std::string> TextMember(const nlohmann::json& object, const char* name);

}  // namespace carillon::access
