#include "process.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "families.h"
#include "family.h"

namespace carillon::metrics {
namespace {

/// What Carillon shows of /proc/self/stat, see proc(5).
struct Stat {
  double cpu_ticks = 0;
  double threads = 0;
  double start_ticks = 0;
  double virtual_bytes = 0;
  double resident_pages = 0;
};

Stat ReadStat() {
  std::ifstream file("/proc/self/stat");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  const size_t name_end = text.rfind(')');  // the name of the program can hold anything
  if (name_end == std::string::npos) return {};
  std::istringstream rest(text.substr(name_end + 1));
  std::string state;
  rest >> state;  // field 3; numbers from here on
  constexpr int kFirst = 4;
  constexpr int kLast = 24;
  double field[kLast + 1] = {};
  for (int i = kFirst; i <= kLast; ++i) rest >> field[i];
  return {.cpu_ticks = field[14] + field[15],
          .threads = field[20],
          .start_ticks = field[22],
          .virtual_bytes = field[23],
          .resident_pages = field[24]};
}

double BootTimeSeconds() {
  std::ifstream file("/proc/stat");
  for (std::string word; file >> word;) {
    double seconds = 0;
    if (word == "btime" && file >> seconds) return seconds;
  }
  return 0;
}

double TicksPerSecond() { return static_cast<double>(::sysconf(_SC_CLK_TCK)); }

double OpenDescriptors() {
  DIR* dir = ::opendir("/proc/self/fd");
  if (dir == nullptr) return 0;
  int count = 0;
  while (const dirent* entry = ::readdir(dir)) {
    if (entry->d_name[0] != '.') ++count;
  }
  ::closedir(dir);
  return count - 1;  // without the one that reads the folder
}

double MaxDescriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  return static_cast<double>(limit.rlim_cur);
}

}  // namespace

ProcessCollector::ProcessCollector()
    : start_time_seconds_(BootTimeSeconds() + ReadStat().start_ticks / TicksPerSecond()) {}

std::vector<prometheus::MetricFamily> ProcessCollector::Collect() const {
  const Stat stat = ReadStat();
  const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
  return {
      Single(families::kProcessCpuSecondsTotal, stat.cpu_ticks / TicksPerSecond()),
      Single(families::kProcessResidentMemoryBytes, stat.resident_pages * page),
      Single(families::kProcessVirtualMemoryBytes, stat.virtual_bytes),
      Single(families::kProcessOpenFds, OpenDescriptors()),
      Single(families::kProcessMaxFds, MaxDescriptors()),
      Single(families::kProcessStartTimeSeconds, start_time_seconds_),
      Single(families::kProcessThreads, stat.threads),
  };
}

}  // namespace carillon::metrics
