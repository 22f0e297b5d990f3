#pragma once

#include <google/protobuf/message.h>

#include <string>

namespace carillon::config {

/// Writes the names of resources out, where a file has their last part alone. `message` holds lists
/// of resources, as their option `google.api.resource` says; those within one of them are named
/// after it, all others belong to `tenant`; names within a resource that is not in a list stay:
///
///     orders   ->  tenants/default/destinations/orders
///     first    ->  tenants/default/destinations/orders/keys/first
void WriteNamesOut(google::protobuf::Message& message, const std::string& tenant);

}  // namespace carillon::config
