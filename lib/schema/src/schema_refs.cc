#include "schema_refs.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "carillon/base/text.h"
#include "carillon/codec/json_writer.h"
#include "carillon/json/scanner.h"
#include "carillon/schema/json_schema.h"

namespace carillon::schema {
namespace {

/// `%7B` -> `{`, as in the fragment of a URI.
std::string DecodePercent(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? json::HexValue(text[i + 1]) : -1;
    const int low = high >= 0 ? json::HexValue(text[i + 2]) : -1;
    if (low < 0) {
      decoded += text[i];
      continue;
    }
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

/// Finds how long a chain of schemas at one value becomes.
class Chains {
 public:
  /// The length of the longest from `schema` on; kMaxChain + 1 or more: too long, or endless.
  size_t LengthFrom(const Subschema& schema) {
    const auto [found, is_new] = lengths_.emplace(&schema, kUnderWay);
    if (!is_new) return found->second;
    size_t longest = 0;
    for (const auto& [keyword, next] : schema.InPlace()) {
      longest = std::max(longest, LengthFrom(*next));
      if (longest >= kUnderWay) break;
    }
    return lengths_[&schema] = std::min(longest + 1, kUnderWay);
  }

 private:
  static constexpr size_t kUnderWay = kMaxChain + 1;
  absl::flat_hash_map<const Subschema*, size_t> lengths_;
};

}  // namespace

std::string EscapePointer(std::string_view name) {
  return absl::StrReplaceAll(base::ToAbsl(name), {{"~", "~0"}, {"/", "~1"}});
}

std::string Quoted(std::string_view text) {
  std::string quoted;
  codec::AppendJsonString(quoted, text);
  return quoted;
}

absl::Status ResolveRefs(const std::vector<PendingRef>& refs,
                         const std::map<std::string, const Subschema*>& by_pointer) {
  for (const PendingRef& ref : refs) {
    if (!ref.text.starts_with('#')) {
      return absl::InvalidArgumentError(
          absl::StrCat("at ", base::Printable(ref.where, 256),
                       ": must lead into the schema itself, as #/$defs/name does: nothing is "
                       "fetched from elsewhere"));
    }
    const auto found = by_pointer.find(DecodePercent(std::string_view(ref.text).substr(1)));
    if (found == by_pointer.end()) {
      return absl::InvalidArgumentError(absl::StrCat("at ", base::Printable(ref.where, 256), ": '",
                                                     base::Printable(ref.text),
                                                     "' leads to no schema in it"));
    }
    ref.from->ref = found->second;
  }
  return absl::OkStatus();
}

absl::Status CheckChains(const Subschema& root) {
  Chains chains;
  absl::flat_hash_set<const Subschema*> seen = {&root};
  std::vector<const Subschema*> ahead = {&root};
  while (!ahead.empty()) {
    const Subschema& schema = *ahead.back();
    ahead.pop_back();
    if (chains.LengthFrom(schema) > kMaxChain) {
      return absl::InvalidArgumentError(absl::StrCat(
          "has schemas that lead to each other at the same value without end, or through "
          "more than ",
          kMaxChain, " others"));
    }
    for (const auto& [where, next] : schema.Children()) {
      if (seen.insert(next).second) ahead.push_back(next);
    }
  }
  return absl::OkStatus();
}

}  // namespace carillon::schema
