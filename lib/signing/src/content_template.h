#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace carillon::signing {

/// What a signature is made over: text with {id}, {timestamp} and, once, {body}.
class ContentTemplate {
 public:
  static absl::StatusOr<ContentTemplate> Parse(std::string_view text);

  /// Appends what stands before and behind the body.
  void AppendHead(std::string_view id, std::string_view timestamp, std::string& out) const;
  void AppendTail(std::string_view id, std::string_view timestamp, std::string& out) const;

 private:
  enum class Kind : uint8_t { kText, kId, kTimestamp };
  struct Piece {
    Kind kind;
    std::string text;
  };
  using Pieces = std::vector<Piece>;
  static void Append(const Pieces& pieces, std::string_view id, std::string_view timestamp,
                     std::string& out);

  Pieces head_, tail_;
};

}  // namespace carillon::signing
