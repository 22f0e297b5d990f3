#include "deletion_mark.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/base/text.h"
#include "carillon/v1/operation.pb.h"
#include "record_type.h"

namespace carillon::control {
namespace {

/// What is stored is what an operation began as; callers see it by OperationService.
class TenantDeletionType final : public RecordType {
 public:
  TenantDeletionType() : RecordType("tenants/{tenant}/operations/{operation}") {}

  const google::protobuf::Message& prototype() const override {
    return v1::Operation::default_instance();
  }
  std::string_view type() const override { return "carillon/Operation"; }
  std::string_view member() const override { return "operation"; }
  absl::StatusOr<Value> Read(const google::protobuf::Message&, const View&, bool) const override {
    return Value();
  }
};

}  // namespace

Entry FindDeletion(const View& view, std::string_view tenant) {
  const std::vector<Entry> found = view.List(absl::StrCat(base::ToAbsl(tenant), "/operations/"));
  return found.empty() ? Entry() : found.front();
}

absl::Status TenantBeingDeleted(std::string_view tenant, std::string_view operation) {
  return aip::FailedPrecondition(
      v1::STATE_CONFLICT,
      absl::StrCat(base::ToAbsl(tenant), " is being deleted by ", base::ToAbsl(operation)),
      {{"STATE_CONFLICT", std::string(operation),
        "wait for its end, or have an operator cancel it"}},
      {{"resource", std::string(tenant)}, {"operation", std::string(operation)}});
}

std::unique_ptr<ResourceType> MakeTenantDeletionType() {
  return std::make_unique<TenantDeletionType>();
}

}  // namespace carillon::control
