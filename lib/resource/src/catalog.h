#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <string>
#include <string_view>
#include <vector>

#include "carillon/resource/path.h"
#include "carillon/schema/event_type.h"
#include "carillon/v1/event_type.pb.h"

namespace carillon::resource {

/// The event types there are: built in and configured.
class Catalog {
 public:
  /// `path` is the list's.
  Catalog(const google::protobuf::RepeatedPtrField<v1::EventType>& configured, const Path& path,
          Errors& errors);
  /// These, sorted; null: each that may be asked for.
  explicit Catalog(const std::vector<std::string>* types);

  /// Checks what a subscription names: an exact type, `session.*` or `*`.
  void CheckPattern(std::string_view pattern, const Path& path, Errors& errors) const;

  /// Sorted.
  const std::vector<std::string>& types() const { return types_; }
  /// Those configured. Sorted.
  const schema::EventTypes& configured() const { return configured_; }

 private:
  bool Has(std::string_view type) const;
  bool HasPrefix(std::string_view prefix) const;

  std::vector<std::string> types_;
  schema::EventTypes configured_;
  bool all_ = false;  ///< whatever is asked for
};

}  // namespace carillon::resource
