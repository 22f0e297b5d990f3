#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace carillon::bench {

/// Latencies in microseconds, kept one by one (at most `kMost`), so that quantiles are exact.
/// One thread.
class Latencies {
 public:
  static constexpr size_t kMost = 8'000'000;

  void Add(int64_t us) {
    if (values_.size() < kMost) values_.push_back(static_cast<uint32_t>(std::max<int64_t>(us, 0)));
  }
  void Merge(const Latencies& other) {
    for (const uint32_t us : other.values_) Add(us);
  }
  void Clear() { values_.clear(); }

  /// `"count":N,"p50_us":N,"p99_us":N,"max_us":N`; the quantiles are 0 when nothing was added.
  std::string JsonMembers() {
    std::sort(values_.begin(), values_.end());
    return "\"count\":" + std::to_string(values_.size()) + ",\"p50_us\":" + Quantile(0.50) +
           ",\"p99_us\":" + Quantile(0.99) + ",\"max_us\":" + Quantile(1.0);
  }

 private:
  std::string Quantile(double q) const {
    if (values_.empty()) return "0";
    const double rank = q * static_cast<double>(values_.size() - 1);
    return std::to_string(values_[static_cast<size_t>(rank)]);
  }

  std::vector<uint32_t> values_;
};

}  // namespace carillon::bench
