#pragma once

#include <chrono>

namespace carillon::journal {

/// An expensive scan is not done again before twenty times its own duration has gone by.
class ScanPace {
 public:
  bool Due() const { return std::chrono::steady_clock::now() >= next_; }
  void Took(std::chrono::steady_clock::time_point start) {
    const auto now = std::chrono::steady_clock::now();
    next_ = now + 20 * (now - start);
  }

 private:
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace carillon::journal
