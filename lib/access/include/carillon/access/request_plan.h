#pragma once

#include <google/protobuf/descriptor.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace carillon::access {

/// Where names of resources begin.
enum class NameKind : uint8_t {
  kTenant,    ///< the name of a tenant, or a tenant's id by itself
  kInTenant,  ///< `tenants/{tenant}/...`, or short: relative to what it stands in
  kEither,    ///< with or without a tenant (tokens, audit entries)
  kTenantId,  ///< a tenant's id; empty: that of `default`
};

/// What of a message's fields concerns tenants. Immutable once its RequestPlans is complete.
struct RequestPlan {
  struct Name {
    const google::protobuf::FieldDescriptor* field;
    NameKind kind;
  };
  struct Nested {
    const google::protobuf::FieldDescriptor* field;  ///< a message, repeated or not; a map's too
    const RequestPlan* plan;
  };

  /// The message's own name, which short names beside and below it are relative to: a resource's
  /// `name`, a request's `parent`. Null: it has none.
  const google::protobuf::FieldDescriptor* base = nullptr;
  std::vector<Name> names;  ///< `base` first
  std::vector<Nested> nested;
  std::vector<const google::protobuf::FieldDescriptor*> output_only;  ///< are cleared
};

class ResourceTypes;  // src/resource_types.h

/// The plans of messages, each made once, with those of the messages in them: messages may contain
/// themselves. Used on one thread until it is complete, then immutable.
class RequestPlans {
 public:
  /// `types` says where the names of resources begin.
  explicit RequestPlans(ResourceTypes types);
  RequestPlans(const RequestPlans&) = delete;
  RequestPlans& operator=(const RequestPlans&) = delete;
  ~RequestPlans();

  /// Stays where it is for as long as this lives.
  const RequestPlan& Of(const google::protobuf::Descriptor& message);
  /// Kinds of resources that fields refer to and no message is.
  const std::set<std::string>& unknown_types() const { return unknown_types_; }

 private:
  /// Reads what the field's options say into `plan`.
  void Take(const google::protobuf::FieldDescriptor& field, RequestPlan& plan);
  void TakeReference(const google::protobuf::FieldDescriptor& field, RequestPlan& plan);

  const std::unique_ptr<const ResourceTypes> types_;
  std::map<const google::protobuf::Descriptor*, std::unique_ptr<RequestPlan>> plans_;
  std::set<std::string> unknown_types_;
};

}  // namespace carillon::access
