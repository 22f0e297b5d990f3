#include "carillon/schema/json_schema.h"

#include <openssl/sha.h>

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "carillon/json/minify.h"
#include "json_tree.h"
#include "payload_check.h"
#include "schema_compiler.h"
#include "subschema.h"

namespace carillon::schema {

JsonSchema::JsonSchema() = default;
JsonSchema::~JsonSchema() = default;

absl::StatusOr<JsonSchemaPtr> JsonSchema::Parse(std::string_view text) {
  if (text.size() > kMaxSchemaBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("has ", text.size(), " bytes, at most ", kMaxSchemaBytes, " are allowed"));
  }
  std::shared_ptr<JsonSchema> schema(new JsonSchema);
  if (const auto error = json::MinifyJson(text, schema->text_)) {
    return absl::InvalidArgumentError(
        absl::StrCat("is no JSON at byte ", error->byte, ": ", error->what));
  }
  std::optional<json::Error> error;
  const std::optional<JsonTree> tree = JsonTree::Parse(schema->text_, error);
  absl::StatusOr<CompiledSchema> compiled = CompileSchema(*tree);
  if (!compiled.ok()) return compiled.status();
  schema->all_ = std::move(compiled->all);
  schema->root_ = compiled->root;
  unsigned char hash[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(schema->text_.data()), schema->text_.size(), hash);
  schema->digest_ = absl::BytesToHexString({reinterpret_cast<const char*>(hash), sizeof hash});
  return schema;
}

std::optional<Problem> JsonSchema::Check(std::string_view json) const {
  std::optional<json::Error> error;
  const std::optional<JsonTree> tree = JsonTree::Parse(json, error);
  if (!tree)
    return Problem{{}, absl::StrCat("is no JSON at byte ", error->byte, ": ", error->what)};
  return CheckTree(*root_, *tree);
}

}  // namespace carillon::schema
