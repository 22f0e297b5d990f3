#include "carillon/client/kinds.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "carillon/aip/resource_name.h"
#include "carillon/base/similar.h"
#include "carillon/base/text.h"
#include "carillon/v1/access_service.pb.h"
#include "carillon/v1/audit_service.pb.h"
#include "carillon/v1/delivery_service.pb.h"
#include "carillon/v1/destination.pb.h"
#include "carillon/v1/destination_service.pb.h"
#include "carillon/v1/event_service.pb.h"
#include "carillon/v1/event_type_service.pb.h"
#include "carillon/v1/notice_service.pb.h"
#include "carillon/v1/operation.pb.h"
#include "carillon/v1/portal_service.pb.h"
#include "carillon/v1/subscription_service.pb.h"
#include "carillon/v1/tenant_service.pb.h"

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

Kind Tenants() {
  return {
      .singular = "tenant",
      .plural = "tenants",
      .aliases = {},
      .type = v1::Tenant::descriptor(),
      .service = Service(*v1::GetTenantRequest::descriptor(), "TenantService"),
      .columns = {{"DISPLAY NAME", "display_name"},
                  {"DESTINATIONS", "destination_count"},
                  {"SUBSCRIPTIONS", "subscription_count"},
                  {"LABELS", "labels", true},
                  {"ORIGIN", "origin.kind"},
                  {"UPDATED", "update_time"}},
      .shortcuts = {{"display-name", "display_name", "For people: at most 128 bytes"},
                    {"max-rate", "limits.max_rate", "POSTs a second at most, of all", false},
                    {"max-in-flight", "limits.max_in_flight", "Attempts at once at most", false},
                    {"allow-unsigned-requests", "limits.allow_unsigned_requests",
                     "Its callers may set unsigned_requests of destinations: true or false", false},
                    {"allow-insecure-skip-verify", "limits.allow_insecure_skip_verify",
                     "The same of tls.insecure_skip_verify", false}}};
}

