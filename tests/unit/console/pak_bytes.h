#pragma once

#include <openssl/sha.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "carillon/console/pak.h"

namespace carillon::console {

/// Writes a pak by its parts, so that each can be wrong.
class PakBytes {
 public:
  static std::string Number(uint64_t number, size_t bytes) {
    std::string text;
    for (size_t i = 0; i < bytes; ++i) text.push_back(static_cast<char>(number >> (8 * i)));
    return text;
  }
  static std::string Sum(std::string_view bytes) {
    uint8_t digest[SHA256_DIGEST_LENGTH];
    SHA256(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), digest);
    return std::string(reinterpret_cast<const char*>(digest), sizeof digest);
  }
  /// What stands between the magic and the sum, with both.
  static std::string Whole(const std::string& inside) {
    const std::string bytes = "CARPAK1\n" + inside;
    return bytes + Sum(bytes);
  }
  static std::string Head(const std::string& path, const std::string& type, uint64_t hashed,
                          uint64_t plain, uint64_t gzip, uint64_t brotli) {
    return Number(path.size(), 2) + path + Number(type.size(), 2) + type + Number(hashed, 1) +
           Number(plain, 4) + Number(gzip, 4) + Number(brotli, 4);
  }
  static std::string Of(const std::vector<PakFile>& files) {
    std::string heads = Number(files.size(), 4);
    std::string data;
    for (const auto& [path, file] : files) {
      heads += Head(path, file.content_type, file.hashed_name ? 1 : 0, file.bytes.size(),
                    file.gzip.size(), file.brotli.size());
      data += file.bytes + file.gzip + file.brotli;
    }
    return Whole(heads + data);
  }
};

inline std::vector<PakFile> SamplePages() {
  return {
      {"index.html", {.content_type = "text/html; charset=utf-8", .bytes = "page", .brotli = "pg"}},
      {"icon.svg", {.content_type = "image/svg+xml", .bytes = "<svg/>"}},
      {"assets/a-1x.js",
       {.content_type = "text/javascript", .bytes = "js js", .gzip = "z", .hashed_name = true}}};
}

}  // namespace carillon::console
