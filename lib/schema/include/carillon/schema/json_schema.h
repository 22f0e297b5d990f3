#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/schema/changes.h"
#include "carillon/schema/message_json.h"

namespace carillon::schema {

// Bounds of a schema: whoever gives one need not be trusted.
inline constexpr size_t kMaxSchemaBytes = 256 * 1024;
inline constexpr size_t kMaxSubschemas = 2000;
inline constexpr size_t kMaxSchemaDepth = 32;  ///< subschemas within each other
/// Subschemas that look at one value one through another (`$ref`, `allOf`, ...).
inline constexpr size_t kMaxChain = 32;
/// What checking one payload may take: subschemas that are tried, members and elements that are
/// looked at, besides kStepsOfValue for each of its values.
inline constexpr size_t kMaxSteps = 100'000;
inline constexpr size_t kStepsOfValue = 10;

struct Subschema;

/// A JSON Schema (2020-12) by which payloads are checked. Immutable; thread-safe.
///
/// All keywords but these are taken: `$id` but at the top, `$anchor`, `$dynamicRef`,
/// `$dynamicAnchor`, `$vocabulary`, `unevaluatedItems`, `unevaluatedProperties`, and those of
/// earlier drafts (`definitions` is one for `$defs`). They are refused, and so is any other word
/// that does not begin with `x-`: none is passed over in silence. `$ref` leads into the schema
/// itself, never elsewhere. `pattern` and `patternProperties` are RE2, which takes time by the
/// length of the text alone. `format` and what describes content are remarks, which nothing is
/// checked by. Numbers are compared exactly, whatever their size.
class JsonSchema {
 public:
  /// `text` is valid UTF-8. INVALID_ARGUMENT says what is wrong, and where, as a JSON pointer.
  static absl::StatusOr<std::shared_ptr<const JsonSchema>> Parse(std::string_view text);
  ~JsonSchema();
  JsonSchema(const JsonSchema&) = delete;
  JsonSchema& operator=(const JsonSchema&) = delete;

  /// The schema without insignificant white space.
  const std::string& text() const { return text_; }
  /// SHA-256 of `text`, in hexadecimal digits.
  const std::string& digest() const { return digest_; }

  /// The first thing that is wrong with a payload, which is JSON; nullopt: nothing. What takes more
  /// steps than a payload may is wrong.
  std::optional<Problem> Check(std::string_view json) const;

  /// A payload that fits, with what can be in it, five objects deep; empty: none was found. Of
  /// `examples`, `default`, `const` and `enum` the first value is taken.
  std::string MakeSample() const;

  const Subschema& root() const { return *root_; }

 private:
  JsonSchema();

  std::string text_;
  std::string digest_;
  std::vector<std::unique_ptr<Subschema>> all_;
  const Subschema* root_ = nullptr;
};
using JsonSchemaPtr = std::shared_ptr<const JsonSchema>;

/// What breaks where `after` takes the place of `before`. Receivers may rely on the old one: a
/// property is removed, or required no longer; more types, values, lengths or members are allowed;
/// another format. Publishers may: a property is newly required, or where there were none others,
/// closed or opened; `sample`, a payload of the old one, does not fit. Narrower bounds and
/// new optional properties are compatible. What combines schemas (`anyOf`, `not`, `if`, ...) is
/// compatible only if it is equal.
std::vector<BreakingChange> FindBreaking(const JsonSchema& before, const JsonSchema& after,
                                         std::string_view sample);

}  // namespace carillon::schema
