#pragma once

#include <cstddef>

#include "carillon/base/clock.h"
#include "carillon/control/caller.h"
#include "carillon/control/repository.h"
#include "carillon/control/resource_type.h"
#include "carillon/control/standard_methods.h"
#include "carillon/v1/event_type_service.pb.h"

namespace carillon::control {

/// ImportEventTypes: the messages of one descriptor set as the schemas of event types, all of them
/// in one change or none. Errors are those of carillon/aip/error.h. Thread-safe; what is given
/// outlives it.
class EventTypeImport {
 public:
  static constexpr size_t kMaxSetBytes = 4u << 20;
  static constexpr size_t kMaxTypes = 1000;  ///< of one import, and mappings

  /// `event_types`: the type of MakeEventTypeType.
  EventTypeImport(Repository& repository, const ResourceType& event_types, const base::Clock& clock)
      : repository_(repository), event_types_(event_types), clock_(clock) {}

  /// The set is read on the control thread.
  void Import(const v1::ImportEventTypesRequest& request, const Caller& caller, Methods::Done done);

 private:
  absl::StatusOr<ChangeSet> Decide(const View& view,
                                   const v1::ImportEventTypesRequest& request) const;

  Repository& repository_;
  const ResourceType& event_types_;
  const base::Clock& clock_;
};

}  // namespace carillon::control
