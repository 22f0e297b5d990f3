#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/sqlite/database.h"
#include "codec.h"
#include "segment_catalog.h"
#include "segment_format.h"
#include "tail.h"

namespace carillon::deliverylog {

/// Writes one segment: appends rows, then seals it. One thread. An error leaves what was there
/// before the call; DATA_LOSS: the file is damaged.
class SegmentWriter {
 public:
  /// A new file; one that is there is replaced. `capacity`: rows.
  static absl::StatusOr<std::unique_ptr<SegmentWriter>> Create(std::string path, uint64_t first,
                                                               size_t capacity, base::WallTime now);
  /// One that was not sealed: its rows become the tail. FAILED_PRECONDITION: it is sealed.
  static absl::StatusOr<std::unique_ptr<SegmentWriter>> Reopen(std::string path, size_t capacity,
                                                               base::WallTime now);
  /// The head of a sealed one. FAILED_PRECONDITION: it is not.
  static absl::StatusOr<SegmentEntry> ReadHead(const std::string& path);

  /// Appends `entries` in one transaction; readers see them when it returns. At most `room`.
  absl::Status Append(std::span<const RawEntry> entries);
  /// Writes the lists of all rows: it gets no more, and needs no tail to be read.
  absl::Status Seal();

  size_t room() const { return tail_->capacity() - tail_->size(); }
  bool empty() const { return tail_->size() == 0; }
  uint64_t bytes() const { return bytes_; }  ///< written so far, roughly
  base::WallTime began() const { return began_; }
  SegmentEntry Entry() const;

 private:
  SegmentWriter(std::string path, sqlite::Database database, uint64_t first, size_t capacity,
                base::WallTime now);
  absl::Status Prepare();
  absl::Status Recover();
  absl::Status WriteRows(std::span<const RawEntry> entries, size_t from);
  absl::Status WriteBlock(size_t row, BlockWriter& block);
  absl::StatusOr<uint32_t> NumberOf(NameKind kind, std::string_view text);
  /// Whether there is a name of that number.
  bool Named(NameKind kind, uint32_t number) const {
    return number < names_[static_cast<size_t>(kind)].size();
  }
  void ForgetNewNames();
  absl::Status WriteLists();
  template <typename ValueOf>
  absl::Status WriteListsOf(ListKind kind, ValueOf value_of);
  absl::Status WriteHashes(HashKind kind);
  absl::Status SetHead(std::string_view key, int64_t value);

  const std::string path_;
  sqlite::Database database_;
  const uint64_t first_;
  const base::WallTime began_;
  std::shared_ptr<Tail> tail_;
  base::WallTime oldest_ = base::WallTime::max();
  base::WallTime newest_ = base::WallTime::min();
  uint64_t bytes_ = 0;

  using Names = absl::flat_hash_map<std::string, uint32_t>;
  std::array<Names, kNameKinds> names_;
  // Of each the one asked for last, in names_: what follows often has the same.
  std::array<Names::const_pointer, kNameKinds> last_{};
  std::vector<std::pair<NameKind, std::string>> new_names_;  // of the transaction under way
  std::string destination_;                                  // `tenant/name`, used again

  sqlite::Statement add_block_, add_detail_, add_name_, set_head_, add_list_, add_hash_;
};

}  // namespace carillon::deliverylog
