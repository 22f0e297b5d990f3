#include "carillon/control/operation_tasks.h"

#include "absl/status/status.h"
#include "purge_task.h"
#include "resend_task.h"
#include "tenant_deletion_task.h"

namespace carillon::control {

operations::MakeTask OperationTasks(const operations::DeliveryTools& tools, Repository& repository,
                                    const base::Clock& clock) {
  return [tools, &repository, &clock](const operations::StoredOperation& stored)
             -> absl::StatusOr<std::unique_ptr<operations::Task>> {
    switch (stored.operation.kind()) {
      case v1::Operation::REPLAY:
        return operations::MakeReplay(stored, tools);
      case v1::Operation::RESEND:
        return MakeResendTask(stored, tools);
      case v1::Operation::DELETE_TENANT:
        return MakeTenantDeletion(stored, repository, clock);
      case v1::Operation::PURGE:
        return MakePurgeTask(stored, tools, clock);
      default:
        return absl::InvalidArgumentError("this version has no operations of its kind");
    }
  };
}

}  // namespace carillon::control
