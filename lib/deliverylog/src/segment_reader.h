#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/deliverylog/query.h"
#include "carillon/deliverylog/record.h"
#include "carillon/sqlite/database.h"
#include "codec.h"
#include "segment_catalog.h"
#include "segment_format.h"

namespace carillon::deliverylog {

/// Reads one segment, sealed or not. One thread. DATA_LOSS: it is damaged.
class SegmentReader {
 public:
  /// `sealed`: nothing is written to it any more.
  static absl::StatusOr<std::shared_ptr<SegmentReader>> Open(const std::string& path, bool sealed);

  bool sealed() const { return sealed_; }

  /// What the query names, in the numbers of this segment; a name that it does not have: `nothing`.
  struct Wanted {
    bool nothing = false;
    std::optional<uint32_t> tenant, destination, event_type, id_hash;
  };
  absl::StatusOr<Wanted> Resolve(const Query& query);
  /// Rows of a sealed one that may fulfill the query, ascending; nullopt: all of them may.
  absl::StatusOr<std::optional<std::vector<uint32_t>>> Candidates(const Wanted& wanted,
                                                                  const Query& query);
  /// The row, but for its sequence.
  absl::StatusOr<Record> Load(uint32_t row);
  absl::Status LoadDetail(uint32_t row, Record& record);
  /// Rows of deliveries of the event, ascending.
  absl::StatusOr<std::vector<uint32_t>> AtPosition(const SegmentEntry& segment, uint64_t position);

 private:
  SegmentReader(sqlite::Database database, bool sealed)
      : database_(std::move(database)), sealed_(sealed) {}
  absl::Status Prepare();
  absl::StatusOr<std::optional<uint32_t>> NumberOf(NameKind kind, std::string_view text);
  absl::StatusOr<std::string> NameOf(NameKind kind, uint32_t number);
  absl::StatusOr<std::vector<uint32_t>> ListOf(ListKind kind, uint32_t value);
  absl::StatusOr<std::vector<uint32_t>> WithHash(HashKind kind, uint32_t hash);

  sqlite::Database database_;
  const bool sealed_;
  sqlite::Statement name_, number_, block_, detail_, list_, hash_;
  absl::flat_hash_map<uint64_t, std::string> names_;  // by kind and number
  std::string block_bytes_;
  std::optional<BlockView> view_;  // of them
  uint32_t block_row_ = 0;
};

}  // namespace carillon::deliverylog
