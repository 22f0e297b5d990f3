#include "carillon/console/pak.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"

namespace carillon::console {
namespace {

constexpr std::string_view kMagic = "CARPAK1\n";
constexpr uint32_t kMaxFiles = 1000;
constexpr size_t kMaxPathBytes = 256;
constexpr size_t kMaxTypeBytes = 128;

/// What is left to be read. After the first number or text that is not there, nothing is.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  std::string_view Take(size_t count) {
    if (count > rest_.size()) {
      cut_off_ = true;
      rest_ = {};
      return {};
    }
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  uint32_t Number(size_t bytes) {
    uint32_t number = 0;
    const std::string_view taken = Take(bytes);
    for (size_t i = taken.size(); i-- > 0;) number = number << 8 | static_cast<uint8_t>(taken[i]);
    return number;
  }
  bool cut_off() const { return cut_off_; }
  size_t left() const { return rest_.size(); }

 private:
  std::string_view rest_;
  bool cut_off_ = false;
};

struct Head {
  std::string path;
  std::string type;
  bool hashed_name = false;
  std::array<uint32_t, 3> lengths{};
};

absl::Status Damaged(const std::string& what) {
  return absl::DataLossError(absl::StrCat("is no whole console.pak: ", what));
}

bool IsPath(std::string_view path) {
  const auto fits = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '/' ||
           c == '-';
  };
  return !path.empty() && path.size() <= kMaxPathBytes && path.front() != '/' &&
         std::ranges::all_of(path, fits);
}

bool IsType(std::string_view type) {
  const auto fits = [](char c) { return absl::ascii_isprint(static_cast<unsigned char>(c)); };
  return !type.empty() && type.size() <= kMaxTypeBytes && std::ranges::all_of(type, fits);
}

absl::StatusOr<Head> ReadHead(Reader& reader) {
  Head head;
  head.path = reader.Take(reader.Number(2));
  head.type = reader.Take(reader.Number(2));
  const uint32_t hashed = reader.Number(1);
  for (uint32_t& length : head.lengths) length = reader.Number(4);
  if (reader.cut_off()) return Damaged("it ends within the table of files");
  if (!IsPath(head.path)) return Damaged("a path has other characters than a path may have");
  if (!IsType(head.type) || hashed > 1 || head.lengths[0] == 0) {
    return Damaged(absl::StrCat("the entry of ", head.path, " cannot be"));
  }
  head.hashed_name = hashed == 1;
  return head;
}

absl::Status CheckSum(std::string_view bytes) {
  std::array<uint8_t, SHA256_DIGEST_LENGTH> digest;
  const size_t body = bytes.size() - digest.size();
  SHA256(reinterpret_cast<const uint8_t*>(bytes.data()), body, digest.data());
  if (std::memcmp(digest.data(), bytes.data() + body, digest.size()) == 0) return absl::OkStatus();
  return Damaged("its SHA-256 is another than it says");
}

}  // namespace

absl::StatusOr<std::vector<PakFile>> ReadPak(std::string_view bytes) {
  if (bytes.size() > kMaxPakBytes) return Damaged("it is larger than 32 MiB");
  if (!bytes.starts_with(kMagic)) return Damaged("it does not begin as one");
  if (bytes.size() < kMagic.size() + SHA256_DIGEST_LENGTH) return Damaged("it is cut off");
  if (absl::Status status = CheckSum(bytes); !status.ok()) return status;
  bytes.remove_suffix(SHA256_DIGEST_LENGTH);
  Reader reader(bytes.substr(kMagic.size()));
  const uint32_t count = reader.Number(4);
  if (count == 0 || count > kMaxFiles) return Damaged("it must have 1 to 1000 files");
  std::vector<Head> heads;
  for (uint32_t i = 0; i < count; ++i) {
    auto head = ReadHead(reader);
    if (!head.ok()) return head.status();
    heads.push_back(*std::move(head));
  }
  std::vector<PakFile> files;
  for (Head& head : heads) {
    web::StaticFile file{.content_type = std::move(head.type), .hashed_name = head.hashed_name};
    file.bytes = reader.Take(head.lengths[0]);
    file.gzip = reader.Take(head.lengths[1]);
    file.brotli = reader.Take(head.lengths[2]);
    files.push_back({std::move(head.path), std::move(file)});
  }
  if (reader.cut_off()) return Damaged("it ends within its files");
  if (reader.left() > 0) return Damaged("something follows its files");
  return files;
}

}  // namespace carillon::console
