#include "carillon/statistics/sketch.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "varint.h"

namespace carillon::statistics {

size_t Sketch::BinOf(uint32_t us) {
  static const double kPerLog = 1 / std::log(kGamma);
  const double bin = std::ceil(std::log(static_cast<double>(us)) * kPerLog);
  return std::min(static_cast<size_t>(std::max(bin, 0.0)), kMaxBins - 1);
}

uint64_t& Sketch::At(size_t bin) {
  if (counts_.empty()) {
    offset_ = bin;
    counts_.resize(1);
  } else if (bin < offset_) {
    counts_.insert(counts_.begin(), offset_ - bin, 0);
    offset_ = bin;
  } else if (bin >= offset_ + counts_.size()) {
    counts_.resize(bin - offset_ + 1);
  }
  return counts_[bin - offset_];
}

void Sketch::Add(uint32_t us, uint64_t count) {
  if (count == 0) return;
  (us == 0 ? zeros_ : At(BinOf(us))) += count;
}

void Sketch::Merge(const Sketch& other) {
  zeros_ += other.zeros_;
  if (other.counts_.empty()) return;
  At(other.offset_);
  At(other.offset_ + other.counts_.size() - 1);
  for (size_t i = 0; i < other.counts_.size(); ++i) {
    counts_[other.offset_ + i - offset_] += other.counts_[i];
  }
}

uint64_t Sketch::count() const { return std::accumulate(counts_.begin(), counts_.end(), zeros_); }

double Sketch::Quantile(double q) const {
  const uint64_t all = count();
  if (all == 0) return 0;
  const auto rank = static_cast<uint64_t>(std::clamp(q, 0.0, 1.0) * static_cast<double>(all - 1));
  uint64_t below = zeros_;
  if (rank < below) return 0;
  size_t bin = offset_;
  for (const uint64_t count : counts_) {
    below += count;
    if (rank < below) break;
    ++bin;
  }
  // Of all values of the bin this one has the least relative error.
  return 2 * std::pow(kGamma, static_cast<double>(bin)) / (kGamma + 1);
}

void Sketch::AppendTo(std::string& bytes) const {
  PutVarint(bytes, zeros_);
  PutVarint(bytes, static_cast<uint64_t>(
                       std::ranges::count_if(counts_, [](uint64_t count) { return count > 0; })));
  size_t next = 0;
  for (size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;
    PutVarint(bytes, offset_ + i - next);
    PutVarint(bytes, counts_[i]);
    next = offset_ + i + 1;
  }
}

bool Sketch::MergeFrom(std::string_view& bytes) {
  uint64_t zeros = 0;
  uint64_t bins = 0;
  if (!TakeVarint(bytes, zeros) || !TakeVarint(bytes, bins) || bins > kMaxBins) return false;
  zeros_ += zeros;
  size_t next = 0;
  for (uint64_t i = 0; i < bins; ++i) {
    uint64_t skipped = 0;
    uint64_t count = 0;
    if (!TakeVarint(bytes, skipped) || !TakeVarint(bytes, count)) return false;
    if (skipped >= kMaxBins - next || count == 0) return false;
    At(next + skipped) += count;
    next += skipped + 1;
    if (next == kMaxBins && i + 1 < bins) return false;
  }
  return true;
}

}  // namespace carillon::statistics
