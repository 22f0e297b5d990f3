#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "carillon/access/authenticator.h"
#include "carillon/access/jwt.h"
#include "carillon/guard/network.h"
#include "carillon/resource/path.h"
#include "carillon/v1/config.pb.h"

namespace carillon::resource {

/// 64 digits of [0-9a-f]; nullopt: it is none.
std::optional<access::TokenHash> ReadTokenHash(std::string_view text);

/// Reads one token; `name` is what its principal is known by: `tokens/ops`. Errors are added, and
/// then the grant must not be used; none repeats a hash.
access::Authenticator::Grant ReadToken(const v1::AccessToken& given, const std::string& name,
                                       const Path& path, Errors& errors);

/// Reads whose JSON Web Tokens are taken. Where files are not read, an issuer whose keys are in one
/// has none.
std::vector<access::JwtIssuer> ReadIssuers(const v1::AccessSettings& given, const Path& path,
                                           Errors& errors);

/// Reads who holders of client certificates are.
std::vector<access::Authenticator::CertificateGrant> ReadCertificates(
    const v1::AccessSettings& given, const Path& path, Errors& errors);

/// Reads whose X-Forwarded-For is believed.
std::vector<guard::Network> ReadTrustedProxies(const v1::AccessSettings& given, const Path& path,
                                               Errors& errors);

/// Whether links can be made of where people reach the server.
void CheckPublicUrl(const v1::AccessSettings& given, const Path& path, Errors& errors);

/// Reads who may call, by the file; no error repeats a hash.
std::vector<access::Authenticator::Grant> ReadAccess(const v1::AccessSettings& given,
                                                     const Path& path, Errors& errors);

}  // namespace carillon::resource
