#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/web/static_files.h"

namespace carillon::console {

inline constexpr size_t kMaxPakBytes = 32u << 20;

/// A file of the console.
struct PakFile {
  std::string path;  ///< below `/console/`, without a slash at its start
  web::StaticFile file;
};

/// Reads what services/console/build/pack.mjs has written (README.md has the form). DATA_LOSS, with
/// what is wrong and where, for anything else; never a part of the files.
absl::StatusOr<std::vector<PakFile>> ReadPak(std::string_view bytes);

/// As `ReadPak`, of the file `path`. NOT_FOUND where there is none; errors name the file.
absl::StatusOr<std::vector<PakFile>> LoadPak(const std::string& path);

/// Where the pak of this program is: beside it, or in `share/carillon` of where it is installed.
/// Empty: in neither.
std::string FindPak();

}  // namespace carillon::console
