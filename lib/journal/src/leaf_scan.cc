// The format: https://www.sqlite.org/fileformat2.html, 1.6 "B-tree Pages" and 2.1 "Record Format".

#include "leaf_scan.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

namespace carillon::journal {
namespace {

constexpr char kTableLeaf = 0x0d;
constexpr uint64_t kMaxPayload = 64 << 20;
constexpr size_t kMaxColumns = 64;

/// Big-endian, seven bits a byte, the ninth whole.
bool TakeSqliteVarint(std::string_view& bytes, uint64_t& value) {
  value = 0;
  for (int i = 0; i < 9 && !bytes.empty(); ++i) {
    const auto byte = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    if (i == 8) {
      value = (value << 8) | byte;
      return true;
    }
    value = (value << 7) | (byte & 0x7F);
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

size_t ContentSize(uint64_t serial) {
  constexpr size_t kSizes[] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0};
  return serial < 12 ? kSizes[serial] : (serial - 12) / 2;
}

LeafValue ValueOf(uint64_t serial, std::string_view bytes) {
  LeafValue value;
  if (serial == 0) return value;
  if (serial >= 12) {
    value.kind = serial % 2 == 0 ? LeafValue::Kind::kBlob : LeafValue::Kind::kText;
    value.bytes = std::string(bytes);
    return value;
  }
  value.kind = serial == 7 ? LeafValue::Kind::kReal : LeafValue::Kind::kInteger;
  if (serial == 9) value.integer = 1;
  if (serial >= 7) return value;
  auto number = static_cast<uint64_t>((bytes.front() & 0x80) != 0 ? -1 : 0);
  for (const char byte : bytes) number = (number << 8) | static_cast<uint8_t>(byte);
  value.integer = static_cast<int64_t>(number);
  return value;
}

bool Decode(std::string_view record, std::vector<LeafValue>& values) {
  values.clear();
  std::string_view rest = record;
  uint64_t head = 0;
  if (!TakeSqliteVarint(rest, head) || head > record.size() || head < record.size() - rest.size()) {
    return false;
  }
  std::string_view serials = rest.substr(0, head - (record.size() - rest.size()));
  std::string_view body = record.substr(head);
  while (!serials.empty()) {
    uint64_t serial = 0;
    if (!TakeSqliteVarint(serials, serial) || values.size() >= kMaxColumns) return false;
    const size_t size = ContentSize(serial);
    if (serial == 10 || serial == 11 || size > body.size()) return false;
    values.push_back(ValueOf(serial, body.substr(0, size)));
    body.remove_prefix(size);
  }
  return !values.empty();
}

/// Reads the cells of one page after another.
class Leaves {
 public:
  explicit Leaves(const StoreImage& image)
      : image_(image), page_(image.page_bytes(), '\0'), overflow_(image.page_bytes(), '\0') {}

  absl::Status Load(uint32_t number) {
    begin_ = number == 1 ? 100 : 0;
    return image_.ReadPage(number, page_.data());
  }
  bool is_leaf() const { return page_[begin_] == kTableLeaf; }
  size_t cells() const {
    return std::min<size_t>(Big16(page_.data() + begin_ + 3), (page_.size() - begin_ - 8) / 2);
  }

  /// The record of a cell, with what of it lies on other pages; false: it is none.
  bool Cell(size_t index, int64_t& rowid, std::string& record) {
    const size_t at = Big16(page_.data() + begin_ + 8 + 2 * index);
    if (at >= page_.size()) return false;
    std::string_view bytes = std::string_view(page_).substr(at);
    uint64_t payload = 0;
    uint64_t key = 0;
    if (!TakeSqliteVarint(bytes, payload) || !TakeSqliteVarint(bytes, key)) return false;
    if (payload == 0 || payload > kMaxPayload) return false;
    rowid = static_cast<int64_t>(key);
    const size_t local = LocalBytes(payload);
    if (bytes.size() < local) return false;
    record.assign(bytes.substr(0, local));
    if (local == payload) return true;
    if (bytes.size() < local + 4) return false;
    return Follow(Big32(bytes.data() + local), payload, record);
  }

 private:
  size_t LocalBytes(uint64_t payload) const {
    const size_t usable = page_.size();
    if (payload <= usable - 35) return payload;
    const size_t least = (usable - 12) * 32 / 255 - 23;
    const size_t most = least + (payload - least) % (usable - 4);
    return most <= usable - 35 ? most : least;
  }

  bool Follow(uint32_t page, uint64_t payload, std::string& record) {
    while (record.size() < payload) {
      if (page == 0 || page > image_.pages()) return false;
      if (!image_.ReadPage(page, overflow_.data()).ok()) return false;
      const size_t part = std::min<uint64_t>(payload - record.size(), overflow_.size() - 4);
      record.append(overflow_, 4, part);
      page = Big32(overflow_.data());
    }
    return true;
  }

  const StoreImage& image_;
  std::string page_;
  std::string overflow_;
  size_t begin_ = 0;
};

}  // namespace

absl::Status ForEachLeafRow(
    const StoreImage& image,
    absl::FunctionRef<void(int64_t rowid, const std::vector<LeafValue>& values)> row) {
  Leaves leaves(image);
  std::string record;
  std::vector<LeafValue> values;
  for (uint32_t page = 1; page <= image.pages(); ++page) {
    if (absl::Status status = leaves.Load(page); !status.ok()) return status;
    if (!leaves.is_leaf()) continue;
    for (size_t i = 0; i < leaves.cells(); ++i) {
      int64_t rowid = 0;
      if (leaves.Cell(i, rowid, record) && Decode(record, values)) row(rowid, values);
    }
  }
  return absl::OkStatus();
}

}  // namespace carillon::journal
