#pragma once

#include <optional>

#include "carillon/operations/operation_store.h"
#include "carillon/v1/operation.pb.h"

namespace carillon::operations {

/// What an operation was asked for, as callers see it: out of the request that it is stored with,
/// so that those of earlier versions have it, too. Nullopt: its kind shows none, or the request
/// cannot be read.
std::optional<v1::Operation::Request> ShownRequest(const StoredOperation& stored);

}  // namespace carillon::operations
