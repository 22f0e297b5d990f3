#pragma once

#include <google/protobuf/message.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "carillon/client/kinds.h"
#include "carillon/client/resources.h"

// What the API answers, as text for people and programs.
namespace carillon::client {

enum class OutputForm { kTable, kWide, kJson, kYaml, kName };

/// `table`, `wide`, `json`, `yaml`, `name`; nullopt: none of these.
std::optional<OutputForm> ParseOutputForm(std::string_view word);

/// protobuf's JSON, on several lines.
std::string ToJson(const google::protobuf::Message& message);
/// The same on one line.
std::string ToJsonLine(const google::protobuf::Message& message);

/// The value of a member as a cell shows it: names of enums in small letters, times as RFC 3339,
/// elements of lists behind commas; empty: it is not there.
std::string CellText(const google::protobuf::Message& message, std::string_view path);

/// Collects resources of one kind and renders them in one form.
class Listing {
 public:
  /// `whole_names`: they belong to several parents.
  Listing(const Kind& kind, OutputForm form, bool whole_names)
      : kind_(kind), form_(form), whole_names_(whole_names) {}
  void Add(const google::protobuf::Message& resource);
  bool empty() const { return resources_.empty(); }
  /// JSON and YAML have the form of the answer of List, which `apply` reads.
  std::string Render(bool color) const;

 private:
  std::string RenderTable(bool color) const;
  std::string RenderMessage() const;

  const Kind& kind_;
  const OutputForm form_;
  const bool whole_names_;
  std::vector<Answer> resources_;
};

/// One resource: a table of one row, or its message.
std::string RenderOne(const Kind& kind, const google::protobuf::Message& resource, OutputForm form,
                      bool color);

/// All that is known of one, for people: `display_name` and so on, one member a line.
std::string Describe(const google::protobuf::Message& resource);

}  // namespace carillon::client
