#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "carillon/json/number.h"

namespace carillon::json {

/// The members of a JSON text, looked up by path. What lies in arrays has no path. Of members with
/// the same name the last one counts, as with the parsers that receivers use.
///
/// Reads whatever MinifyJson takes: both use one Scanner. Objects are listed when a path first
/// leads into them, so that memory goes by what is asked for: at most some 20 times the text.
/// One thread; `text` must live as long.
class Document {
 public:
  /// A value that has a name. Lives as long as the document.
  struct Member {
    std::string_view name;  ///< decoded
    std::string_view raw;   ///< as it is written
    uint32_t detail = 0;    ///< one more than the index of what was made of it
    bool escaped = false;   ///< it is a string with escapes
  };

  explicit Document(std::string_view text);
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  /// Whether the text is JSON. If it is not it has no members.
  bool readable() const { return readable_; }

  /// The member that `path` leads to, null when there is none.
  Member* Find(std::span<const std::string> path);

  /// What a string stands for; nothing when the member is no string.
  std::optional<std::string_view> String(Member& member);
  /// The parts of a number; null when the member is none. Until the next call.
  const NumberParts* Number(Member& member);
  static bool IsTrue(const Member& member) { return member.raw == "true"; }
  static bool IsFalse(const Member& member) { return member.raw == "false"; }

 private:
  friend struct Indexer;
  using Object = std::vector<Member>;

  bool Index(std::string_view text, Object& out);
  std::string_view Decode(std::string_view between_quotes);
  Object* Inside(Member& member);

  bool readable_ = false;
  Object root_;
  std::vector<Object> objects_;
  std::vector<NumberParts> numbers_;
  std::vector<std::unique_ptr<std::string>> strings_;  ///< views point to what is in them
};

}  // namespace carillon::json
