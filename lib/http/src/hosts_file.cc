#include "hosts_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"

namespace carillon::http {
namespace {

namespace ip = boost::asio::ip;

constexpr size_t kMaxFileBytes = 16 << 20;
constexpr size_t kMaxAddressesOfHost = 256;

const Addresses& Loopback() {
  static const Addresses addresses{ip::address_v4::loopback(), ip::address_v6::loopback()};
  return addresses;
}

}  // namespace

HostsFile::HostsFile(std::string_view text) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    AddLine(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void HostsFile::AddLine(std::string_view line) {
  line = line.substr(0, line.find('#'));
  const std::vector<std::string> words = absl::StrSplit(
      absl::string_view(line.data(), line.size()), absl::ByAnyChar(" \t\r\f\v"), absl::SkipEmpty());
  if (words.size() < 2) return;
  boost::system::error_code ec;
  const ip::address address = ip::make_address(words[0], ec);
  if (ec) return;
  for (size_t i = 1; i < words.size(); ++i) {
    std::string name = absl::AsciiStrToLower(words[i]);
    if (name.ends_with('.')) name.pop_back();
    Addresses& addresses = names_[name];
    const bool known = std::ranges::find(addresses, address) != addresses.end();
    if (!known && addresses.size() < kMaxAddressesOfHost) addresses.push_back(address);
  }
}

HostsFile HostsFile::Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMaxFileBytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(std::max<std::streamsize>(0, file.gcount())));
  return HostsFile(text);
}

const Addresses* HostsFile::Find(const std::string& host) const {
  const auto at = names_.find(host);
  if (at != names_.end()) return &at->second;
  const bool is_local = host == "localhost" || host.ends_with(".localhost");
  return is_local ? &Loopback() : nullptr;
}

FileStamp StampOf(const std::string& path) {
  struct stat found{};
  if (stat(path.c_str(), &found) != 0) return {};
  return {.device = static_cast<int64_t>(found.st_dev),
          .inode = static_cast<int64_t>(found.st_ino),
          .size = found.st_size,
          .changed_ns = found.st_mtim.tv_sec * 1'000'000'000 + found.st_mtim.tv_nsec};
}

}  // namespace carillon::http
