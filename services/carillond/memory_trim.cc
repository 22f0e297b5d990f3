#include "memory_trim.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace carillon::server {
namespace {

constexpr size_t kWellAbove = 16u << 20;
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

void MemoryTrim::Look() {
  if (wait_ > 0) --wait_;
  const size_t now = Resident();
  if (resident_ == 0 || now < resident_) resident_ = now;
  if (wait_ > 0 || now < resident_ + kWellAbove) return;
  ::malloc_trim(0);
  const size_t after = Resident();
  const bool worthwhile = after + kWellAbove / 2 < now;
  pause_ = worthwhile ? kLeastPause : std::min(2 * pause_, kMostPause);
  wait_ = pause_;
  if (!worthwhile) resident_ = after;  // that much is in use
}

}  // namespace carillon::server
