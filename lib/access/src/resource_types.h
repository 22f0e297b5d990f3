#pragma once

#include <google/protobuf/descriptor.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace carillon::access {

/// Where the names of a kind of resource begin.
enum class Home : uint8_t {
  kIsTenant,  ///< they are the tenants
  kTenant,    ///< in a tenant
  kNone,      ///< in none: the catalog
  kBoth,      ///< some in a tenant, some in none
};

/// Of a message that is a resource (its option google.api.resource); nullopt: it is none.
std::optional<Home> HomeOf(const google::protobuf::Descriptor& message);

/// The kinds of resources that the messages of some files are. Used on one thread.
class ResourceTypes {
 public:
  /// Adds those of the file and of what it imports.
  void Add(const google::protobuf::FileDescriptor& file);
  /// Of the kind `type` (`carillon/Destination`); `*` is kBoth, and tenants are known from the
  /// beginning. nullopt: no message is of that kind.
  std::optional<Home> Find(const std::string& type) const;

 private:
  std::set<const google::protobuf::FileDescriptor*> seen_;
  std::map<std::string, Home> homes_{{"*", Home::kBoth}, {"carillon/Tenant", Home::kIsTenant}};
};

}  // namespace carillon::access
