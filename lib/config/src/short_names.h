#pragma once

#include <google/protobuf/message.h>

namespace carillon::config {

/// Writes the names of resources out, where a file has their last part alone. `message` holds lists
/// of resources, as their option `google.api.resource` says; those within one of them are named
/// after it, all others belong to the tenant `default`:
///
///     orders   ->  tenants/default/destinations/orders
///     first    ->  tenants/default/destinations/orders/keys/first
void WriteNamesOut(google::protobuf::Message& message);

}  // namespace carillon::config
