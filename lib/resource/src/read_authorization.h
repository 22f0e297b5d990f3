#pragma once

#include "carillon/model/destination.h"
#include "carillon/resource/path.h"
#include "carillon/v1/authorization.pb.h"
#include "carillon/v1/destination.pb.h"

namespace carillon::resource {

/// Reads how a destination's requests are authorized and what its TLS needs; `path` is the
/// destination's, whose URL, headers and signature were read. Secrets and files are read here.
void ReadAuthorization(const v1::Destination& given, model::Destination& to, const Path& path,
                       Errors& errors);

/// Reads HTTP Basic; `path` is its own.
model::BasicAuthorization ReadBasic(const v1::Basic& given, const Path& path, Errors& errors);

}  // namespace carillon::resource
