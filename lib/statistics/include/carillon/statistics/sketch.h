#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::statistics {

/// A distribution of durations from which quantiles are read with a relative error of kError: a
/// DDSketch (Masson, Rim, Lee: "DDSketch: A Fast and Fully-Mergeable Quantile Sketch with
/// Relative-Error Guarantees", VLDB 2019) with the logarithmic mapping. Bin i counts durations in
/// (gamma^(i-1), gamma^i] microseconds, those of 0 are counted apart. Merging adds counts, so the
/// order does not matter and nothing is lost by it. A value; at most kMaxBins bins.
class Sketch {
 public:
  static constexpr double kError = 0.02;
  static constexpr double kGamma = (1 + kError) / (1 - kError);
  /// Durations have 32 bits: the last bin ends above 2^32 us, 71 minutes.
  static constexpr size_t kMaxBins = 556;

  /// The bin of a duration above 0.
  static size_t BinOf(uint32_t us);

  void Add(uint32_t us, uint64_t count = 1);
  void Merge(const Sketch& other);

  /// The duration in microseconds that a share `q` (0 to 1) of all is not above; 0 if there is
  /// none. Its error is at most kError of itself.
  double Quantile(double q) const;

  uint64_t count() const;
  uint64_t zeros() const { return zeros_; }
  /// The bin of the first of `counts`.
  size_t offset() const { return offset_; }
  const std::vector<uint64_t>& counts() const { return counts_; }

  /// Appends it, in 2 to 5 bytes a bin that is in use.
  void AppendTo(std::string& bytes) const;
  /// Takes one from the front of `bytes`, and adds it to this one. False: it is none; what it is
  /// then is not said.
  bool MergeFrom(std::string_view& bytes);

  friend bool operator==(const Sketch&, const Sketch&) = default;

 private:
  uint64_t& At(size_t bin);

  uint64_t zeros_ = 0;
  size_t offset_ = 0;
  std::vector<uint64_t> counts_;  // from offset_ on; the first and the last are above 0
};

}  // namespace carillon::statistics
