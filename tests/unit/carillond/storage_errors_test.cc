// Under which kind what goes wrong with the store is counted.

#include "storage_errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carillon::server {
namespace {

using absl::StatusCode;
using journal::Operation;
using testing::HasSubstr;

TEST(StorageErrors, EachStatusHasItsKindAndEachOperationItsName) {
  const std::pair<StatusCode, const char*> kinds[] = {
      {StatusCode::kResourceExhausted, "full"}, {StatusCode::kAborted, "busy"},
      {StatusCode::kDataLoss, "damaged"},       {StatusCode::kPermissionDenied, "denied"},
      {StatusCode::kUnavailable, "io"},         {StatusCode::kUnknown, "io"}};
  const std::pair<Operation, const char*> operations[] = {{Operation::kWrite, "write"},
                                                          {Operation::kRead, "read"},
                                                          {Operation::kCheckpoint, "checkpoint"},
                                                          {Operation::kRetention, "retention"},
                                                          {Operation::kFiles, "files"}};
  ASSERT_EQ(std::size(operations), size_t{journal::kOperationCount});
  for (const auto& [code, kind] : kinds) {
    for (const auto& [operation, name] : operations) {
      const auto metrics = metrics::Metrics::Create("test");
      CountStorageError(*metrics, operation, absl::Status(code, "why"));
      EXPECT_THAT(metrics->Render(),
                  HasSubstr("carillon_storage_errors_total{kind=\"" + std::string(kind) +
                            "\",operation=\"" + name + "\"} 1\n"));
    }
  }
}

}  // namespace
}  // namespace carillon::server
