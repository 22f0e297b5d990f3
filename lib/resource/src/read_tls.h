#pragma once

#include "carillon/model/tls_settings.h"
#include "carillon/resource/path.h"
#include "carillon/v1/authorization.pb.h"

namespace carillon::resource {

/// Reads TLS settings with the files that they name, and checks that a context can be made of them.
/// `is_plain`: the URL is `http://`, where they would be of no use.
model::TlsSettings ReadTls(const v1::Tls& given, bool is_plain, const Path& path, Errors& errors);

}  // namespace carillon::resource
