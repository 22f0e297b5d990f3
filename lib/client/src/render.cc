#include "carillon/client/render.h"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/util/json_util.h>

#include <chrono>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "carillon/aip/field_path.h"
#include "carillon/base/text.h"
#include "carillon/client/table.h"
#include "carillon/config/to_yaml.h"

namespace carillon::client {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

struct ValueText {
  const FieldDescriptor& field;

  std::string operator()(std::monostate) const { return ""; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(int64_t value) const {
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_ENUM) return absl::StrCat(value);
    return value == 0 ? "" : config::EnumText(*field.enum_type(), static_cast<int>(value));
  }
  std::string operator()(uint64_t value) const { return absl::StrCat(value); }
  std::string operator()(double value) const { return absl::StrCat(value); }
  std::string operator()(const std::string& value) const { return value; }
  std::string operator()(const aip::Moment& value) const {
    if (field.message_type() != google::protobuf::Duration::descriptor()) {
      return base::FormatRfc3339(value.seconds, 0);
    }
    return base::FormatDuration(std::chrono::seconds(value.seconds) +
                                std::chrono::nanoseconds(value.nanos));
  }
};

/// Elements of a map, as labels are written.
std::string MapText(const Message& message, const FieldDescriptor& map) {
  const auto& reflection = *message.GetReflection();
  std::set<std::string> pairs;
  for (int i = 0; i < reflection.FieldSize(message, &map); ++i) {
    const Message& pair = reflection.GetRepeatedMessage(message, &map, i);
    pairs.insert(
        absl::StrCat(pair.GetReflection()->GetString(pair, map.message_type()->map_key()), "=",
                     pair.GetReflection()->GetString(pair, map.message_type()->map_value())));
  }
  return absl::StrJoin(pairs, ",");
}

Tone ToneOf(std::string_view path, const std::string& text) {
  if (path != "state") return Tone::kPlain;
  if (text == "active") return Tone::kGood;
  return text == "paused" ? Tone::kWarning : Tone::kBad;
}

/// Names of resources in a cell are as short as that of the row.
std::string ShortNames(const std::string& text) {
  std::vector<std::string> names;
  for (const auto& each : absl::StrSplit(text, ',')) {
    const std::string name(each);
    const Kind* kind = KindOfName(name);
    names.push_back(kind == nullptr ? name : ShortName(*kind, name));
  }
  return absl::StrJoin(names, ",");
}

/// The member of List's answer that holds the resources.
const FieldDescriptor* ListMember(const Kind& kind) {
  const auto& type = *kind.Method("List")->output_type();
  for (int i = 0; i < type.field_count(); ++i) {
    if (type.field(i)->message_type() == kind.type) return type.field(i);
  }
  return nullptr;
}

}  // namespace

std::optional<OutputForm> ParseOutputForm(std::string_view word) {
  if (word == "table") return OutputForm::kTable;
  if (word == "wide") return OutputForm::kWide;
  if (word == "json") return OutputForm::kJson;
  if (word == "yaml") return OutputForm::kYaml;
  if (word == "name") return OutputForm::kName;
  return std::nullopt;
}

namespace {

std::string PrintJson(const Message& message, bool lines) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = lines;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  return status.ok() ? json : absl::StrCat("{\"error\": \"", status.ToString(), "\"}\n");
}

}  // namespace

std::string ToJson(const Message& message) { return PrintJson(message, true); }

std::string ToJsonLine(const Message& message) { return PrintJson(message, false) + "\n"; }

std::string CellText(const Message& message, std::string_view path) {
  const std::vector<std::string> parts = absl::StrSplit(base::ToAbsl(path), '.');
  const auto resolved = aip::FieldPath::Resolve(*message.GetDescriptor(), parts);
  if (!resolved.ok()) return "";
  if (resolved->leaf().is_map() && resolved->fields().size() == 1) {
    return MapText(message, resolved->leaf());
  }
  std::vector<std::string> texts;
  resolved->Visit(message, [&](const aip::Value& value) {
    texts.push_back(std::visit(ValueText{resolved->leaf()}, value));
  });
  return absl::StrJoin(texts, ",");
}

void Listing::Add(const Message& resource) {
  Answer copy(resource.New());
  copy->CopyFrom(resource);
  resources_.push_back(std::move(copy));
}

std::string Listing::Render(bool color) const {
  if (form_ == OutputForm::kJson || form_ == OutputForm::kYaml) return RenderMessage();
  if (form_ != OutputForm::kName) return RenderTable(color);
  std::string names;
  for (const Answer& resource : resources_)
    absl::StrAppend(&names, TextOf(*resource, "name"), "\n");
  return names;
}

std::string Listing::RenderTable(bool color) const {
  std::vector<std::string> titles = {"NAME"};
  std::vector<const Column*> columns;
  for (const Column& column : kind_.columns) {
    if (column.wide && form_ != OutputForm::kWide) continue;
    columns.push_back(&column);
    titles.emplace_back(column.title);
  }
  Table table(std::move(titles));
  for (const Answer& resource : resources_) {
    const std::string name = TextOf(*resource, "name");
    std::vector<Cell> row = {{whole_names_ ? name : ShortName(kind_, name)}};
    for (const Column* column : columns) {
      std::string text = CellText(*resource, column->path);
      const Tone tone = ToneOf(column->path, text);
      row.push_back({whole_names_ ? std::move(text) : ShortNames(text), tone});
    }
    table.Add(std::move(row));
  }
  return table.Format(color);
}

std::string Listing::RenderMessage() const {
  const bool json = form_ == OutputForm::kJson;
  const Answer list = NewMessage(*kind_.Method("List")->output_type());
  const FieldDescriptor& items = *ListMember(kind_);
  if (resources_.empty()) {
    return json ? absl::StrCat("{\"", items.json_name(), "\": []}\n")
                : absl::StrCat(items.name(), ": []\n");
  }
  for (const Answer& resource : resources_) {
    list->GetReflection()->AddMessage(list.get(), &items)->CopyFrom(*resource);
  }
  return json ? ToJson(*list) : config::ToYaml(*list);
}

std::string RenderOne(const Kind& kind, const Message& resource, OutputForm form, bool color) {
  if (form == OutputForm::kJson) return ToJson(resource);
  if (form == OutputForm::kYaml) return config::ToYaml(resource);
  Listing one(kind, form, false);
  one.Add(resource);
  return one.Render(color);
}

std::string Describe(const Message& resource) { return config::ToYaml(resource); }

}  // namespace carillon::client
