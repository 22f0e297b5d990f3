#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/base/secret.h"
#include "carillon/v1/operation.pb.h"

namespace carillon::operations {

/// An operation as it is stored: what callers see of it, and what it needs to go on. A value.
struct StoredOperation {
  v1::Operation operation;  ///< without its etag
  uint64_t revision = 1;    ///< counts changes by callers; what the etag is made of
  std::string request;      ///< that began it: a message of the type that its kind has
  /// Who began it, by which method and request id: the same call begins it once. Empty: no id.
  std::string request_key;
  /// How far it is; its kind's alone to read. What is below it is durable at its destination.
  uint64_t cursor = 0;
  uint64_t end = 0;  ///< where it ends, of the same kind; 0: that is to be found out
  /// Outcomes of its deliveries are counted below this sequence of the delivery log.
  uint64_t counted = 0;
};

/// Operations in an SQLite database of their own: their progress is written several times a second,
/// which the configuration's store is not made for, and the journal's transactions are not to wait
/// for. Each change is synced before its call returns. One thread.
class OperationStore {
 public:
  /// The file is made when it is absent. FAILED_PRECONDITION: it is another program's, or was
  /// written by a newer version. PERMISSION_DENIED, DATA_LOSS, UNAVAILABLE as sqlite::Database.
  static absl::StatusOr<std::unique_ptr<OperationStore>> Open(const std::string& path);
  virtual ~OperationStore() = default;

  /// All there are. DATA_LOSS: a row cannot be read.
  virtual absl::StatusOr<std::vector<StoredOperation>> Load() = 0;
  /// Writes it, by its name. RESOURCE_EXHAUSTED: the disk is full, and it is as it was.
  virtual absl::Status Put(const StoredOperation& stored) = 0;
  virtual absl::Status Remove(const std::string& name) = 0;
  /// Of this store alone; etags are made with it.
  virtual const base::Secret& key() const = 0;
};

}  // namespace carillon::operations
