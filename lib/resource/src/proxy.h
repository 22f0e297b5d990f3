#pragma once

#include "carillon/net/egress.h"
#include "carillon/resource/path.h"
#include "carillon/v1/config.pb.h"

namespace carillon::resource {

/// `path` is that of `proxy`. No error repeats the password or the URL.
net::Proxy ReadProxy(const v1::ProxySettings& given, const Path& path, Errors& errors);

}  // namespace carillon::resource
