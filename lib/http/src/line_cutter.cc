#include "line_cutter.h"

#include <algorithm>

namespace carillon::http {

bool LineCutter::Take(std::string_view& bytes) {
  if (whole_) Begin();
  const size_t end = bytes.find('\n');
  const std::string_view piece = bytes.substr(0, end);
  Look(piece);
  whole_ = end != bytes.npos;
  if (whole_ && kept_.empty()) {
    line_ = piece;  // as most lines come: in one piece, which is not copied
  } else {
    Keep(piece);
  }
  bytes.remove_prefix(whole_ ? end + 1 : bytes.size());
  if (!whole_) return false;
  odd_ |= last_ != '\r';
  if (line_.ends_with('\r')) line_.remove_suffix(1);
  return true;
}

void LineCutter::Begin() {
  kept_.clear();
  last_ = 0;
  cut_ = false;
  odd_ = false;
}

// The only CR of a line is its last byte, before the LF.
void LineCutter::Look(std::string_view piece) {
  if (piece.empty()) return;
  odd_ |= last_ == '\r' || piece.find('\0') != piece.npos;
  odd_ |= piece.find('\r') < piece.size() - 1;
  last_ = piece.back();
}

void LineCutter::Keep(std::string_view piece) {
  const size_t room = kKeptBytes - kept_.size();
  cut_ |= piece.size() > room;
  kept_.append(piece.substr(0, std::min(room, piece.size())));
  line_ = kept_;
}

}  // namespace carillon::http
