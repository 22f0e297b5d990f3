#include "resource_flags.h"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "carillon/aip/field_behavior.h"
#include "carillon/base/text.h"
#include "carillon/config/set_member.h"

namespace carillon::cli {
namespace {

using client::Kind;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr size_t kMaxInputBytes = 16u << 20;

absl::Status AddMember(std::string_view path, std::string_view value, config::ValueForm form,
                       std::string_view flag, GivenResource& given) {
  const absl::Status status = config::SetMember(path, value, form, *given.resource);
  if (!status.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(base::ToAbsl(flag), ": ", status.message()));
  }
  if (std::ranges::find(given.mask, path) == given.mask.end()) given.mask.emplace_back(path);
  return absl::OkStatus();
}

/// `name=value` in two; INVALID_ARGUMENT names the flag.
absl::StatusOr<std::pair<std::string, std::string>> SplitPair(const std::string& text,
                                                              const char* flag) {
  const size_t equals = text.find('=');
  if (equals != std::string::npos && equals > 0) {
    return std::pair(text.substr(0, equals), text.substr(equals + 1));
  }
  return absl::InvalidArgumentError(
      absl::StrCat(flag, " '", base::Printable(text), "': must be NAME=VALUE"));
}

/// What the file sets, output-only members and the name aside.
void AddSetMembers(GivenResource& given) {
  std::vector<const FieldDescriptor*> fields;
  given.resource->GetReflection()->ListFields(*given.resource, &fields);
  for (const FieldDescriptor* field : fields) {
    if (!aip::IsOutputOnly(*field) && field->name() != "name" && field->name() != "etag") {
      given.mask.push_back(field->name());
    }
  }
}

absl::Status AddClearedMember(const std::string& path, GivenResource& given) {
  const std::string top = path.substr(0, path.find('.'));
  const auto& type = *given.resource->GetDescriptor();
  if (type.FindFieldByName(top) == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("--clear ", base::Printable(path), ": there is no such member"));
  }
  given.mask.push_back(path);
  return absl::OkStatus();
}

}  // namespace

void AddResourceFlags(CLI::App& app, const Kind& kind, ResourceFlags& flags) {
  app.add_option("-f,--file", flags.file, "YAML or JSON of the resource; -: standard input");
  flags.shortcuts.resize(kind.shortcuts.size());
  for (size_t i = 0; i < kind.shortcuts.size(); ++i) {
    const client::Shortcut& shortcut = kind.shortcuts[i];
    app.add_option(absl::StrCat("--", base::ToAbsl(shortcut.flag)), flags.shortcuts[i],
                   std::string(shortcut.help))
        ->type_size(1)
        ->allow_extra_args(false);
  }
  app.add_option("--set", flags.settings,
                 "Any member: PATH=VALUE, the value as in YAML: retry.delays=[5s,1m]; may be given "
                 "again")
      ->allow_extra_args(false);
  if (kind.type->FindFieldByName("labels") != nullptr) {
    app.add_option("--label", flags.labels, "KEY=VALUE; may be given again")
        ->allow_extra_args(false);
  }
}

void AddClearFlag(CLI::App& app, ResourceFlags& flags) {
  app.add_option("--clear", flags.cleared,
                 "A member that returns to its default; may be given again")
      ->allow_extra_args(false);
}

absl::StatusOr<std::string> ReadInput(const std::string& path) {
  std::ifstream file;
  if (path != "-") file.open(path, std::ios::binary);
  std::istream& in = path == "-" ? std::cin : file;
  std::string text(kMaxInputBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(in.gcount()));
  if (in.bad() || (path != "-" && !file.is_open())) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": cannot be read"));
  }
  if (text.size() > kMaxInputBytes) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": more than 16 MiB"));
  }
  return text;
}

absl::StatusOr<GivenResource> ReadResource(const Kind& kind, const ResourceFlags& flags) {
  GivenResource given{.resource = client::NewMessage(*kind.type)};
  if (!flags.file.empty()) {
    const auto text = ReadInput(flags.file);
    if (!text.ok()) return text.status();
    if (absl::Status status = config::FillFromYaml(*text, *given.resource); !status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(flags.file, ": ", status.message()));
    }
    AddSetMembers(given);
  }
  for (size_t i = 0; i < flags.shortcuts.size(); ++i) {
    const client::Shortcut& shortcut = kind.shortcuts[i];
    for (const std::string& value : flags.shortcuts[i]) {
      const auto form = shortcut.is_text ? config::ValueForm::kText : config::ValueForm::kYaml;
      absl::Status status = AddMember(shortcut.path, value, form,
                                      absl::StrCat("--", base::ToAbsl(shortcut.flag)), given);
      if (!status.ok()) return status;
    }
  }
  for (const auto& [texts, flag, prefix, form] :
       {std::tuple(&flags.settings, "--set", "", config::ValueForm::kYaml),
        std::tuple(&flags.labels, "--label", "labels.", config::ValueForm::kText)}) {
    for (const std::string& text : *texts) {
      const auto pair = SplitPair(text, flag);
      if (!pair.ok()) return pair.status();
      absl::Status status = AddMember(prefix + pair->first, pair->second, form, flag, given);
      if (!status.ok()) return status;
    }
  }
  for (const std::string& path : flags.cleared) {
    if (absl::Status status = AddClearedMember(path, given); !status.ok()) return status;
  }
  return given;
}

}  // namespace carillon::cli
