#pragma once

#include "carillon/model/tls_settings.h"
#include "carillon/resource/path.h"
#include "carillon/resource/server_tls.h"
#include "carillon/v1/authorization.pb.h"
#include "carillon/v1/config.pb.h"

namespace carillon::resource {

/// Reads TLS settings with the files that they name, and checks that a context can be made of them.
/// `is_plain`: the URL is `http://`, where they would be of no use.
model::TlsSettings ReadTls(const v1::Tls& given, bool is_plain, const Path& path, Errors& errors);

/// Reads TLS of a port and leaves nothing in `given` but that it is there: what a reload takes is
/// no part of the section that it stands in.
ServerTls ReadServerTls(v1::ServerTls& given, const Path& path, Errors& errors);

}  // namespace carillon::resource
