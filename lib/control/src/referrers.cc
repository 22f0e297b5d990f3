#include "referrers.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/control/resource_type.h"
#include "carillon/v1/destination.pb.h"

namespace carillon::control {
namespace {

/// The prefix of the subscriptions that may name the destination: those of its tenant.
std::string SubscriptionsBeside(const std::string& destination) {
  return absl::StrCat(destination.substr(0, destination.find("/destinations/")), "/subscriptions/");
}

}  // namespace

absl::Status RemoveFromSubscriptions(const std::string& destination, const View& view, bool force,
                                     std::vector<Edit>& edits) {
  std::vector<aip::Obstacle> obstacles;
  const std::string id = destination.substr(destination.rfind('/') + 1);
  for (const Entry& entry : view.List(SubscriptionsBeside(destination))) {
    auto left =
        std::make_shared<v1::Subscription>(static_cast<const v1::Subscription&>(*entry.message));
    auto& names = *left->mutable_destinations();
    const int before = names.size();
    for (int i = names.size() - 1; i >= 0; --i) {
      if (names.Get(i) == destination || names.Get(i) == id) names.DeleteSubrange(i, 1);
    }
    if (names.size() == before) continue;
    obstacles.push_back({"RESOURCE_IN_USE", entry.name, "take the destination out of it first"});
    if (names.empty()) {
      edits.push_back({entry.name, nullptr, {}});
      continue;
    }
    // What it says is as it was validated, less a name.
    absl::StatusOr<Value> value = MakeSubscriptionType()->Read(*left, view, true);
    if (!value.ok()) return value.status();
    edits.push_back({entry.name, std::move(left), *std::move(value)});
  }
  if (force || obstacles.empty()) return absl::OkStatus();
  return aip::FailedPrecondition(v1::RESOURCE_IN_USE,
                                 absl::StrCat(destination, " is named by ", obstacles.size(),
                                              " subscriptions: change them first, or set force"),
                                 obstacles, {{"resource", destination}});
}

}  // namespace carillon::control
