#include "carillon/client/kinds.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "carillon/aip/resource_name.h"
#include "carillon/base/similar.h"
#include "carillon/base/text.h"
#include "carillon/v1/destination.pb.h"
#include "carillon/v1/destination_service.pb.h"
#include "carillon/v1/subscription_service.pb.h"

namespace carillon::client {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::ServiceDescriptor;

/// `event_types` -> `EventTypes`.
std::string CamelCase(std::string_view snake) {
  std::string camel;
  bool up = true;
  for (const char c : snake) {
    if (c == '_' || c == '-') {
      up = true;
    } else {
      camel += up && c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
      up = false;
    }
  }
  return camel;
}

const ServiceDescriptor* Service(const Descriptor& request, const char* name) {
  return request.file()->FindServiceByName(name);
}

Kind Destinations() {
  return {.singular = "destination",
          .plural = "destinations",
          .aliases = {"dest"},
          .type = v1::Destination::descriptor(),
          .service = Service(*v1::GetDestinationRequest::descriptor(), "DestinationService"),
          .columns = {{"URL", "url"},
                      {"STATE", "state"},
                      {"DISPLAY NAME", "display_name", true},
                      {"FORMAT", "format", true},
                      {"LABELS", "labels", true},
                      {"ORIGIN", "origin.kind"},
                      {"UPDATED", "update_time"}},
          .shortcuts = {{"url", "url", "Where to POST: http:// or https://"},
                        {"display-name", "display_name", "For people: at most 128 bytes"},
                        {"description", "description", "For people: at most 1024 bytes"},
                        {"format", "format", "How a body is made: standard, payload, array, ..."}}};
}

Kind Keys() {
  return {.singular = "key",
          .plural = "keys",
          .aliases = {},
          .type = v1::Key::descriptor(),
          .service = Service(*v1::GetDestinationRequest::descriptor(), "KeyService"),
          .columns = {{"ALGORITHM", "algorithm"},
                      {"SECRET ENDS IN", "secret.last_characters"},
                      {"PUBLIC KEY", "public_key", true},
                      {"CREATED", "create_time"},
                      {"EXPIRES", "expire_time"}},
          .shortcuts = {{"algorithm", "algorithm", "hmac_sha256 or ed25519", false},
                        {"expire-time", "expire_time",
                         "From then on it does not sign: 2027-01-31T12:00:00Z", false}}};
}

Kind Subscriptions() {
  return {.singular = "subscription",
          .plural = "subscriptions",
          .aliases = {"sub", "subs"},
          .type = v1::Subscription::descriptor(),
          .service = Service(*v1::GetSubscriptionRequest::descriptor(), "SubscriptionService"),
          .columns = {{"TYPES", "types"},
                      {"DESTINATIONS", "destinations"},
                      {"DISABLED", "disabled"},
                      {"DISPLAY NAME", "display_name", true},
                      {"LABELS", "labels", true},
                      {"ORIGIN", "origin.kind"},
                      {"UPDATED", "update_time"}},
          .shortcuts = {{"type", "types", "An event type, order.* or *; may be given again"},
                        {"destination", "destinations", "Where they go; may be given again"},
                        {"display-name", "display_name", "For people: at most 128 bytes"},
                        {"description", "description", "For people: at most 1024 bytes"},
                        {"disabled", "disabled", "true: it matches nothing for now", false}}};
}

std::vector<std::string> SplitName(std::string_view name) {
  return absl::StrSplit(base::ToAbsl(name), '/');
}

bool IsVariable(const std::string& segment) { return segment.starts_with('{'); }

absl::Status WrongName(const Kind& kind, std::string_view word) {
  return absl::InvalidArgumentError(absl::StrCat(
      "'", base::Printable(word), "' is no name of a ", base::ToAbsl(kind.singular), ": give ",
      kind.IsNested() ? "OUTER/NAME" : "its last part alone", ", or ", kind.Pattern()));
}

}  // namespace

const google::protobuf::MethodDescriptor* Kind::Method(std::string_view verb) const {
  if (service == nullptr) return nullptr;
  const bool many = verb == "List";
  return service->FindMethodByName(
      absl::StrCat(base::ToAbsl(verb), CamelCase(many ? plural : singular)));
}

std::string Kind::Pattern() const { return aip::NamePattern::Of(*type).front().ToString(); }

bool Kind::IsNested() const { return std::ranges::count(Pattern(), '{') > 2; }

const std::vector<Kind>& Kinds() {
  static const auto& kinds = *new std::vector<Kind>{Destinations(), Keys(), Subscriptions()};
  return kinds;
}

const Kind* FindKind(std::string_view word) {
  for (const Kind& kind : Kinds()) {
    if (word == kind.singular || word == kind.plural ||
        std::ranges::find(kind.aliases, word) != kind.aliases.end()) {
      return &kind;
    }
  }
  return nullptr;
}

const Kind* KindOfName(std::string_view name) {
  for (const Kind& kind : Kinds()) {
    for (const aip::NamePattern& pattern : aip::NamePattern::Of(*kind.type)) {
      if (pattern.Match(name)) return &kind;
    }
  }
  return nullptr;
}

const Kind* KindOfType(const Descriptor& type) {
  for (const Kind& kind : Kinds()) {
    if (kind.type == &type) return &kind;
  }
  return nullptr;
}

std::string KnownKinds(std::string_view word) {
  std::vector<std::string_view> known;
  std::vector<std::string> plurals;
  for (const Kind& kind : Kinds()) {
    known.push_back(kind.plural);
    plurals.emplace_back(kind.plural);
  }
  const std::string similar = base::DidYouMean(word, known);
  return similar.empty() ? absl::StrCat("; there are ", absl::StrJoin(plurals, ", ")) : similar;
}

absl::StatusOr<std::string> WholeName(const Kind& kind, std::string_view word,
                                      std::string_view tenant) {
  const aip::NamePattern pattern = aip::NamePattern::Of(*kind.type).front();
  if (pattern.Match(word)) return std::string(word);
  const std::vector<std::string> segments = SplitName(pattern.ToString());
  const auto variables = static_cast<size_t>(std::ranges::count_if(segments, IsVariable));
  std::vector<std::string> ids = SplitName(word);
  if (variables > 1) ids.insert(ids.begin(), std::string(tenant));
  if (ids.size() != variables) return WrongName(kind, word);
  const std::string name = pattern.Format(ids);
  if (!pattern.Match(name)) return WrongName(kind, word);
  return name;
}

std::string ShortName(const Kind& kind, const std::string& name) {
  const auto ids = aip::NamePattern::Of(*kind.type).front().Match(name);
  if (!ids) return name;
  return absl::StrJoin(ids->begin() + (ids->size() > 1 ? 1 : 0), ids->end(), "/");
}

absl::StatusOr<std::string> ParentName(const Kind& kind, std::string_view outer,
                                       std::string_view tenant) {
  if (!kind.IsNested()) {
    if (outer.empty()) return absl::StrCat("tenants/", base::ToAbsl(tenant));
    return absl::InvalidArgumentError(
        absl::StrCat(base::ToAbsl(kind.plural), " are in no other resource"));
  }
  for (const Kind& other : Kinds()) {
    if (!kind.Pattern().starts_with(other.Pattern() + "/")) continue;
    if (!outer.empty()) return WholeName(other, outer, tenant);
    return absl::InvalidArgumentError(absl::StrCat("name the ", base::ToAbsl(other.singular),
                                                   " whose ", base::ToAbsl(kind.plural),
                                                   " are meant"));
  }
  return absl::InternalError("a nested kind without an outer one");
}

}  // namespace carillon::client
