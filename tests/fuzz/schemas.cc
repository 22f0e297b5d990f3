#include <google/protobuf/arena.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <string>

#include "carillon/base/text.h"
#include "carillon/json/document.h"
#include "carillon/schema/changes.h"
#include "carillon/schema/json_schema.h"
#include "carillon/schema/message_json.h"
#include "carillon/schema/message_sample.h"
#include "carillon/schema/message_type.h"
#include "targets.h"

namespace carillon::fuzz {
namespace {

void CheckJson(const std::string& json) {
  Require(json::Document(json).readable());
  Require(!base::FindInvalidUtf8(json).has_value());
}

void CheckPayload(const schema::MessageType& type, std::string_view payload) {
  google::protobuf::Arena arena;
  google::protobuf::Message& message = *type.New(arena);
  if (!message.ParsePartialFromArray(payload.data(), static_cast<int>(payload.size()))) return;
  std::string json;
  if (schema::WriteMessage(message, schema::UnknownFields::kLeftOut, json).has_value()) return;
  CheckJson(json);
}

/// The same bytes as a JSON Schema.
void CheckJsonSchema(std::string_view text, std::string_view payload) {
  if (base::FindInvalidUtf8(text)) return;
  const auto schema = schema::JsonSchema::Parse(text);
  if (!schema.ok()) {
    Require(!schema.status().message().empty());
    return;
  }
  const auto again = schema::JsonSchema::Parse((*schema)->text());
  Require(again.ok() && (*again)->digest() == (*schema)->digest());
  const std::string sample = (*schema)->MakeSample();
  Require(sample.empty() || !(*schema)->Check(sample).has_value());
  Require(schema::FindBreaking(**schema, **again, sample).empty());
  if (!base::FindInvalidUtf8(payload)) (void)(*schema)->Check(payload);
}

}  // namespace

void Schemas(std::string_view input) {
  Choices choices(input);
  const size_t size = choices.Byte() * 256u + choices.Byte();
  const std::string_view set = choices.rest().substr(0, size);
  const std::string_view payload = choices.rest().substr(set.size());
  CheckJsonSchema(set, payload);
  schema::MessageTypes types;
  for (const char* const name : {"acme.M", "M"}) {
    const auto read = types.Read(set, name);
    if (!read.ok()) {
      Require(!read.status().message().empty());
      continue;
    }
    const schema::MessageType& type = **read;
    const auto again = types.Read(type.set_bytes(), name);
    Require(again.ok() && (*again)->digest() == type.digest());
    Require(schema::FindBreaking(type.descriptor(), (*again)->descriptor()).empty());
    const std::string sample = schema::MakeSample(type);
    Require(sample.size() <= schema::kMaxSampleBytes);
    CheckJson(sample);
    CheckPayload(type, payload);
    (void)schema::CheckMessageJson(type, payload);
  }
}

}  // namespace carillon::fuzz
