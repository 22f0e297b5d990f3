#include "carillon/client/apply.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "carillon/aip/error.h"
#include "carillon/aip/field_behavior.h"
#include "carillon/base/text.h"
#include "carillon/client/kinds.h"
#include "carillon/client/table.h"

namespace carillon::client {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr char kAllTenants[] = "tenants/-";

/// A member that only a configuration file may have, and the API would pass over.
absl::Status RefuseFileOnly(const Message& document, const std::string& name) {
  const FieldDescriptor* disabled = document.GetDescriptor()->FindFieldByName("disabled");
  if (disabled == nullptr || !aip::IsOutputOnly(*disabled) ||
      !document.GetReflection()->GetBool(document, disabled)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat(name, ": disabled: is for configuration files only"));
}

/// The list of a configuration that such documents go to; null: none.
const FieldDescriptor* ListOf(const Message& document) {
  const auto& config = *v1::Config::descriptor();
  for (int i = 0; i < config.field_count(); ++i) {
    const FieldDescriptor& field = *config.field(i);
    if (field.is_repeated() && field.message_type() == document.GetDescriptor()) return &field;
  }
  return nullptr;
}

absl::Status Check(const Message& document, std::set<std::string>& names) {
  const std::string name = TextOf(document, "name");
  const Kind* const kind = KindOfType(*document.GetDescriptor());
  if (kind == nullptr || !kind->declared || ListOf(document) == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("'", base::Printable(name), "' is a ",
                                                   document.GetDescriptor()->name(),
                                                   ", which no file declares: leave it out"));
  }
  if (KindOfName(name) != kind) {
    return absl::InvalidArgumentError(absl::StrCat("'", base::Printable(name), "' is no name of a ",
                                                   base::ToAbsl(kind->singular)));
  }
  if (!names.insert(name).second) {
    return absl::InvalidArgumentError(absl::StrCat(name, " stands in the documents twice"));
  }
  return RefuseFileOnly(document, name);
}

/// `tenants/acme` if all names are of that tenant.
std::string ParentOfAll(const std::set<std::string>& names) {
  std::string parent;
  for (const std::string& name : names) {
    if (!name.starts_with("tenants/")) return kAllTenants;
    const std::string tenant = name.substr(0, name.find('/', name.find('/') + 1));
    if (!parent.empty() && tenant != parent) return kAllTenants;
    parent = tenant;
  }
  return parent;
}

/// `tenants/acme/destinations/orders: url` of `config.destinations[3].url`.
std::string Named(const v1::Config& config, const std::string& field) {
  constexpr std::string_view kPrefix = "config.";
  const size_t open = field.find('[');
  const size_t close = field.find(']');
  if (!field.starts_with(kPrefix) || close == field.npos || open > close) return field;
  const auto* list =
      config.GetDescriptor()->FindFieldByName(field.substr(kPrefix.size(), open - kPrefix.size()));
  int index = 0;
  if (list == nullptr || !list->is_repeated() ||
      !absl::SimpleAtoi(field.substr(open + 1, close - open - 1), &index) || index < 0 ||
      index >= config.GetReflection()->FieldSize(config, list)) {
    return field;
  }
  const Message& element = config.GetReflection()->GetRepeatedMessage(config, list, index);
  const size_t rest = std::min(field.size(), close + 2);
  return absl::StrCat(TextOf(element, "name"), rest == field.size() ? "" : ": ",
                      field.substr(rest));
}

void AddLines(const std::string& yaml, const char* sign, Tone tone, bool color, std::string& text) {
  for (const auto& line : absl::StrSplit(yaml, '\n', absl::SkipEmpty())) {
    absl::StrAppend(&text, "  ", Toned(absl::StrCat(sign, line), tone, color), "\n");
  }
}

}  // namespace

absl::StatusOr<v1::ApplyConfigRequest> MakeApplyRequest(std::vector<Answer> documents,
                                                        const ApplyOptions& options) {
  v1::ApplyConfigRequest request;
  v1::Config& config = *request.mutable_config();
  std::set<std::string> names;
  for (const Answer& document : documents) {
    if (absl::Status status = Check(*document, names); !status.ok()) return status;
    aip::ClearOutputOnly(*document);
    config.GetReflection()->AddMessage(&config, ListOf(*document))->CopyFrom(*document);
  }
  request.set_parent(ParentOfAll(names));
  request.set_apply_set(options.apply_set);
  request.set_prune(options.prune);
  request.set_validate_only(options.dry_run);
  request.set_request_id(options.request_id);
  return request;
}

std::vector<std::string> NamesIn(const v1::ApplyConfigRequest& request) {
  std::vector<std::string> names;
  const auto add = [&names](const auto& list) {
    for (const auto& one : list) names.push_back(one.name());
  };
  add(request.config().tenants());
  add(request.config().event_types());
  add(request.config().destinations());
  add(request.config().subscriptions());
  return names;
}

absl::Status InNamesOf(const v1::ApplyConfigRequest& request, const absl::Status& status) {
  google::rpc::BadRequest bad;
  if (!aip::GetDetail(status, bad) || bad.field_violations().empty()) return status;
  std::vector<aip::FieldViolation> violations;
  for (const auto& violation : bad.field_violations()) {
    violations.push_back(
        {Named(request.config(), violation.field()), violation.reason(), violation.description()});
  }
  return aip::BadRequest(violations, aip::ReasonOf(status));
}

std::string FormatDifferences(const v1::ApplyConfigResponse::Change& change, bool color) {
  std::string text;
  for (const auto& difference : change.differences()) {
    AddLines(difference.before(), "- ", Tone::kBad, color, text);
    AddLines(difference.after(), "+ ", Tone::kGood, color, text);
  }
  return text;
}

}  // namespace carillon::client
