#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "store_image.h"

namespace carillon::journal {

/// A value of a row; text and blobs alike are bytes.
struct LeafValue {
  enum class Kind { kNull, kInteger, kReal, kText, kBlob } kind = Kind::kNull;
  int64_t integer = 0;
  std::string bytes;
};

/// Calls `row` for each row that lies in a leaf of any table with a rowid, in the order of pages,
/// without the way down to it: also what no tree leads to any more. That can be a row that was
/// removed, if its page was not used again; the caller knows rows by their shape and their sums.
/// UNAVAILABLE: a page cannot be read.
absl::Status ForEachLeafRow(
    const StoreImage& image,
    absl::FunctionRef<void(int64_t rowid, const std::vector<LeafValue>& values)> row);

}  // namespace carillon::journal
