// Quantiles within the error that the sketch promises, merged in any order, written and read.
#include "carillon/statistics/sketch.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace carillon::statistics {
namespace {

std::string Bytes(const Sketch& sketch) {
  std::string bytes;
  sketch.AppendTo(bytes);
  return bytes;
}

double Exact(std::vector<uint32_t> sorted, double q) {
  std::ranges::sort(sorted);
  return sorted[static_cast<size_t>(q * static_cast<double>(sorted.size() - 1))];
}

/// Latencies as receivers have them: most are short, some are very long.
std::vector<uint32_t> Latencies(uint64_t seed, size_t count) {
  std::mt19937_64 random(seed);
  std::lognormal_distribution<double> shape(10, 1.5);
  std::vector<uint32_t> all;
  for (size_t i = 0; i < count; ++i) {
    all.push_back(static_cast<uint32_t>(std::min(shape(random), 4e9)));
  }
  return all;
}

TEST(Sketch, QuantilesAreWithinTheError) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    Sketch sketch;
    const std::vector<uint32_t> all = Latencies(seed, 20'000);
    for (const uint32_t us : all) sketch.Add(us);
    EXPECT_EQ(sketch.count(), all.size());
    for (const double q : {0.0, 0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
      const double exact = Exact(all, q);
      EXPECT_NEAR(sketch.Quantile(q), exact, exact * (Sketch::kError + 1e-9)) << seed << " " << q;
    }
  }
}

TEST(Sketch, EveryDurationIsWithinTheErrorOfItsBin) {
  std::mt19937_64 random(7);
  std::vector<uint32_t> durations{1, 2, 3, 999, 1000, UINT32_MAX - 1, UINT32_MAX};
  for (int bits = 1; bits <= 32; ++bits) {
    for (int i = 0; i < 500; ++i) {
      durations.push_back(std::max<uint32_t>(1, static_cast<uint32_t>(random() >> (64 - bits))));
    }
  }
  for (const uint32_t us : durations) {
    Sketch sketch;
    sketch.Add(us);
    ASSERT_LT(Sketch::BinOf(us), Sketch::kMaxBins);
    ASSERT_NEAR(sketch.Quantile(0.5), us, us * (Sketch::kError + 1e-9));
    // As the contract describes bins.
    const auto bin = static_cast<double>(Sketch::BinOf(us));
    ASSERT_LE(us, std::pow(Sketch::kGamma, bin) * (1 + 1e-9));
    ASSERT_GT(us, std::pow(Sketch::kGamma, bin - 1) * (1 - 1e-9));
  }
}

TEST(Sketch, NothingAndZero) {
  Sketch sketch;
  EXPECT_EQ(sketch.Quantile(0.5), 0);
  sketch.Add(0);
  sketch.Add(0);
  sketch.Add(1000);
  EXPECT_EQ(sketch.zeros(), 2u);
  EXPECT_EQ(sketch.Quantile(0.5), 0);
  EXPECT_NEAR(sketch.Quantile(1), 1000, 20);
  EXPECT_EQ(sketch.count(), 3u);
}

TEST(Sketch, MergedInAnyOrderItIsTheSame) {
  const std::vector<uint32_t> all = Latencies(3, 5000);
  Sketch whole;
  std::vector<Sketch> parts(7);
  for (size_t i = 0; i < all.size(); ++i) {
    whole.Add(all[i]);
    parts[i * i % parts.size()].Add(all[i]);
  }
  Sketch forth, back;
  for (const Sketch& part : parts) forth.Merge(part);
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) back.Merge(*part);
  forth.Merge({});
  EXPECT_EQ(forth, whole);
  EXPECT_EQ(back, whole);
}

TEST(Sketch, WrittenAndReadItIsTheSame) {
  Sketch sketch;
  for (const uint32_t us : Latencies(4, 3000)) sketch.Add(us);
  sketch.Add(0, 17);
  sketch.Add(UINT32_MAX, uint64_t{1} << 40);
  const std::string bytes = Bytes(sketch) + "more";
  std::string_view rest = bytes;
  Sketch read;
  ASSERT_TRUE(read.MergeFrom(rest));
  EXPECT_EQ(rest, "more");
  EXPECT_EQ(read, sketch);
  rest = bytes;
  ASSERT_TRUE(read.MergeFrom(rest));
  sketch.Merge(sketch);
  EXPECT_EQ(read, sketch);
  EXPECT_LT(Bytes(sketch).size(), 5 * Sketch::kMaxBins);
}

TEST(Sketch, WhatIsNoneIsRefused) {
  Sketch sketch;
  for (const uint32_t us : {1u, 50u, 70'000u}) sketch.Add(us);
  const std::string bytes = Bytes(sketch);
  for (size_t size = 0; size < bytes.size(); ++size) {
    std::string_view cut = std::string_view(bytes).substr(0, size);
    Sketch read;
    EXPECT_FALSE(read.MergeFrom(cut)) << size;
  }
  // Too many bins; a bin that there is not; a count of nothing; a number without end.
  for (const std::string& bad : {std::string("\0\xff\x7f", 3), std::string("\0\1\xac\4\1", 5),
                                 std::string("\0\1\5\0", 4), std::string(11, '\xff')}) {
    std::string_view rest = bad;
    Sketch read;
    EXPECT_FALSE(read.MergeFrom(rest));
  }
  std::mt19937 random(9);
  for (int i = 0; i < 20'000; ++i) {
    std::string noise(random() % 40, '\0');
    for (char& c : noise) c = static_cast<char>(random());
    std::string_view rest = noise;
    Sketch read;
    (void)read.MergeFrom(rest);  // ends, and stays within its bounds
    ASSERT_LE(read.counts().size(), Sketch::kMaxBins);
  }
}

}  // namespace
}  // namespace carillon::statistics
