#include "carillon/access/forwarded.h"

#include <charconv>
#include <cstdint>
#include <memory>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "carillon/base/text.h"

namespace carillon::access {

// Its end in nanoseconds, and its names, a line each: names have no line ends.

std::string EncodePeerCertificate(const base::PeerCertificate& certificate) {
  return absl::StrCat(certificate.end.time_since_epoch().count(), "\n",
                      absl::StrJoin(certificate.names, "\n"));
}

base::PeerCertificatePtr DecodePeerCertificate(std::string_view bytes) {
  const size_t line = bytes.find('\n');
  int64_t end = 0;
  if (line == std::string_view::npos) return nullptr;
  const auto [ptr, error] = std::from_chars(bytes.data(), bytes.data() + line, end);
  if (error != std::errc() || ptr != bytes.data() + line) return nullptr;
  auto certificate = std::make_shared<base::PeerCertificate>();
  certificate->end = base::WallTime(base::WallTime::duration(end));
  certificate->names = absl::StrSplit(base::ToAbsl(bytes.substr(line + 1)), '\n');
  return certificate;
}

}  // namespace carillon::access
