#include "storage_errors.h"

namespace carillon::server {
namespace {

metrics::StoreError KindOf(const absl::Status& why) {
  switch (why.code()) {
    case absl::StatusCode::kResourceExhausted:
      return metrics::StoreError::kFull;
    case absl::StatusCode::kAborted:
      return metrics::StoreError::kBusy;
    case absl::StatusCode::kDataLoss:
      return metrics::StoreError::kDamaged;
    case absl::StatusCode::kPermissionDenied:
      return metrics::StoreError::kDenied;
    default:
      return metrics::StoreError::kIo;
  }
}

}  // namespace

void CountStorageError(metrics::Metrics& metrics, journal::Operation operation,
                       const absl::Status& why) {
  // The two enumerations name the same operations in the same order.
  static_assert(journal::kOperationCount == metrics::kStoreOperationCount);
  metrics.CountStoreError(static_cast<metrics::StoreOperation>(operation), KindOf(why));
}

}  // namespace carillon::server
