// The format: https://www.sqlite.org/fileformat2.html, 4.1 "WAL File Format" and 4.2 "Checksum
// Algorithm". Header, 32 bytes: magic, version, page size, sequence, two salts, two sums over the
// 24 bytes before. Frame: page number, pages of the database or 0, the salts, two sums; then the
// page. A frame's sums go on from those of the frame before it (of the header for the first), over
// the frame's first 8 bytes and its page.

#include "wal_scan.h"

#include <cstring>
#include <utility>

namespace carillon::journal {
namespace {

constexpr uint64_t kHeaderBytes = 32;
constexpr size_t kFrameHead = 24;
constexpr uint32_t kMagic = 0x377f0682;  // its last bit: the sums read big-endian words
constexpr uint32_t kVersion = 3'007'000;

struct Sum {
  uint32_t a = 0;
  uint32_t b = 0;
  friend bool operator==(const Sum&, const Sum&) = default;
};

uint32_t Little32(const char* at) { return __builtin_bswap32(Big32(at)); }

Sum Add(Sum sum, const char* bytes, size_t count, bool big) {
  for (size_t at = 0; at + 8 <= count; at += 8) {
    sum.a += (big ? Big32(bytes + at) : Little32(bytes + at)) + sum.b;
    sum.b += (big ? Big32(bytes + at + 4) : Little32(bytes + at + 4)) + sum.a;
  }
  return sum;
}

bool IsPageSize(uint32_t bytes) {
  return bytes >= 512 && bytes <= 65536 && (bytes & (bytes - 1)) == 0;
}

/// Follows the frames one after another.
class Scanner {
 public:
  /// `other_order`: the sums are of the other order of bytes than the header says.
  Scanner(const FileBytes& wal, uint32_t page_bytes, bool other_order)
      : wal_(wal), other_order_(other_order) {
    scan_.file_bytes = wal.size();
    scan_.page_bytes = page_bytes;
  }

  absl::StatusOr<WalScan> Run() {
    if (scan_.file_bytes < kHeaderBytes) return scan_;
    if (absl::Status status = ReadHeader(); !status.ok()) return status;
    if (!IsPageSize(scan_.page_bytes)) return scan_;
    frame_.resize(kFrameHead + scan_.page_bytes);
    scan_.frames = (scan_.file_bytes - kHeaderBytes) / frame_.size();
    for (uint64_t number = 1; number <= scan_.frames; ++number) {
      const absl::StatusOr<size_t> read =
          wal_.Read(kHeaderBytes + (number - 1) * frame_.size(), frame_.data(), frame_.size());
      if (!read.ok()) return read.status();
      Look(number);
    }
    return Finished();
  }

 private:
  absl::Status ReadHeader() {
    char header[kHeaderBytes];
    const absl::StatusOr<size_t> read = wal_.Read(0, header, sizeof(header));
    if (!read.ok()) return read.status();
    scan_.has_header = true;
    const uint32_t magic = Big32(header);
    big_ = (magic == (kMagic | 1)) != other_order_;
    stored_ = {Big32(header + 24), Big32(header + 28)};
    computed_ = Add({}, header, 24, big_);
    std::memcpy(salts_, header + 16, sizeof(salts_));
    const uint32_t page_bytes = Big32(header + 8);
    scan_.header_good = (magic & ~1u) == kMagic && Big32(header + 4) == kVersion &&
                        IsPageSize(page_bytes) && computed_ == stored_;
    if (scan_.header_good) {
      scan_.page_bytes = page_bytes;
    } else {
      bad_ = 0;
      boundary_ = true;  // the header is no part of a transaction
    }
    return absl::OkStatus();
  }

  void Look(uint64_t number) {
    const char* frame = frame_.data();
    // A damaged header does not tell the salts: those of the first frame are taken.
    if (!scan_.header_good && number == 1) std::memcpy(salts_, frame + 8, sizeof(salts_));
    const WalFrame seen{number, Big32(frame), Big32(frame + 4)};
    const Sum stored{Big32(frame + 16), Big32(frame + 20)};
    const bool current = std::memcmp(salts_, frame + 8, sizeof(salts_)) == 0;
    const Sum by_stored = Next(stored_);
    // The sums of the frame before may be what is damaged of it.
    const Sum by_computed = Next(computed_);
    const bool whole =
        current && seen.page != 0 && (by_stored == stored || (bad_ && by_computed == stored));
    if (!bad_ && !whole) bad_ = number;
    if (whole) Keep(seen);
    if (bad_ && whole && boundary_) scan_.damaged_frame = *bad_;
    if (bad_ && whole && seen.db_pages != 0) ++scan_.lost_commits;
    if (bad_) boundary_ = seen.db_pages != 0 && (whole || number == *bad_);
    computed_ = by_stored == stored ? stored : by_stored;
    stored_ = stored;
  }

  Sum Next(Sum before) const {
    return Add(Add(before, frame_.data(), 8, big_), frame_.data() + kFrameHead, scan_.page_bytes,
               big_);
  }

  void Keep(const WalFrame& seen) {
    scan_.frames_of_use.push_back(seen);
    if (seen.page == 1) NoteCounter(Big32(frame_.data() + kFrameHead + 24));
    if (seen.db_pages == 0) return;
    whole_transactions_ = scan_.frames_of_use.size();
    scan_.pages_of_use = seen.db_pages;
    if (bad_) return;
    scan_.taken = seen.number;
    scan_.taken_pages = seen.db_pages;
    if (!scan_.first_counter) scan_.first_counter = seen_first_;
    scan_.last_counter = seen_last_;
  }

  void NoteCounter(uint32_t counter) {
    if (!seen_first_) seen_first_ = counter;
    seen_last_ = counter;
  }

  WalScan Finished() {
    scan_.frames_of_use.resize(whole_transactions_);
    if (!scan_.damaged_frame) scan_.lost_commits = 0;
    return std::move(scan_);
  }

  const FileBytes& wal_;
  const bool other_order_;
  WalScan scan_;
  std::vector<char> frame_;
  bool big_ = false;
  char salts_[8] = {};
  Sum stored_, computed_;          ///< of the frame before
  std::optional<uint64_t> bad_;    ///< the first frame that is not whole
  bool boundary_ = false;          ///< the frame before, behind the bad one, ended a transaction
  size_t whole_transactions_ = 0;  ///< in `frames_of_use`
  std::optional<uint32_t> seen_first_, seen_last_;
};

}  // namespace

uint64_t WalPageOffset(uint64_t number, uint32_t page_bytes) {
  return kHeaderBytes + (number - 1) * (kFrameHead + page_bytes) + kFrameHead;
}

absl::StatusOr<WalScan> ScanWal(const FileBytes& wal, uint32_t page_bytes) {
  absl::StatusOr<WalScan> scan = Scanner(wal, page_bytes, false).Run();
  if (!scan.ok() || scan->header_good || !scan->frames_of_use.empty()) return scan;
  return Scanner(wal, page_bytes, true).Run();  // the header's magic may be what is damaged
}

}  // namespace carillon::journal
