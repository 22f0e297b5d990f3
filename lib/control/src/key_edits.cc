#include "key_edits.h"

#include <google/protobuf/field_mask.pb.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/aip/field_behavior.h"
#include "carillon/aip/field_mask.h"
#include "carillon/signing/generate.h"
#include "metadata.h"
#include "random_id.h"

namespace carillon::control {
namespace {

/// `first` of the name of one of the destination's keys, whole or short.
absl::StatusOr<std::string> IdOfKey(const v1::Destination& destination, const std::string& name,
                                    const std::string& field) {
  if (name.empty()) return aip::BadField(field, "REQUIRED", "must be set");
  const std::string prefix = absl::StrCat(destination.name(), "/keys/");
  if (name.starts_with(prefix)) return name.substr(prefix.size());
  if (name.find('/') == std::string::npos) return name;
  return aip::BadField(field, "PATTERN",
                       absl::StrCat("must be the key's id, or ", prefix, "{key}"));
}

bool HasSource(const v1::Key& key) {
  return key.secret().source_case() != v1::Secret::SOURCE_NOT_SET;
}

/// The stored key as a document says it.
absl::StatusOr<v1::Key> Changed(const v1::Key& stored, const v1::Key& given,
                                const std::string& field) {
  google::protobuf::FieldMask all;
  all.add_paths("*");
  v1::Key said = given;
  said.set_name(stored.name());
  if (!HasSource(said)) said.clear_secret();
  v1::Key key = stored;
  absl::Status status = aip::Merge({field,
                                    said,
                                    &all,
                                    {{"secret",
                                      "is another one, and a key keeps its own: give "
                                      "the new one another name"}}},
                                   key);
  if (!status.ok()) return status;
  return key;
}

}  // namespace

int PlaceOfKey(const v1::Destination& destination, const std::string& name) {
  int i = 0;
  while (i < destination.keys_size() && destination.keys(i).name() != name) ++i;
  return i;
}

absl::StatusOr<v1::Key> NewKey(const v1::Destination& destination, const std::string& id,
                               const v1::Key& given, base::WallTime now) {
  v1::Key key = given;
  aip::ClearOutputOnly(key);
  key.clear_etag();
  key.set_name(absl::StrCat(destination.name(), "/keys/", id.empty() ? RandomId("key") : id));
  if (PlaceOfKey(destination, key.name()) != destination.keys_size()) {
    return aip::AlreadyExists(kKeyType, key.name());
  }
  key.set_uid(NewUid(now));
  SetTime(key, "create_time", now);
  if (!HasSource(key)) {
    const auto scheme =
        key.algorithm() == v1::Key::ED25519 ? model::KeyScheme::kV1a : model::KeyScheme::kV1;
    key.mutable_secret()->set_value(std::string(signing::GenerateSecret(scheme).Reveal()));
  }
  return key;
}

absl::Status CheckOneStays(const v1::Destination& destination, const std::string& name) {
  for (const v1::Key& key : destination.keys()) {
    if (!key.has_expire_time()) return absl::OkStatus();
  }
  return aip::FailedPrecondition(
      v1::LAST_KEY, absl::StrCat(name, " is the last key without an end: create another one first"),
      {{"LAST_KEY", name, "create another key first"}}, {{"resource", name}});
}

absl::StatusOr<std::vector<std::string>> ReplaceKeys(
    const google::protobuf::RepeatedPtrField<v1::Key>& given, base::WallTime now,
    v1::Destination& destination) {
  v1::Destination stored;
  stored.set_name(destination.name());
  stored.mutable_keys()->Swap(destination.mutable_keys());
  std::vector<std::string> made;
  for (int i = 0; i < given.size(); ++i) {
    const std::string field = absl::StrCat("destination.keys[", i, "]");
    const absl::StatusOr<std::string> id = IdOfKey(stored, given[i].name(), field + ".name");
    if (!id.ok()) return id.status();
    const int at = PlaceOfKey(stored, absl::StrCat(stored.name(), "/keys/", *id));
    absl::StatusOr<v1::Key> key = at == stored.keys_size()
                                      ? NewKey(destination, *id, given[i], now)
                                      : Changed(stored.keys(at), given[i], field);
    if (!key.ok()) return key.status();
    if (at == stored.keys_size() && !HasSource(given[i])) made.push_back(key->name());
    *destination.add_keys() = *std::move(key);
  }
  return made;
}

}  // namespace carillon::control
