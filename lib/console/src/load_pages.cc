#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/console/pak.h"

namespace carillon::console {
namespace {

constexpr char kPakName[] = "console.pak";

absl::Status OfFile(const std::string& path, absl::StatusCode code, std::string_view what) {
  return absl::Status(code, absl::StrCat(path, " ", base::ToAbsl(what)));
}

}  // namespace

absl::StatusOr<std::vector<PakFile>> LoadPak(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) return OfFile(path, absl::StatusCode::kNotFound, "cannot be read: " + error.message());
  if (size > kMaxPakBytes) {
    return OfFile(path, absl::StatusCode::kDataLoss, "is larger than 32 MiB");
  }
  std::ifstream file(path, std::ios::binary);
  std::string bytes(size, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(size));
  if (!file) return OfFile(path, absl::StatusCode::kNotFound, "cannot be read");
  auto files = ReadPak(bytes);
  if (files.ok()) return files;
  return OfFile(path, files.status().code(), base::ToStd(files.status().message()));
}

std::string FindPak() {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return "";
  const std::filesystem::path folder = program.parent_path();
  for (const std::filesystem::path& pak :
       {folder / kPakName, folder.parent_path() / "share" / "carillon" / kPakName}) {
    if (std::filesystem::is_regular_file(pak, error)) return pak;
  }
  return "";
}

}  // namespace carillon::console
