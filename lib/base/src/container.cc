#include "carillon/base/container.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon::base {
namespace {

/// Version 1 writes "no limit" as the largest number of whole pages.
constexpr uint64_t kNoMemoryLimit = uint64_t{1} << 60;
constexpr size_t kMostGroups = 64;

/// A line of /proc/self/cgroup.
struct Membership {
  std::string controllers;  ///< comma-separated; empty in version 2
  std::string path;
};

std::vector<Membership> ReadMemberships(const std::string& root) {
  std::vector<Membership> found;
  std::ifstream file(root + "/proc/self/cgroup");
  std::string line;
  while (found.size() < kMostGroups && std::getline(file, line)) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first == line.npos ? first : first + 1);
    if (second == line.npos) continue;
    found.push_back({line.substr(first + 1, second - first - 1), line.substr(second + 1)});
  }
  return found;
}

bool Has(const std::string& controllers, const std::string& one) {
  return ("," + controllers + ",").find("," + one + ",") != std::string::npos;
}

/// Calls `look` with the group's folder and those above it, up to where groups are mounted. In a
/// container without a namespace of groups the path is the host's and only the mount is there.
void ForEachGroup(const std::string& mount, std::string path,
                  const std::function<void(const std::string& folder)>& look) {
  if (path.find("..") != path.npos) path.clear();  // outside of what is mounted here
  while (true) {
    while (!path.empty() && path.back() == '/') path.pop_back();
    look(mount + path);
    if (path.empty()) return;
    path.resize(std::min(path.rfind('/'), path.size()));
    if (path.find('/') == path.npos) path.clear();
  }
}

template <typename T>
void Lower(std::optional<T>& to, T limit) {
  to = to ? std::min(*to, limit) : limit;
}

void LowerMemory(const std::string& file, ContainerLimits& limits) {
  std::ifstream in(file);
  uint64_t bytes = 0;  // "max" is no number
  if (in >> bytes && bytes > 0 && bytes < kNoMemoryLimit) Lower(limits.memory_bytes, bytes);
}

void LowerCores(double quota, double period, ContainerLimits& limits) {
  if (quota > 0 && period > 0) Lower(limits.cores, quota / period);
}

void LookAtUnified(const std::string& folder, ContainerLimits& limits) {
  LowerMemory(folder + "/memory.max", limits);
  std::ifstream in(folder + "/cpu.max");
  double quota = 0;
  double period = 0;
  if (in >> quota >> period) LowerCores(quota, period, limits);
}

void LookAtCpu(const std::string& folder, ContainerLimits& limits) {
  std::ifstream quota_file(folder + "/cpu.cfs_quota_us");
  std::ifstream period_file(folder + "/cpu.cfs_period_us");
  double quota = 0;
  double period = 0;
  if (quota_file >> quota && period_file >> period) LowerCores(quota, period, limits);
}

}  // namespace

ContainerLimits ReadContainerLimits(const std::string& root) {
  const std::string groups = root + "/sys/fs/cgroup";
  ContainerLimits limits;
  for (const Membership& membership : ReadMemberships(root)) {
    if (membership.controllers.empty()) {
      const auto look = [&](const std::string& folder) { LookAtUnified(folder, limits); };
      ForEachGroup(groups, membership.path, look);
      ForEachGroup(groups + "/unified", membership.path, look);
    }
    if (Has(membership.controllers, "memory")) {
      ForEachGroup(groups + "/memory", membership.path, [&](const std::string& folder) {
        LowerMemory(folder + "/memory.limit_in_bytes", limits);
      });
    }
    if (Has(membership.controllers, "cpu")) {
      ForEachGroup(groups + "/cpu", membership.path,
                   [&](const std::string& folder) { LookAtCpu(folder, limits); });
    }
  }
  return limits;
}

}  // namespace carillon::base
