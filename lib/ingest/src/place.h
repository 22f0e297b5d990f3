#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace carillon::ingest {

/// Where in a request something stands, to be named in errors: `events[3]` or
/// `events[3].session`. Costs nothing until something is wrong.
class Place {
 public:
  explicit Place(size_t index, std::string_view member = {}) : index_(index), member_(member) {}

  /// The same event's member `name`, which must outlive the place.
  Place Member(std::string_view name) const { return Place(index_, name); }

  /// `events[3].session.uuid` for `uuid`; without a field, the place itself.
  std::string Path(std::string_view field = {}) const;

  /// INVALID_ARGUMENT, `events[3].session.uuid: what`.
  absl::Status Error(std::string_view field, std::string_view what) const;

 private:
  size_t index_;
  std::string_view member_;
};

}  // namespace carillon::ingest
