#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "carillon/control/call_trail.h"
#include "carillon/control/repository.h"
#include "carillon/operations/task.h"
#include "carillon/v1/operation.pb.h"

namespace carillon::control {

/// Resources of a tenant that go in one change.
inline constexpr size_t kDeletedAtOnce = 100;

inline constexpr char kDeleteTenantMethod[] = "carillon.v1.TenantService/DeleteTenant";

/// What the audit log writes down of a step of the operation.
std::shared_ptr<CallTrail> TrailOfDeletion(const v1::Operation& operation);

/// The task of DeleteTenant: what the tenant has goes from the store, kDeletedAtOnce resources in a
/// change, subscriptions before destinations; with the last of it the tenant and its mark, and its
/// name is retired. The stored request is the tenant's uid. The cursor counts what has gone, up to
/// `end`, what there was when it began. A step that is repeated finds what is left. The repository
/// and the clock outlive it.
absl::StatusOr<std::unique_ptr<operations::Task>> MakeTenantDeletion(
    const operations::StoredOperation& stored, Repository& repository, const base::Clock& clock);

}  // namespace carillon::control
