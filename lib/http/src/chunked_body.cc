#include "chunked_body.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "absl/strings/match.h"
#include "carillon/base/text.h"

namespace carillon::http {
namespace {

bool IsHex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Whether a trailer speaks of where messages end: some readers believe it.
bool IsAboutFraming(std::string_view line) {
  for (const std::string_view name : {"content-length", "transfer-encoding", "connection"}) {
    if (absl::StartsWithIgnoreCase(base::ToAbsl(line), base::ToAbsl(name))) return true;
  }
  return false;
}

}  // namespace

ChunkedBody::State ChunkedBody::TakeLine() {
  const std::string_view line = lines_.line();
  odd_ |= lines_.odd();
  switch (part_) {
    case Part::kSize:
      return TakeSize(line) ? State::kMore : State::kBad;
    case Part::kDataEnd:
      part_ = Part::kSize;
      return line.empty() && !lines_.cut() ? State::kMore : State::kBad;
    case Part::kTrailers:
      odd_ |= IsAboutFraming(line);
      return line.empty() && !lines_.cut() ? State::kDone : State::kMore;
    case Part::kData:
      break;
  }
  return State::kBad;
}

// `1a`, or `1a ;name=value`. Its extensions are bounded by what the body is.
bool ChunkedBody::TakeSize(std::string_view line) {
  const auto* end = std::find_if_not(line.begin(), line.end(), IsHex);
  const auto [stop, error] = std::from_chars(line.begin(), end, left_, 16);
  if (line.begin() == end || error != std::errc() || stop != end) return false;
  const std::string_view rest = line.substr(static_cast<size_t>(end - line.begin()));
  if (rest.empty() && lines_.cut()) return false;
  const size_t next = rest.find_first_not_of(" \t");
  odd_ |= next != 0 && !rest.empty();
  if (next != rest.npos && rest[next] != ';') return false;
  part_ = left_ == 0 ? Part::kTrailers : Part::kData;
  return true;
}

bool ChunkedBody::WillBeBad() const {
  const std::string_view line = lines_.line();
  if (line.empty()) return false;
  return (part_ == Part::kSize && !IsHex(line.front())) ||
         (part_ == Part::kDataEnd && line != "\r");
}

}  // namespace carillon::http
