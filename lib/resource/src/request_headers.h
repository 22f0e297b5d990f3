#pragma once

#include <string_view>
#include <vector>

#include "carillon/model/destination.h"
#include "carillon/resource/path.h"
#include "carillon/v1/destination.pb.h"

namespace carillon::resource {

/// Reads what a destination wants to find in the head of every request; `path` is the list's.
/// Errors repeat no value: it may be a secret.
std::vector<model::Header> ReadHeaders(const v1::Destination& given, const Path& path,
                                       Errors& errors);

/// Adds an error when `name` is no token of RFC 9110 of at most 128 bytes, or is the name of a
/// header that is not the destination's to set.
void CheckHeaderName(std::string_view name, const Path& path, Errors& errors);

}  // namespace carillon::resource
