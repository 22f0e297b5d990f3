#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/v1/destination.pb.h"

// What is done with the keys of a destination that is about to be stored.
namespace carillon::control {

inline constexpr std::string_view kKeyType = "carillon/Key";

/// The place of the key of that whole name; the number of keys: there is none.
int PlaceOfKey(const v1::Destination& destination, const std::string& name);
/// What `given` becomes as a new key of the destination, with a secret where it has none. Without
/// an id one is made. ALREADY_EXISTS: one has its name.
absl::StatusOr<v1::Key> NewKey(const v1::Destination& destination, const std::string& id,
                               const v1::Key& given, base::WallTime now);
/// LAST_KEY about `name`: none without an end is left.
absl::Status CheckOneStays(const v1::Destination& destination, const std::string& name);

/// Makes the keys those of a document, in its order: new ones are made, those of the same name
/// changed, others go. Returns the names of those whose secrets were made. FIELD_INVALID
/// (`destination.keys[1].secret`): a key would get another secret.
absl::StatusOr<std::vector<std::string>> ReplaceKeys(
    const google::protobuf::RepeatedPtrField<v1::Key>& given, base::WallTime now,
    v1::Destination& destination);

}  // namespace carillon::control
