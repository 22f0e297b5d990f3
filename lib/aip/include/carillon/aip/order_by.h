#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/aip/field_path.h"

namespace carillon::aip {

/// Where a message stands in an order: the values of its terms. Of one OrderBy.
using SortKey = std::vector<Value>;

/// The order of a list (AIP-132): `create_time desc, name`. `name` decides last, so that no two
/// messages are equal. Immutable. The descriptors outlive it.
class OrderBy {
 public:
  static constexpr size_t kMaxBytes = 256;

  /// `allowed`: paths in snake_case; the first is the order where `text` is empty. ORDER_BY_INVALID
  /// about the field `order_by`.
  static absl::StatusOr<OrderBy> Parse(std::string_view text,
                                       const google::protobuf::Descriptor& type,
                                       const std::vector<std::string>& allowed);

  SortKey KeyOf(const google::protobuf::Message& message) const;
  /// Whether `a` stands before `b`. Unset values come first, last where a term is `desc`.
  bool Before(const SortKey& a, const SortKey& b) const;
  /// As it is written: `create_time desc, name`.
  std::string ToString() const;

 private:
  struct Term {
    FieldPath path;
    bool descending = false;
  };
  std::vector<Term> terms_;
};

/// A key as bytes, for cursors. What was written by another OrderBy is read, too, but means
/// nothing.
std::string EncodeSortKey(const SortKey& key);
/// Nullopt: these bytes are no key.
std::optional<SortKey> DecodeSortKey(std::string_view bytes);

}  // namespace carillon::aip
