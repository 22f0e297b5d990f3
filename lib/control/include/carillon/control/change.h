#pragma once

#include <google/protobuf/message.h>

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "carillon/control/call_trail.h"
#include "carillon/control/view.h"
#include "carillon/model/destination.h"
#include "carillon/model/subscription.h"
#include "carillon/model/tenant.h"
#include "carillon/schema/event_type.h"

namespace carillon::control {

/// A resource validated: what is delivered by, or nothing of the kind.
using Value = std::variant<std::monostate, std::shared_ptr<const model::Destination>,
                           std::shared_ptr<const model::Subscription>,
                           std::shared_ptr<const model::Tenant>, schema::EventTypePtr>;

/// One resource that becomes another.
struct Edit {
  std::string name;
  MessagePtr message;  ///< null: it is deleted
  Value value;         ///< of `message`
};

using Answer = std::unique_ptr<google::protobuf::Message>;

/// What a call changes, decided by who knows the method.
struct ChangeSet {
  std::vector<Edit> edits;  ///< none: nothing is written
  /// What the caller gets. `revision` and `etag`, where it has them, are set when they are known.
  Answer answer;
};

/// A call that changes something.
struct ChangeCall {
  std::string principal;
  std::string method;      ///< `carillon.v1.DestinationService/CreateDestination`
  std::string request_id;  ///< empty: each call is one of its own
  /// The request, by which a repetition is told from another one.
  std::string request;
  const google::protobuf::Message* answer_type = nullptr;  ///< a prototype of the answer
  bool validate_only = false;
  /// Where the answer is a resource, its revision and etag become those of the change.
  bool sets_version = true;
  /// What the audit log writes down of it; null: nothing.
  std::shared_ptr<CallTrail> trail;
  /// Decides; on the control thread, while nothing else changes.
  absl::AnyInvocable<absl::StatusOr<ChangeSet>(const View&)> decide;
};

}  // namespace carillon::control
