#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::model {

/// The event types of one payload message of `Event`: `prefix` and each of `verbs`. The verb also
/// stands in the payload's own `member`, if it has one.
struct PayloadFamily {
  std::string_view message;  ///< of carillon.v1
  std::string_view member;
  std::string_view prefix;
  std::span<const std::string_view> verbs;
};

namespace built_in {
inline constexpr std::string_view kSessionVerbs[] = {"create", "delete"};
inline constexpr std::string_view kListVerbs[] = {"created", "updated", "removed", "bulk_updated"};
inline constexpr std::string_view kContactVerbs[] = {
    "created", "updated", "removed", "subscribed", "unsubscribed", "deactivated", "reactivated"};
inline constexpr std::string_view kCompleted[] = {"completed"};
}  // namespace built_in

inline constexpr PayloadFamily kSession{"SessionEvent", "action", "session.",
                                        built_in::kSessionVerbs};
inline constexpr PayloadFamily kList{"ListEvent", "event", "list.", built_in::kListVerbs};
inline constexpr PayloadFamily kContact{"ContactEvent", "event", "contact.",
                                        built_in::kContactVerbs};
inline constexpr PayloadFamily kSyncRun{"SyncRunCompleted", "", "sync.run.", built_in::kCompleted};
inline constexpr PayloadFamily kInsight{"InsightPopulated", "", "insight.population.",
                                        built_in::kCompleted};

/// In the order in which errors list them. The one place that says which types are built in,
/// beside operational.h.
inline constexpr std::array kPayloadFamilies = {kSession, kSyncRun, kInsight, kList, kContact};

/// The types that are in every catalog, sorted; the operational ones among them.
std::vector<std::string> BuiltInTypes();

}  // namespace carillon::model
