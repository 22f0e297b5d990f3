#pragma once

#include "carillon/model/destination.h"
#include "carillon/resource/path.h"
#include "carillon/v1/destination.pb.h"

namespace carillon::resource {

/// Reads a destination's keys and its signature; `path` is the destination's, whose headers were
/// read. What it lets through always signs: there is a key without end.
void ReadSigning(const v1::Destination& given, model::Destination& to, const Path& path,
                 Errors& errors);

}  // namespace carillon::resource
