#include "deletion_mark.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/base/text.h"
#include "carillon/control/resource_type.h"
#include "carillon/v1/operation.pb.h"

namespace carillon::control {
namespace {

/// What is stored is what an operation began as; callers see it by OperationService, and none of
/// the standard methods is there for it.
class TenantDeletionType final : public ResourceType {
 public:
  const google::protobuf::Message& prototype() const override {
    return v1::Operation::default_instance();
  }
  std::string_view type() const override { return "carillon/Operation"; }
  std::string_view member() const override { return "operation"; }
  const aip::NamePattern& pattern() const override { return pattern_; }
  const std::vector<std::string>& filters() const override { return none_; }
  const std::vector<std::string>& orders() const override { return none_; }
  absl::StatusOr<Value> Read(const google::protobuf::Message&, const View&, bool) const override {
    return Value();
  }
  std::string MakeId(const google::protobuf::Message&) const override { return ""; }
  absl::Status Prepare(google::protobuf::Message&, base::WallTime) const override {
    return absl::OkStatus();
  }
  void Normalize(google::protobuf::Message&) const override {}
  std::map<std::string, std::string> instead() const override { return {}; }
  absl::Status Delete(const Entry&, const View&, bool, std::vector<Edit>&) const override {
    return absl::OkStatus();
  }
  std::vector<MessagePtr> OfFile(const resource::Snapshot&, std::string_view) const override {
    return {};
  }

 private:
  const aip::NamePattern pattern_{"tenants/{tenant}/operations/{operation}"};
  const std::vector<std::string> none_;
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
