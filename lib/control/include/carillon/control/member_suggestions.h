#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "carillon/control/view.h"
#include "carillon/v1/event_type_service.pb.h"

namespace carillon::control {

/// SuggestMembers: what filters can ask about in payloads of some event types, by the schemas and
/// samples that are in force. Of many types the first kMaxTypes are looked at, by name, and the
/// answer says that there are more. Thread-safe; the view outlives it.
class MemberSuggestions {
 public:
  static constexpr size_t kMaxTypes = 500;
  static constexpr int kMaxPatterns = 100;
  static constexpr int32_t kDefaultMembers = 100;
  static constexpr int32_t kMaxMembers = 500;

  explicit MemberSuggestions(const View& view) : view_(view) {}

  /// On the thread that reads. Errors of carillon/aip/error.h name the member: `types[1]`.
  absl::Status Suggest(const v1::SuggestMembersRequest& request,
                       v1::SuggestMembersResponse& response) const;

 private:
  const View& view_;
};

}  // namespace carillon::control
