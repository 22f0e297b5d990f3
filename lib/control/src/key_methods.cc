#include "carillon/control/key_methods.h"

#include <google/protobuf/empty.pb.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/aip/field_mask.h"
#include "carillon/resource/to_message.h"
#include "change_call.h"
#include "key_edits.h"
#include "metadata.h"

namespace carillon::control {
namespace {

constexpr int64_t kDaySeconds = 24 * 3600;
constexpr int64_t kMaxOverlapSeconds = 30 * kDaySeconds;

const aip::NamePattern& KeyPattern() {
  static const aip::NamePattern kPattern("tenants/{tenant}/destinations/{destination}/keys/{key}");
  return kPattern;
}

absl::Status CheckKeyName(const std::string& name, const char* field) {
  if (KeyPattern().Match(name)) return absl::OkStatus();
  return aip::BadField(field, "PATTERN", absl::StrCat("must be ", KeyPattern().ToString()));
}

/// `tenants/acme/destinations/orders` of the name of one of its keys.
std::string DestinationOf(const std::string& key) { return key.substr(0, key.rfind("/keys/")); }

/// Puts a new key in front.
absl::StatusOr<v1::Key> PutInFront(v1::Destination& destination, const std::string& id,
                                   const v1::Key& given, base::WallTime now) {
  absl::StatusOr<v1::Key> key = NewKey(destination, id, given, now);
  if (!key.ok()) return key.status();
  destination.set_unsigned_requests(false);
  *destination.add_keys() = *std::move(key);
  for (int i = destination.keys_size() - 1; i > 0; --i) {
    destination.mutable_keys()->SwapElements(i, i - 1);
  }
  return destination.keys(0);
}

/// What is wrong with the first key, from `key` on.
absl::Status FromKeyOn(const absl::Status& status) {
  google::rpc::BadRequest bad;
  if (!aip::GetDetail(status, bad)) return status;
  constexpr std::string_view kFirst = "destination.keys[0]";
  std::vector<aip::FieldViolation> violations;
  for (const auto& violation : bad.field_violations()) {
    std::string field = violation.field();
    if (field.starts_with(kFirst)) field = "key" + field.substr(kFirst.size());
    violations.push_back({std::move(field), violation.reason(), violation.description()});
  }
  return aip::BadRequest(violations, aip::ReasonOf(status));
}

template <typename Request>
ChangeRequest ToChange(const char* method, const Request& request) {
  ChangeRequest change{absl::StrCat("carillon.v1.KeyService/", method), request,
                       request.request_id()};
  if constexpr (requires { request.validate_only(); }) {
    change.validate_only = request.validate_only();
  }
  return change;
}

absl::StatusOr<int64_t> OverlapSeconds(const v1::RotateKeyRequest& request) {
  if (!request.has_overlap()) return kDaySeconds;
  const auto& overlap = request.overlap();
  const int64_t seconds = overlap.seconds() + (overlap.nanos() > 0 ? 1 : 0);
  if (overlap.seconds() >= 0 && overlap.nanos() >= 0 && seconds <= kMaxOverlapSeconds) {
    return seconds;
  }
  return aip::BadField("overlap", "OUT_OF_RANGE", "must be 0 s to 30 days");
}

}  // namespace

v1::Key KeyMethods::Shown(const v1::Key& key, const Entry& entry) const {
  v1::Key shown = key;
  resource::Redact(shown);
  const bool stored = entry.message != nullptr;
  shown.mutable_origin()->set_kind(stored ? v1::Origin::API : v1::Origin::FILE);
  if (stored && !key.uid().empty()) {
    shown.set_etag(
        repository_.EtagOf({key.name(), entry.revision, std::make_shared<v1::Key>(key)}));
  }
  return shown;
}

absl::StatusOr<v1::Destination> KeyMethods::Find(const std::string& destination,
                                                 Entry& entry) const {
  entry = repository_.Find(destination);
  if (entry.message != nullptr) return static_cast<const v1::Destination&>(*entry.message);
  const auto ids = destinations_.pattern().Match(destination);
  if (!ids) {
    return aip::BadField("parent", "PATTERN",
                         absl::StrCat("must be ", destinations_.pattern().ToString()));
  }
  for (const MessagePtr& message : destinations_.OfFile(*repository_.file(), ids->front())) {
    v1::Destination found = static_cast<const v1::Destination&>(*message);
    if (found.name() != destination) continue;
    destinations_.Normalize(found);
    return found;
  }
  return aip::NotFound(destinations_.type(), destination);
}

absl::StatusOr<v1::Key> KeyMethods::Get(const std::string& name) const {
  if (absl::Status status = CheckKeyName(name, "name"); !status.ok()) return status;
  Entry entry;
  const absl::StatusOr<v1::Destination> destination = Find(DestinationOf(name), entry);
  if (!destination.ok()) return destination.status();
  const int at = PlaceOfKey(*destination, name);
  if (at == destination->keys_size()) return aip::NotFound(kKeyType, name);
  return Shown(destination->keys(at), entry);
}

absl::StatusOr<std::vector<v1::Key>> KeyMethods::List(const std::string& parent) const {
  Entry entry;
  const absl::StatusOr<v1::Destination> destination = Find(parent, entry);
  if (!destination.ok()) return destination.status();
  std::vector<v1::Key> keys;
  for (const v1::Key& key : destination->keys()) keys.push_back(Shown(key, entry));
  return keys;
}

void KeyMethods::Change(
    const ChangeRequest& request, const Caller& caller, const std::string& destination,
    const google::protobuf::Message& answer_type,
    absl::AnyInvocable<absl::StatusOr<Answer>(v1::Destination&, const Entry&)> edit, Done done) {
  absl::Status status = CheckRequestId(request.request_id);
  if (!status.ok()) return done(std::move(status));
  ChangeCall call = MakeCall(request, caller, answer_type);
  call.decide = [this, destination,
                 edit = std::move(edit)](const View& view) mutable -> absl::StatusOr<ChangeSet> {
    Entry entry;
    absl::StatusOr<v1::Destination> found = Find(destination, entry);
    if (!found.ok()) return found.status();
    if (entry.message == nullptr) return ReadOnlyFile(destination);
    auto next = std::make_shared<v1::Destination>(*std::move(found));
    ChangeSet set;
    absl::StatusOr<Answer> answer = edit(*next, entry);
    if (!answer.ok()) return answer.status();
    absl::StatusOr<Value> value = destinations_.Read(*next, view, true);
    if (!value.ok()) return FromKeyOn(value.status());
    SetTime(*next, "update_time", clock_.Wall());
    set.answer = *std::move(answer);
    set.edits.push_back({destination, std::move(next), *std::move(value)});
    return set;
  };
  repository_.Change(std::move(call), std::move(done));
}

void KeyMethods::Create(const v1::CreateKeyRequest& request, const Caller& caller, Done done) {
  Change(
      ToChange("CreateKey", request), caller, request.parent(), v1::Key::default_instance(),
      [this, id = request.key_id(), key = request.key(), validate_only = request.validate_only()](
          v1::Destination& destination, const Entry& entry) -> absl::StatusOr<Answer> {
        absl::StatusOr<v1::Key> made = PutInFront(destination, id, key, clock_.Wall());
        if (!made.ok()) return made.status();
        if (!validate_only) return std::make_unique<v1::Key>(*made);
        auto shown = std::make_unique<v1::Key>(Shown(*made, entry));
        for (const char* member : {"uid", "etag", "create_time"}) ClearMember(*shown, member);
        return shown;
      },
      std::move(done));
}

void KeyMethods::Update(const v1::UpdateKeyRequest& request, const Caller& caller, Done done) {
  const std::string& name = request.key().name();
  if (absl::Status status = CheckKeyName(name, "key.name"); !status.ok()) {
    return done(std::move(status));
  }
  Change(
      ToChange("UpdateKey", request), caller, DestinationOf(name), v1::Key::default_instance(),
      [this, given = request.key(), mask = request.update_mask()](
          v1::Destination& destination, const Entry& entry) -> absl::StatusOr<Answer> {
        const int at = PlaceOfKey(destination, given.name());
        if (at == destination.keys_size()) return aip::NotFound(kKeyType, given.name());
        v1::Key& key = *destination.mutable_keys(at);
        const std::string current = Shown(key, entry).etag();
        if (!given.etag().empty() && given.etag() != current) {
          return aip::EtagMismatch(kKeyType, given.name(), current);
        }
        absl::Status status = aip::Merge(
            {"key", given, &mask, {{"secret", "is not changed: RotateKey makes a new key"}}}, key);
        if (status.ok()) status = CheckOneStays(destination, given.name());
        if (!status.ok()) return status;
        auto shown = std::make_unique<v1::Key>(Shown(key, entry));
        shown->clear_etag();
        return shown;
      },
      std::move(done));
}

void KeyMethods::Delete(const v1::DeleteKeyRequest& request, const Caller& caller, Done done) {
  if (absl::Status status = CheckKeyName(request.name(), "name"); !status.ok()) {
    return done(std::move(status));
  }
  Change(
      ToChange("DeleteKey", request), caller, DestinationOf(request.name()),
      google::protobuf::Empty::default_instance(),
      [this, name = request.name(), etag = request.etag(), missing = request.allow_missing()](
          v1::Destination& destination, const Entry& entry) -> absl::StatusOr<Answer> {
        const int at = PlaceOfKey(destination, name);
        if (at == destination.keys_size()) {
          if (!missing) return aip::NotFound(kKeyType, name);
          return std::make_unique<google::protobuf::Empty>();
        }
        const std::string current = Shown(destination.keys(at), entry).etag();
        if (!etag.empty() && etag != current) return aip::EtagMismatch(kKeyType, name, current);
        destination.mutable_keys()->DeleteSubrange(at, 1);
        if (absl::Status status = CheckOneStays(destination, name); !status.ok()) return status;
        return std::make_unique<google::protobuf::Empty>();
      },
      std::move(done));
}

void KeyMethods::Rotate(const v1::RotateKeyRequest& request, const Caller& caller, Done done) {
  absl::Status status = CheckKeyName(request.name(), "name");
  const absl::StatusOr<int64_t> overlap = OverlapSeconds(request);
  if (status.ok()) status = overlap.status();
  if (!status.ok()) return done(std::move(status));
  Change(
      ToChange("RotateKey", request), caller, DestinationOf(request.name()),
      v1::RotateKeyResponse::default_instance(),
      [this, name = request.name(), etag = request.etag(), id = request.key_id(),
       algorithm = request.algorithm(), overlap = *overlap](
          v1::Destination& destination, const Entry& entry) -> absl::StatusOr<Answer> {
        int at = PlaceOfKey(destination, name);
        if (at == destination.keys_size()) return aip::NotFound(kKeyType, name);
        const std::string current = Shown(destination.keys(at), entry).etag();
        if (!etag.empty() && etag != current) return aip::EtagMismatch(kKeyType, name, current);
        v1::Key next;
        const bool is_seed = destination.keys(at).secret().value().starts_with("whsk_");
        next.set_algorithm(algorithm != v1::Key::ALGORITHM_UNSPECIFIED ? algorithm
                           : is_seed                                   ? v1::Key::ED25519
                                                                       : v1::Key::HMAC_SHA256);
        const base::WallTime now = clock_.Wall();
        auto response = std::make_unique<v1::RotateKeyResponse>();
        absl::StatusOr<v1::Key> made = PutInFront(destination, id, next, now);
        if (!made.ok()) return made.status();
        *response->mutable_key() = *std::move(made);
        ++at;
        v1::Key& old = *destination.mutable_keys(at);
        const int64_t end =
            std::chrono::ceil<std::chrono::seconds>(now).time_since_epoch().count() + overlap;
        if (!old.has_expire_time() || old.expire_time().seconds() > end) {
          old.mutable_expire_time()->Clear();
          old.mutable_expire_time()->set_seconds(end);
        }
        *response->mutable_replaced_key() = Shown(old, entry);
        response->mutable_replaced_key()->clear_etag();
        if (overlap == 0) destination.mutable_keys()->DeleteSubrange(at, 1);
        return response;
      },
      std::move(done));
}

}  // namespace carillon::control
