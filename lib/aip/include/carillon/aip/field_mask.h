#pragma once

#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/message.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

// Updates of a part of a resource (AIP-134, AIP-161).
//
// - Without a mask: the fields that are set in what is given. `*`: all fields, so that those unset
//   are cleared. Otherwise exactly the paths: a field that is unset there is cleared.
// - A path to a message replaces it; one that goes on (`retry.jitter`) changes only that. Naming a
//   member of a oneof that is given clears the others.
// - Lists and atomic fields are replaced as a whole; no path reaches inside. Maps: `labels.team` is
//   one element, whatever follows `labels.` its key, which backquotes may surround.
// - Output-only fields and the etag are ignored; immutable ones must equal what is stored.
// - A Secret without a source keeps what is stored in its place; in a list, in the element of the
//   same `name`.
namespace carillon::aip {

/// An update as a request says it.
struct Update {
  /// The request's field with the resource (`destination`), for paths of errors.
  std::string_view field;
  const google::protobuf::Message& given;
  /// Null or without paths: unset.
  const google::protobuf::FieldMask* mask = nullptr;
  /// Fields that change by methods of their own, and what errors say of them: no mask may name
  /// them, and what is given must equal what is stored.
  std::map<std::string, std::string> instead = {};
};

inline constexpr int kMaxMaskPaths = 256;

/// Merges it into `resource`, which is what is stored, of the same type. UPDATE_MASK_INVALID about
/// `update_mask`; FIELD_INVALID: it would change what is immutable. After an error `resource` must
/// not be used. What came of it is not validated.
absl::Status Merge(const Update& update, google::protobuf::Message& resource);

/// Puts into `given` the secrets that it leaves to what is stored.
void KeepSecrets(const google::protobuf::Message& stored, google::protobuf::Message& given);

/// Paths of what is different, in the order of the fields; output-only fields and the etag are not
/// looked at. As a mask, they make `after` of `before`.
std::vector<std::string> ChangedPaths(const google::protobuf::Message& before,
                                      const google::protobuf::Message& after);

}  // namespace carillon::aip
