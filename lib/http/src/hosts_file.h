#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "carillon/http/resolver.h"

namespace carillon::http {

/// The names of a hosts file (hosts(5)), each with all its addresses in the order of the file; and
/// `localhost` with the names under it, which are the loopback addresses where the file does not
/// say otherwise (RFC 6761). A value; const, it may be used by several threads.
class HostsFile {
 public:
  HostsFile() = default;
  /// Lines that make no sense are passed over.
  explicit HostsFile(std::string_view text);
  /// The first 16 MiB of the file at `path`; of one that can't be read, nothing.
  static HostsFile Read(const std::string& path);

  /// Null when it does not know `host`, which is in lower case.
  const Addresses* Find(const std::string& host) const;

 private:
  void AddLine(std::string_view line);

  std::unordered_map<std::string, Addresses> names_;
};

/// What tells that a file is another than it was.
struct FileStamp {
  int64_t device = 0;
  int64_t inode = 0;
  int64_t size = -1;  // -1: there is none
  int64_t changed_ns = 0;
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};
FileStamp StampOf(const std::string& path);

}  // namespace carillon::http
