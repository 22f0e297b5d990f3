#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"

namespace carillon::aip {

/// A point in time, or a length of time.
struct Moment {
  int64_t seconds = 0;
  int32_t nanos = 0;
  friend auto operator<=>(const Moment&, const Moment&) = default;
};

/// What a field holds: nothing (unset), or a value. Enums are their numbers, messages but
/// Timestamp and Duration are `true`. Values of one field compare with each other; unset is least.
using Value = std::variant<std::monostate, bool, int64_t, uint64_t, double, std::string, Moment>;

/// The way from a message to one of its fields, or to an element of a map by its key. A value; the
/// descriptors outlive it.
class FieldPath {
 public:
  using Field = google::protobuf::FieldDescriptor;

  /// `parts`: names of fields, in snake_case or lowerCamelCase; behind a map, one key.
  /// INVALID_ARGUMENT says which part is wrong, and close names.
  static absl::StatusOr<FieldPath> Resolve(const google::protobuf::Descriptor& type,
                                           const std::vector<std::string>& parts);

  const std::vector<const Field*>& fields() const { return fields_; }
  const Field& leaf() const { return *fields_.back(); }
  /// Of an element of a map, the last field.
  const std::optional<std::string>& key() const { return key_; }
  /// It leads through, or to, a repeated field: there may be several values.
  bool is_repeated() const;
  /// Without the key, in snake_case: `status.failing_since`.
  std::string ToString() const;

  /// Calls `visit` with each value: none where a message on the way, or the field itself if it has
  /// presence, is unset; of a map without a key, its keys.
  void Visit(const google::protobuf::Message& message,
             const std::function<void(const Value&)>& visit) const;
  /// The first of these, or unset.
  Value Read(const google::protobuf::Message& message) const;

 private:
  std::vector<const Field*> fields_;
  std::optional<std::string> key_;
};

/// Finds a field by its name in the proto or its lowerCamelCase name; null: there is none.
const google::protobuf::FieldDescriptor* FindField(const google::protobuf::Descriptor& type,
                                                   std::string_view name);
/// `; did you mean 'url'?`, or nothing.
std::string SimilarFields(const google::protobuf::Descriptor& type, std::string_view name);

}  // namespace carillon::aip
