#pragma once

#include <google/protobuf/message.h>

#include <string_view>

#include "absl/status/status.h"

namespace carillon::config {

/// How the text of a value is read.
enum class ValueForm {
  kYaml,  ///< as a file has it: `5s`, `[a, b]`, `{max_events: 10}`
  kText,  ///< as it stands, for a field that is a string or a list of strings
};

/// Sets the member at `path`: names with dots between (`retry.jitter`); behind a map's name stands
/// the key, whatever it holds (`labels.team`). A list is replaced; kText adds to it. The value is
/// read as the file's would be. INVALID_ARGUMENT begins with the path and says what to do.
absl::Status SetMember(std::string_view path, std::string_view value, ValueForm form,
                       google::protobuf::Message& message);

/// Fills `message` from one YAML or JSON document, as the file would be read; what only answers of
/// the API hold is taken, too. INVALID_ARGUMENT lists up to ten errors, one a line.
absl::Status FillFromYaml(std::string_view text, google::protobuf::Message& message);

}  // namespace carillon::config
