#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "apply_request.h"
#include "carillon/base/clock.h"
#include "carillon/control/change.h"
#include "carillon/control/config_methods.h"
#include "carillon/control/repository.h"
#include "staged_view.h"

namespace carillon::control {

/// What ApplyConfig says beside its resources.
struct ApplySaid {
  std::string tenant;     ///< of the parent; `-`: all
  std::string apply_set;  ///< of which what is not given goes; empty: nothing goes
  bool validate_only = false;
  bool is_operator = false;  ///< the caller
  std::string principal{};   ///< the same
};

/// Decides what ApplyConfig changes: everything is looked at as it will be with all the rest. Made
/// and used once, on the control thread; what is given outlives it.
class ApplyPlan {
 public:
  ApplyPlan(const Repository& repository, const ConfigTypes& types, const ApplySaid& said,
            base::WallTime now, const View& view)
      : repository_(repository), types_(types), said_(said), now_(now), below_(view), view_(view) {}

  absl::StatusOr<ChangeSet> Decide(const std::vector<Element>& elements);

 private:
  using MessageOwner = std::shared_ptr<google::protobuf::Message>;
  /// One that goes, as it was.
  struct Gone {
    const ResourceType* type;
    Entry entry;
  };

  /// Takes out what is of the set and not given, so that all else is looked at without it.
  void StageDeletions(const std::vector<Element>& elements);
  /// Whether what is left can do without what goes.
  absl::Status CheckDeletions();
  absl::Status Take(const Element& element);
  /// What it becomes; `made` gets the names of keys whose secrets are made.
  absl::StatusOr<MessageOwner> Create(const Element& element, std::vector<std::string>& made);
  absl::StatusOr<MessageOwner> Update(const Element& element, const Entry& before,
                                      std::vector<std::string>& made);
  /// READ_ONLY_FILE, READ_ONLY_BUILT_IN: it is not the API's.
  absl::Status CheckOrigin(const Element& element);
  absl::Status Stage(const Element& element, bool is_new, MessageOwner next);
  /// Whether all event types have room together.
  absl::Status CheckEventTypes(const std::vector<Element>& elements) const;
  void Tell(const google::protobuf::Message* before, const google::protobuf::Message* after,
            const std::vector<std::string>& paths, v1::ApplyConfigResponse::Change change);
  absl::StatusOr<ChangeSet> Finish();

  const Repository& repository_;
  const ConfigTypes& types_;
  const ApplySaid& said_;
  const base::WallTime now_;
  const View& below_;  ///< as it is
  StagedView view_;    ///< as it will be
  std::vector<Gone> gone_;
  /// Names and origins that the file has, and what is built in, by kind and tenant.
  std::map<std::pair<const ResourceType*, std::string>, std::map<std::string, int>> of_file_;
  std::unique_ptr<v1::ApplyConfigResponse> answer_ = std::make_unique<v1::ApplyConfigResponse>();
  size_t told_bytes_ = 0;
};

}  // namespace carillon::control
