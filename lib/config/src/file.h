#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace carillon::config {

inline constexpr size_t kMaxConfigBytes = size_t{64} << 20;

/// A file's whole content. The path is followed through links; only regular files are read, so
/// that nobody is held up by a pipe. NOT_FOUND: cannot be opened; INVALID_ARGUMENT: no regular
/// file, or more than `max_bytes`; UNAVAILABLE: reading failed. Messages do not name the path.
/// `info`, if given, is what the file was when it was opened.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes,
                                     struct stat* info = nullptr);

}  // namespace carillon::config
