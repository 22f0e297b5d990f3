#include "carillon/control/config_methods.h"

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "apply_plan.h"
#include "apply_request.h"
#include "carillon/access/authorize.h"
#include "carillon/aip/error.h"
#include "carillon/aip/field_behavior.h"
#include "carillon/base/text.h"
#include "carillon/resource/read_event_type.h"
#include "carillon/resource/to_message.h"
#include "change_call.h"
#include "metadata.h"

namespace carillon::control {
namespace {

using google::protobuf::Message;

constexpr char kService[] = "carillon.v1.ConfigService/";
constexpr std::string_view kTenantsBegin = "tenants/";

/// The service that the kind has methods of its own in, by what requests call one.
std::string ServiceOf(const ResourceType& type) {
  const std::string_view kind = type.type().substr(type.type().find('/') + 1);
  return absl::StrCat("carillon.v1.", base::ToAbsl(kind), "Service/");
}

/// As ApplyConfig takes it.
template <typename Resource>
void ToExported(const Message& stored, Resource& to) {
  to.CopyFrom(stored);
  if constexpr (std::is_same_v<Resource, v1::Destination>) to.clear_keys();
  if constexpr (std::is_same_v<Resource, v1::EventType>) {
    if (to.sample_generated()) to.clear_sample();
  }
  resource::Redact(to);
  aip::ClearOutputOnly(to);
  to.clear_etag();
}

/// One kind of what is exported, and where it goes.
struct Section {
  const ResourceType& type;
  std::string prefix;
  void (*add)(const Message& stored, v1::Config& config);
};

std::vector<Section> SectionsOf(const ConfigTypes& types, const std::string& tenant) {
  const bool any = tenant == aip::NamePattern::kAny;
  const std::string of = any ? std::string(kTenantsBegin) : absl::StrCat("tenants/", tenant);
  const std::string in = any ? of : of + "/";
  return {{types.tenants, of,
           [](const Message& stored, v1::Config& config) {
             ToExported(stored, *config.add_tenants());
           }},
          {types.event_types, any ? std::string(resource::kEventTypes) : "",
           [](const Message& stored, v1::Config& config) {
             ToExported(stored, *config.add_event_types());
           }},
          {types.destinations, in,
           [](const Message& stored, v1::Config& config) {
             ToExported(stored, *config.add_destinations());
           }},
          {types.subscriptions, in, [](const Message& stored, v1::Config& config) {
             ToExported(stored, *config.add_subscriptions());
           }}};
}

/// Where a page ended: `2 tenants/acme/destinations/orders`.
struct Cursor {
  size_t section = 0;
  std::string name;

  std::string ToString() const { return absl::StrCat(section, " ", name); }
  static std::optional<Cursor> Parse(const std::string& text) {
    if (text.size() < 2 || text[0] < '0' || text[0] > '3') return std::nullopt;
    return Cursor{static_cast<size_t>(text[0] - '0'), text.substr(2)};
  }
};

}  // namespace

absl::Status ConfigMethods::CheckRight(const char* verb, const ResourceType& type,
                                       const Caller& caller) const {
  const std::string_view kind = type.type().substr(type.type().find('/') + 1);
  const access::Method* const method =
      methods_.Find(absl::StrCat(ServiceOf(type), verb, base::ToAbsl(kind)));
  if (method == nullptr) return absl::InternalError("the kind has no such method");
  return access::CheckMethod(*method, caller.credential.get());
}

void ConfigMethods::Apply(const v1::ApplyConfigRequest& request, const Caller& caller,
                          Methods::Done done) {
  absl::StatusOr<std::vector<Element>> elements = ReadElements(request, types_);
  if (!elements.ok()) return done(elements.status());
  const ApplySaid said{.tenant = *TenantOfParent(request.parent()),
                       .apply_set = request.prune() ? request.apply_set() : "",
                       .validate_only = request.validate_only(),
                       .is_operator = caller.is_operator,
                       .principal = caller.principal};
  std::set<const ResourceType*> kinds;
  for (const Element& element : *elements) {
    if (!kinds.insert(element.type).second) continue;
    absl::Status status = CheckRight("Update", *element.type, caller);
    if (!status.ok()) return done(std::move(status));
  }
  std::vector<const ResourceType*> pruned;
  if (request.prune()) pruned = {&types_.destinations, &types_.subscriptions};
  if (request.prune() && said.tenant == aip::NamePattern::kAny) pruned.push_back(&types_.tenants);
  for (const ResourceType* type : pruned) {
    absl::Status status = CheckRight("Delete", *type, caller);
    if (!status.ok()) return done(std::move(status));
  }
  const ChangeRequest change{absl::StrCat(kService, "ApplyConfig"), request, request.request_id(),
                             request.validate_only()};
  absl::Status status = CheckRequestId(request.request_id());
  if (!status.ok()) return done(std::move(status));
  ChangeCall call = MakeCall(change, caller, v1::ApplyConfigResponse::default_instance());
  call.decide = [this, said, elements = *std::move(elements)](const View& view) {
    return ApplyPlan(repository_, types_, said, clock_.Wall(), view).Decide(elements);
  };
  repository_.Change(std::move(call), std::move(done));
}

absl::StatusOr<v1::ExportConfigResponse> ConfigMethods::Export(
    const v1::ExportConfigRequest& request, const Caller& caller) const {
  const absl::StatusOr<std::string> tenant = TenantOfParent(request.parent());
  if (!tenant.ok()) return tenant.status();
  const std::string method = absl::StrCat(kService, "ExportConfig");
  const aip::ListArguments arguments{method, request.parent(), "", "", caller.tenants};
  Cursor cursor;
  if (!request.page_token().empty()) {
    const auto read =
        repository_.page_tokens().Read(request.page_token(), arguments, clock_.Wall());
    if (!read.ok()) return read.status();
    cursor = Cursor::Parse(*read).value_or(Cursor());
  }
  v1::ExportConfigResponse response;
  v1::Config& config = *response.mutable_config();
  const std::vector<Section> sections = SectionsOf(types_, *tenant);
  size_t bytes = 0;
  int count = 0;
  for (size_t i = cursor.section; i < sections.size(); ++i) {
    const Section& section = sections[i];
    if (section.prefix.empty() || !CheckRight("Update", section.type, caller).ok()) continue;
    for (const Entry& entry : repository_.List(section.prefix)) {
      if (i == cursor.section && entry.name <= cursor.name) continue;
      if (!section.type.pattern().Match(entry.name)) continue;
      if (i == 0 && *tenant != aip::NamePattern::kAny && entry.name != request.parent()) continue;
      if (count == kMaxElements || bytes >= kMaxPageBytes) {
        response.set_next_page_token(
            repository_.page_tokens().Make(cursor.ToString(), arguments, clock_.Wall()));
        return response;
      }
      section.add(*entry.message, config);
      bytes += entry.message->ByteSizeLong();
      ++count;
      cursor = {i, entry.name};
    }
  }
  return response;
}

}  // namespace carillon::control
