#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/base/text.h"
#include "carillon/control/resource_type.h"
#include "carillon/net/url.h"
#include "carillon/resource/name.h"
#include "carillon/resource/read_one.h"
#include "carillon/resource/to_message.h"
#include "carillon/signing/generate.h"
#include "carillon/v1/destination.pb.h"
#include "expire_time.h"
#include "metadata.h"
#include "random_id.h"
#include "read_errors.h"
#include "referrers.h"
#include "tenant_permissions.h"

namespace carillon::control {
namespace {

using google::protobuf::Message;

constexpr size_t kMaxIdBytes = 63;

/// Letters, digits and single hyphens of a host.
std::string IdOfHost(std::string_view host, size_t max) {
  std::string id;
  for (const char c : host) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c))) {
      id += absl::ascii_tolower(static_cast<unsigned char>(c));
    } else if (!id.empty() && id.back() != '-') {
      id += '-';
    }
    if (id.size() == max) break;
  }
  while (!id.empty() && id.back() == '-') id.pop_back();
  return id;
}

class DestinationType final : public ResourceType {
 public:
  const Message& prototype() const override { return v1::Destination::default_instance(); }
  std::string_view type() const override { return "carillon/Destination"; }
  std::string_view member() const override { return "destination"; }
  const aip::NamePattern& pattern() const override { return pattern_; }
  const std::vector<std::string>& filters() const override { return filters_; }
  const std::vector<std::string>& orders() const override { return orders_; }

  absl::StatusOr<Value> Read(const Message& message, const View& view,
                             bool trusted) const override {
    const auto& given = static_cast<const v1::Destination&>(message);
    const resource::SnapshotPtr file = view.file();
    resource::Around around;
    if (!trusted && file->settings) around.rules = &file->settings->egress.rules;
    resource::NoReferences none;
    resource::Errors errors(none, aip::kMaxViolations);
    const resource::Path root;
    auto value = std::make_shared<model::Destination>(
        resource::ReadOne(given, around, root.Member("destination"), errors));
    if (!IsExpireTime(given.expire_time())) {
      errors.Add(root.Member("destination").Member("expire_time"),
                 "must be in the years 1970 to 2261");
    }
    if (!errors.empty()) return ToStatus(errors);
    return Value(std::shared_ptr<const model::Destination>(std::move(value)));
  }

  std::string MakeId(const Message& given) const override {
    const auto url = net::ParseUrl(static_cast<const v1::Destination&>(given).url());
    const std::string id =
        url.ok() ? IdOfHost(url->host, kMaxIdBytes - kRandomIdBytes) : std::string();
    return RandomId(id.empty() ? "destination" : id);
  }

  absl::Status Prepare(Message& created, base::WallTime now) const override {
    auto& destination = static_cast<v1::Destination&>(created);
    if (destination.has_expire_time() && IsExpireTime(destination.expire_time()) &&
        ExpireTimeOf(destination.expire_time()) <= now) {
      return aip::BadField("destination.expire_time", "OUT_OF_RANGE", "must be in the future");
    }
    if (destination.keys_size() == 0 && !destination.unsigned_requests()) {
      for (const char* id : {"first", "second"}) {
        v1::Key& key = *destination.add_keys();
        key.set_name(id);
        key.mutable_secret()->set_value(
            std::string(signing::GenerateSecret(model::KeyScheme::kV1).Reveal()));
      }
    }
    for (v1::Key& key : *destination.mutable_keys()) {
      key.clear_etag();
      key.set_uid(NewUid(now));
      SetTime(key, "create_time", now);
    }
    return absl::OkStatus();
  }

  // What has keys is signed: whoever asks for the opposite revokes them.
  absl::Status Evolve(const Message& before, Message& after, bool) const override {
    auto& destination = static_cast<v1::Destination&>(after);
    if (destination.unsigned_requests()) {
      destination.clear_keys();
      return absl::OkStatus();
    }
    const bool was_signed = !static_cast<const v1::Destination&>(before).unsigned_requests();
    if (was_signed || !destination.keys().empty()) return absl::OkStatus();
    return aip::BadField("destination.unsigned_requests", "KEY_MISSING",
                         "becomes false with the first key: call CreateKey");
  }

  absl::Status Permit(const Message* before, const Message& after,
                      const View& view) const override {
    return CheckPermitted(view, static_cast<const v1::Destination*>(before),
                          static_cast<const v1::Destination&>(after));
  }

  void Normalize(Message& message) const override {
    auto& destination = static_cast<v1::Destination&>(message);
    for (v1::Key& key : *destination.mutable_keys()) {
      if (key.name().find('/') != std::string::npos) continue;
      key.set_name(absl::StrCat(destination.name(), "/keys/", key.name()));
    }
    for (v1::Header& header : *destination.mutable_headers()) {
      if (!header.has_value() || !resource::TellsSecret(header.name())) continue;
      std::string value = header.value();
      header.mutable_secret()->set_value(std::move(value));
    }
  }

  std::map<std::string, std::string> instead() const override {
    return {{"keys", "keys are changed by KeyService: CreateKey, RotateKey, DeleteKey"}};
  }

  absl::Status Delete(const Entry& entry, const View& view, bool force,
                      std::vector<Edit>& edits) const override {
    return RemoveFromSubscriptions(entry.name, view, force, edits);
  }

  std::vector<MessagePtr> OfFile(const resource::Snapshot& file,
                                 std::string_view tenant) const override {
    std::vector<MessagePtr> found;
    for (const resource::TenantPtr& resources : file.tenants) {
      if (!tenant.empty() && resources->tenant != tenant) continue;
      for (const auto& destination : resources->destinations) {
        auto message = std::make_shared<v1::Destination>(resource::ToMessage(*destination.value));
        message->set_name(resource::MakeName(resources->tenant, resource::kDestinations,
                                             destination.value->name));
        resource::Redact(*message);
        message->mutable_origin()->set_kind(v1::Origin::FILE);
        found.push_back(std::move(message));
      }
    }
    return found;
  }

  std::vector<std::string> NamesOfFile(const resource::Snapshot& file,
                                       std::string_view tenant) const override {
    std::vector<std::string> names;
    for (const resource::TenantPtr& resources : file.tenants) {
      if (!tenant.empty() && resources->tenant != tenant) continue;
      for (const auto& destination : resources->destinations) {
        names.push_back(resource::MakeName(resources->tenant, resource::kDestinations,
                                           destination.value->name));
      }
    }
    return names;
  }

 private:
  const aip::NamePattern pattern_{"tenants/{tenant}/destinations/{destination}"};
  const std::vector<std::string> filters_ = {"name",
                                             "display_name",
                                             "url",
                                             "format",
                                             "state",
                                             "status.reason",
                                             "status.circuit",
                                             "status.last_outcome",
                                             "status.failing_since",
                                             "status.last_success_time",
                                             "status.queued_count",
                                             "status.parked_count",
                                             "status.behind",
                                             "labels",
                                             "origin.kind",
                                             "create_time",
                                             "update_time"};
  const std::vector<std::string> orders_ = {"name",
                                            "display_name",
                                            "create_time",
                                            "update_time",
                                            "status.failing_since",
                                            "status.queued_count",
                                            "status.parked_count"};
};

}  // namespace

std::unique_ptr<ResourceType> MakeDestinationType() { return std::make_unique<DestinationType>(); }

}  // namespace carillon::control
