#pragma once

#include <cstdint>
#include <random>
#include <span>

namespace carillon::base {

/// A source of chance. Everything that decides is given one, so that a seed replays a run.
/// Used on one thread.
class Random {
 public:
  virtual ~Random() = default;
  /// 64 uniform bits.
  virtual uint64_t Next() = 0;
  /// Uniform in [0, 1).
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }
};

/// Repeatable from its seed. Not for secrets.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(uint64_t seed) : engine_(seed) {}
  uint64_t Next() override { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

/// Seeds a SeededRandom from the system, for running for real.
uint64_t RandomSeed();

/// Fills `out` with bytes fit for secrets (the system's random source). Ends the process when the
/// system has none. Thread-safe.
void FillRandom(std::span<uint8_t> out);

}  // namespace carillon::base
