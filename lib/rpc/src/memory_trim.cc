#include "memory_trim.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace carillon::rpc {
namespace {

constexpr size_t kWellAbove = 16u << 20;
constexpr int kKeptAtEnds = 2 << 20;
constexpr int kOwnMapping = 4 << 20;
constexpr int kSoon = 2;
constexpr int kLeastPause = 10;
constexpr int kMostPause = 300;

size_t Resident() {
  std::FILE* const file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr) return 0;
  size_t all = 0;
  size_t resident = 0;
  const int found = std::fscanf(file, "%zu %zu", &all, &resident);
  std::fclose(file);
  return found == 2 ? resident * static_cast<size_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

}  // namespace

MemoryTrim::MemoryTrim() : resident_(Resident()) {
  ::mallopt(M_TRIM_THRESHOLD, kKeptAtEnds);
  ::mallopt(M_MMAP_THRESHOLD, kOwnMapping);
}

void MemoryTrim::Look(size_t in_use) {
  if (start_ > 0 && --start_ == 0) ::malloc_trim(0);
  if (wait_ > 0) --wait_;
  most_in_use_ = std::max(most_in_use_, in_use);
  if (most_in_use_ - in_use >= kWellAbove) {  // a burst has ended
    most_in_use_ = in_use;
    pause_ = kLeastPause;
    wait_ = kSoon;
    burst_ended_ = true;
  }
  const size_t now = Resident();
  if (now < resident_) resident_ = now;
  if (wait_ > 0 || (!burst_ended_ && now < resident_ + kWellAbove)) return;
  burst_ended_ = false;
  ::malloc_trim(0);
  const bool worthwhile = Resident() + kWellAbove / 2 < now;
  pause_ = worthwhile ? kLeastPause : std::min(2 * pause_, kMostPause);
  wait_ = pause_;
}

}  // namespace carillon::rpc
