#pragma once

#include "absl/status/statusor.h"
#include "carillon/access/methods.h"
#include "carillon/base/clock.h"
#include "carillon/control/caller.h"
#include "carillon/control/repository.h"
#include "carillon/control/resource_type.h"
#include "carillon/control/standard_methods.h"
#include "carillon/v1/config_service.pb.h"

namespace carillon::control {

/// The kinds of resources that a configuration holds.
struct ConfigTypes {
  const ResourceType& tenants;
  const ResourceType& event_types;
  const ResourceType& destinations;
  const ResourceType& subscriptions;
};

/// Many resources in one change, and all of them written out. Errors are those of
/// carillon/aip/error.h; those about one resource name the member where it stands in the request.
/// Thread-safe; what is given outlives it.
class ConfigMethods {
 public:
  static constexpr int kMaxElements = 10'000;  ///< of one request, and of one page
  static constexpr size_t kMaxDifferenceBytes = 1u << 20;
  /// Of a response: what clients of gRPC take when nobody says more, and what is remembered.
  static constexpr size_t kMaxAnswerBytes = 4'000'000;
  static constexpr size_t kMaxPageBytes = 2u << 20;

  /// `methods` say who may change what: each resource needs the right to its own Update.
  ConfigMethods(Repository& repository, const ConfigTypes& types, const access::Methods& methods,
                const base::Clock& clock)
      : repository_(repository), types_(types), methods_(methods), clock_(clock) {}

  /// All of it or nothing. What each resource needs is decided before anything is looked up.
  void Apply(const v1::ApplyConfigRequest& request, const Caller& caller, Methods::Done done);
  absl::StatusOr<v1::ExportConfigResponse> Export(const v1::ExportConfigRequest& request,
                                                  const Caller& caller) const;

 private:
  /// Whether the caller may call that method of the kind: `Update`, `Delete`.
  absl::Status CheckRight(const char* verb, const ResourceType& type, const Caller& caller) const;

  Repository& repository_;
  const ConfigTypes types_;
  const access::Methods& methods_;
  const base::Clock& clock_;
};

}  // namespace carillon::control