Kind EventTypes() {
  return {.singular = "event-type",
          .plural = "event-types",
          .aliases = {"types"},
          .type = v1::EventType::descriptor(),
          .service = Service(*v1::GetEventTypeRequest::descriptor(), "EventTypeService"),
          .columns = {{"STATE", "state"},
                      {"MESSAGE", "protobuf.message"},
                      {"VALIDATION", "validation"},
                      {"TAGS", "tags", true},
                      {"DESCRIPTION", "description", true},
                      {"ORIGIN", "origin.kind"},
                      {"UPDATED", "update_time"}},
          .shortcuts = {{"description", "description", "For people: at most 1024 bytes"},
                        {"tag", "tags", "For people; may be given again"},
                        {"message", "protobuf.message", "The payload's message: acme.OrderPaid"},
                        {"validation", "validation", "off, warn or refuse", false},
                        {"sample", "sample", "A payload that stands for all: JSON"}}};
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

Kind Tokens() {
  return {.singular = "token",
          .plural = "tokens",
          .aliases = {},
          .type = v1::Token::descriptor(),
          .service = Service(*v1::GetTokenRequest::descriptor(), "TokenService"),
          .columns = {{"ROLE", "role"},
                      {"TENANTS", "tenants"},
                      {"EVENT TYPES", "event_types"},
                      {"DISPLAY NAME", "display_name", true},
                      {"CREATED", "create_time", true},
                      {"EXPIRES", "expire_time"},
                      {"LAST USED", "last_use_time"}},
          .shortcuts = {{"role", "role", "operator, tenant_admin, reader or publisher", false},
                        {"event-type", "event_types",
                         "Of a publisher: what it may publish, order.* or *; may be given again"},
                        {"display-name", "display_name", "For people: at most 128 bytes"},
                        {"expire-time", "expire_time",
                         "When it ends: 2027-01-31T12:00:00Z (if unset: in 90 days)", false},
                        {"sha256", "sha256",
                         "The hash of a token that is made already (carillon tokens generate)"}},
          .declared = false};
}

Kind Events() {
  return {.singular = "event",
          .plural = "events",
          .aliases = {},
          .type = v1::Event::descriptor(),
          .service = Service(*v1::GetEventRequest::descriptor(), "EventService"),
          .columns = {{"TYPE", "type"},
                      {"ACCEPTED", "accept_time"},
                      {"OCCURRED", "occur_time", true},
                      {"ORDERING KEY", "ordering_key", true},
                      {"ATTRIBUTES", "attributes", true},
                      {"BYTES", "payload_bytes"},
                      {"TRACE", "trace_id", true}},
          .shortcuts = {},
          .declared = false,
          .usual_limit = 50};
}

Kind PortalSessions() {
  return {.singular = "portal-session",
          .plural = "portal-sessions",
          .aliases = {"portal"},
          .group = "portal",
          .type = v1::PortalSession::descriptor(),
          .service = Service(*v1::GetPortalSessionRequest::descriptor(), "PortalService"),
          .columns = {{"ROLE", "role"},
                      {"SUBJECT", "subject"},
                      {"CREATED", "create_time"},
                      {"OPENED", "open_time"},
                      {"EXPIRES", "expire_time"}},
          .shortcuts = {{"role", "role", "tenant_admin or reader (default: tenant_admin)", false},
                        {"subject", "subject", "Who it is, for the audit log: user-17"},
                        {"ttl", "ttl", "How long it lasts: 1m to 24h (default: 1h)", false}},
          .declared = false};
}

Kind Deliveries() {
  return {.singular = "delivery",
          .plural = "deliveries",
          .aliases = {},
          .type = v1::Delivery::descriptor(),
          .service = Service(*v1::GetDeliveryRequest::descriptor(), "DeliveryService"),
          .columns = {{"TYPE", "event_type"},
                      {"EVENT", "event_id"},
                      {"STATE", "state"},
                      {"OUTCOME", "outcome"},
                      {"ATTEMPTS", "attempt_count"},
                      {"LAST ATTEMPT", "last_attempt_time"},
                      {"NEXT ATTEMPT", "next_attempt_time", true},
                      {"TRIGGER", "trigger", true},
                      {"MESSAGE", "message", true}},
          .shortcuts = {},
          .declared = false,
          .usual_limit = 50};
}

Kind Operations() {
  return {.singular = "operation",
          .plural = "operations",
          .aliases = {},
          .type = v1::Operation::descriptor(),
          .service = Service(*v1::GetOperationRequest::descriptor(), "OperationService"),
          .columns = {{"KIND", "kind"},
                      {"STATE", "state"},
                      {"TARGET", "target"},
                      {"SENT", "processed_count"},
                      {"OF", "matched_count"},
                      {"BY", "principal", true},
                      {"STARTED", "create_time"},
                      {"ENDED", "end_time"}},
          .shortcuts = {{"max-rate", "max_rate", "POSTs a second at most", false},
                        {"paused", "paused", "true: it stands still", false}},
          .declared = false};
}

Kind AuditEntries() {
  return {.singular = "audit-entry",
          .plural = "audit-entries",
          .aliases = {"audit"},
          .type = v1::AuditEntry::descriptor(),
          .service = Service(*v1::GetAuditEntryRequest::descriptor(), "AuditService"),
          .columns = {{"TIME", "create_time"},
                      {"WHO", "principal"},
                      {"METHOD", "method"},
                      {"CHANGED", "changes.resource"},
                      {"REFUSED", "error_reason"},
                      {"REASON", "reason", true},
                      {"FROM", "remote_address", true}},
          .shortcuts = {},
          .declared = false,
          .usual_limit = 50};
}

Kind Notices() {
  return {.singular = "notice",
          .plural = "notices",
          .aliases = {},
          .type = v1::Notice::descriptor(),
          .service = Service(*v1::GetNoticeRequest::descriptor(), "NoticeService"),
          .columns = {{"LAST TIME", "last_time"},
                      {"WHAT", "kind"},
                      {"DESTINATION", "destination"},
                      {"COUNT", "count"},
                      {"OUTCOME", "outcome"},
                      {"STATUS", "response_status"},
                      {"REASON", "reason"},
                      {"BY", "principal", true},
                      {"SINCE", "since_time", true},
                      {"MESSAGE", "message", true}},
          .shortcuts = {},
          .declared = false,
          .usual_limit = 50};
}

Kind Attempts() {
  return {.singular = "attempt",
          .plural = "attempts",
          .aliases = {},
          .type = v1::Attempt::descriptor(),
          .service = Service(*v1::GetDeliveryRequest::descriptor(), "DeliveryService"),
          .columns = {{"TYPE", "event_type"},
                      {"EVENT", "event_id"},
                      {"STARTED", "start_time"},
                      {"OUTCOME", "outcome"},
                      {"STATUS", "response.status"},
                      {"TOOK", "phases.total"},
                      {"ADDRESS", "remote_address", true},
                      {"MESSAGE", "message", true}},
          .shortcuts = {},
          .declared = false,
          .usual_limit = 50};
}

std::vector<std::string> SplitName(std::string_view name) {
  return absl::StrSplit(base::ToAbsl(name), '/');
}

bool IsVariable(const std::string& segment) { return segment.starts_with('{'); }

/// Whether a name is one of the kind's; with `-` in place of ids only where `wildcards`.
bool IsNameOf(const Kind& kind, std::string_view name, bool wildcards = false) {
  return std::ranges::any_of(aip::NamePattern::Of(*kind.type), [&](const auto& pattern) {
    return pattern.Match(name, wildcards).has_value();
  });
}

/// The name of the kind with these last ids, in a tenant; nullopt: there must be another number of
/// them.
std::optional<std::string> NameWith(const Kind& kind, std::vector<std::string> ids,
                                    std::string_view tenant) {
  const aip::NamePattern pattern = aip::NamePattern::Of(*kind.type).front();
  const std::vector<std::string> segments = SplitName(pattern.ToString());
  const auto variables = static_cast<size_t>(std::ranges::count_if(segments, IsVariable));
  if (variables > 1) ids.insert(ids.begin(), std::string(tenant));
  if (ids.size() != variables) return std::nullopt;
  return pattern.Format(ids);
}

/// What resources of a nested kind are in: the deepest, if several are.
const Kind* OuterOf(const Kind& kind) {
  const Kind* outer = nullptr;
  for (const Kind& other : Kinds()) {
    if (!kind.Pattern().starts_with(other.Pattern() + "/")) continue;
    if (outer == nullptr || outer->Pattern().size() < other.Pattern().size()) outer = &other;
  }
  return outer;
}

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

bool Kind::IsTopLevel() const { return std::ranges::count(Pattern(), '{') == 1; }

bool Kind::IsAlsoOfNoTenant() const { return aip::NamePattern::Of(*type).size() > 1; }

const std::vector<Kind>& Kinds() {
  static const auto& kinds = *new std::vector<Kind>{
      Tenants(),    EventTypes(),     Destinations(), Keys(),       Subscriptions(),
      Tokens(),     PortalSessions(), Events(),       Deliveries(), Attempts(),
      Operations(), AuditEntries(),   Notices()};
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
    if (IsNameOf(kind, name)) return &kind;
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

std::string ParentOf(const std::string& name) {
  const size_t id = name.rfind('/');
  const size_t collection = id == std::string::npos || id == 0 ? id : name.rfind('/', id - 1);
  return collection == std::string::npos ? "" : name.substr(0, collection);
}

absl::StatusOr<std::string> WholeName(const Kind& kind, std::string_view word,
                                      std::string_view tenant) {
  if (IsNameOf(kind, word)) return std::string(word);
  const auto name = NameWith(kind, SplitName(word), tenant);
  if (!name || !IsNameOf(kind, *name)) return WrongName(kind, word);
  return *name;
}

std::string ShortName(const Kind& kind, const std::string& name) {
  const auto ids = aip::NamePattern::Of(*kind.type).front().Match(name);
  if (!ids) return name;
  return absl::StrJoin(ids->begin() + (ids->size() > 1 ? 1 : 0), ids->end(), "/");
}

absl::StatusOr<std::string> ParentName(const Kind& kind, std::string_view outer,
                                       std::string_view tenant) {
  if (!kind.IsNested()) {
    if (outer.empty() && kind.IsTopLevel()) return "";
    if (outer.empty()) return absl::StrCat("tenants/", base::ToAbsl(tenant));
    return absl::InvalidArgumentError(
        absl::StrCat(base::ToAbsl(kind.plural), " are in no other resource"));
  }
  const Kind& other = *OuterOf(kind);
  if (kind.declared) {
    if (!outer.empty()) return WholeName(other, outer, tenant);
    return absl::InvalidArgumentError(absl::StrCat("name the ", base::ToAbsl(other.singular),
                                                   " whose ", base::ToAbsl(kind.plural),
                                                   " are meant"));
  }
  if (IsNameOf(other, outer, true)) return std::string(outer);
  std::vector<std::string> ids;
  if (!outer.empty()) ids = SplitName(outer);
  const auto variables = static_cast<size_t>(std::ranges::count(other.Pattern(), '{'));
  while (ids.size() + 1 < variables) ids.emplace_back(aip::NamePattern::kAny);
  const auto name = NameWith(other, ids, tenant);
  if (!name || !IsNameOf(other, *name, true)) return WrongName(other, outer);
  return *name;
}

}  // namespace carillon::client
