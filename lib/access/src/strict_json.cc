#include "strict_json.h"

#include <algorithm>
#include <set>
#include <vector>

#include "absl/strings/escaping.h"
#include "carillon/base/text.h"

namespace carillon::access {
namespace {

constexpr int kMaxJsonDepth = 16;

}  // namespace

std::optional<nlohmann::json> ReadStrictObject(std::string_view text) {
  using nlohmann::json;
  std::vector<std::set<std::string>> names;  // of the objects that are open
  bool good = true;
  const auto look = [&](int depth, json::parse_event_t event, json& parsed) {
    if (depth > kMaxJsonDepth) good = false;
    if (event == json::parse_event_t::object_start) names.emplace_back();
    if (event == json::parse_event_t::object_end && !names.empty()) names.pop_back();
    if (event == json::parse_event_t::key && !names.empty()) {
      good = good && names.back().insert(parsed.get<std::string>()).second;
    }
    return good;
  };
  json read = json::parse(text.begin(), text.end(), look, false);
  if (!good || read.is_discarded() || !read.is_object()) return std::nullopt;
  return read;
}

std::optional<std::string> DecodeBase64Url(std::string_view text) {
  const bool letters = std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
  std::string bytes;
  if (!letters || !absl::WebSafeBase64Unescape(base::ToAbsl(text), &bytes)) return std::nullopt;
  std::string again;
  absl::WebSafeBase64Escape(bytes, &again);
  if (again != text) return std::nullopt;
  return bytes;
}

std::optional<std::string> TextMember(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

}  // namespace carillon::access
