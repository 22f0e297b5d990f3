#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "carillon/deliverylog/record.h"

// The bytes of the delivery log: numbers are little-endian, texts have their length before them.
// What is stored has a CRC-32 before it; what does not fit to its sum, or to itself, is no value.
// All functions are pure.
namespace carillon::deliverylog {

/// An entry in the queue; views into its bytes.
struct RawEntry {
  Figures figures;
  std::string_view tenant;
  std::string_view destination;
  std::string_view event_type;
  std::string_view event_id;
  std::string_view detail;  ///< encoded; empty: there is none
};
/// Bytes that it takes at most in the queue.
size_t EntryBytes(const Entry& entry);
void PutEntry(std::string& out, const Entry& entry);
/// Takes the next from the front; false: there is none.
bool TakeEntry(std::string_view& bytes, RawEntry& entry);

void PutDetail(std::string& out, const Detail& detail);
std::optional<Detail> ReadDetail(std::string_view bytes);

/// A row of a block: names are numbers of its segment.
struct Row {
  Figures figures;
  uint32_t destination = 0;
  uint32_t event_type = 0;
  bool has_detail = false;
  std::string_view event_id;
};
inline constexpr size_t kBlockRows = 128;

/// Writes a block, row by row.
class BlockWriter {
 public:
  void Add(const Row& row);
  size_t rows() const { return offsets_.size(); }
  std::string Finish();

 private:
  std::string rows_;
  std::vector<uint32_t> offsets_;
};

/// A block whose sum was checked; views the bytes it was opened on.
class BlockView {
 public:
  static std::optional<BlockView> Open(std::string_view bytes);
  size_t rows() const { return count_; }
  std::optional<Row> At(size_t index) const;

 private:
  size_t count_ = 0;
  std::string_view offsets_;
  std::string_view rows_;
};

/// Row numbers, ascending.
std::string EncodeRows(std::span<const uint32_t> rows);
std::optional<std::vector<uint32_t>> DecodeRows(std::string_view bytes);

/// A key's hash and a row that has it; ascending by both.
using HashedRow = std::pair<uint32_t, uint32_t>;
/// Sorts by both.
void SortByHash(std::vector<HashedRow>& hashes);
std::string EncodeHashes(std::span<const HashedRow> hashes);
std::optional<std::vector<HashedRow>> DecodeHashes(std::string_view bytes);

/// Stored: it never changes.
uint32_t HashOf(std::string_view text);
uint32_t HashOf(uint64_t position);

}  // namespace carillon::deliverylog
