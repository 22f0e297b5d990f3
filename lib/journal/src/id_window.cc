#include "id_window.h"

#include <algorithm>
#include <chrono>

namespace carillon::journal {
namespace {

constexpr size_t kFirstSlots = 1024;
constexpr uint64_t kMostIds = 1u << 30;  // so that 31 bits name a position in the window
constexpr std::chrono::seconds kAgeStep{1};

}  // namespace

IdWindow::IdWindow(uint64_t max_ids, std::chrono::nanoseconds max_age)
    : max_ids_(std::min(max_ids, kMostIds)), max_age_(max_age), slots_(kFirstSlots) {}

std::optional<uint64_t> IdWindow::Find(const IdHash& hash) const {
  if (hash == IdHash{}) return std::nullopt;
  const size_t mask = slots_.size() - 1;
  const uint32_t tag = Tag(hash);
  for (size_t i = tag & mask; slots_[i].position != 0; i = (i + 1) & mask) {
    if (slots_[i].tag != tag) continue;
    const uint64_t offset = (slots_[i].position - 1 - front_) & 0x7FFFFFFF;
    if (offset < hashes_.size() && hashes_[offset] == hash) return front_ + offset;
  }
  return std::nullopt;
}

void IdWindow::Add(const IdHash& hash, uint64_t position, base::WallTime accepted_at) {
  if (position != front_ + hashes_.size()) {
    Clear();
    front_ = position;
  }
  hashes_.push_back(hash);
  if (ages_.empty() || accepted_at - ages_.back().started >= kAgeStep ||
      accepted_at < ages_.back().started) {
    ages_.push_back({position + 1, accepted_at, accepted_at});
  } else {
    ages_.back().end_position = position + 1;
    ages_.back().accepted_at = std::max(ages_.back().accepted_at, accepted_at);
  }
  if (hash == IdHash{}) return;
  if ((indexed_ + 1) * 4 > slots_.size() * 3) Grow();
  Index(Tag(hash), Stored(position));
  ++indexed_;
}

void IdWindow::RemoveFrom(uint64_t position) {
  while (!hashes_.empty() && front_ + hashes_.size() > position) {
    const uint64_t last = front_ + hashes_.size() - 1;
    Unindex(hashes_.back(), last);
    hashes_.pop_back();
    ages_.back().end_position = last;
    const uint64_t age_begin = ages_.size() > 1 ? ages_[ages_.size() - 2].end_position : front_;
    if (last <= age_begin) ages_.pop_back();
  }
}

void IdWindow::Trim(base::WallTime now, size_t limit) {
  for (; !ages_.empty() && limit > 0; --limit) {
    const bool old = now - ages_.front().accepted_at > max_age_;
    if (!old && hashes_.size() <= max_ids_) return;
    Unindex(hashes_.front(), front_);
    hashes_.pop_front();
    ++front_;
    if (front_ >= ages_.front().end_position) ages_.pop_front();
  }
}

void IdWindow::Index(uint32_t tag, uint32_t stored) {
  const size_t mask = slots_.size() - 1;
  size_t i = tag & mask;
  while (slots_[i].position != 0) i = (i + 1) & mask;
  slots_[i] = {tag, stored};
}

void IdWindow::Unindex(const IdHash& hash, uint64_t position) {
  if (hash == IdHash{}) return;
  const size_t mask = slots_.size() - 1;
  size_t hole = Tag(hash) & mask;
  while (slots_[hole].position != Stored(position)) hole = (hole + 1) & mask;
  // What was pushed on by the one that leaves moves back, so that no search ends too early.
  for (size_t i = (hole + 1) & mask; slots_[i].position != 0; i = (i + 1) & mask) {
    const size_t home = slots_[i].tag & mask;
    if (((i - home) & mask) < ((i - hole) & mask)) continue;
    slots_[hole] = slots_[i];
    hole = i;
  }
  slots_[hole] = {};
  --indexed_;
}

void IdWindow::Grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.position != 0) Index(slot.tag, slot.position);
  }
}

void IdWindow::Clear() {
  hashes_.clear();
  ages_.clear();
  std::fill(slots_.begin(), slots_.end(), Slot{});
  indexed_ = 0;
}

}  // namespace carillon::journal
