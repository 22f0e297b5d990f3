#include "carillon/base/container.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace carillon::base {
namespace {

namespace fs = std::filesystem;

/// A root of its own, with the files that the kernel would show.
class ContainerTest : public testing::Test {
 protected:
  ContainerTest() {
    std::string pattern = (fs::temp_directory_path() / "carillon-container-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
  }
  ~ContainerTest() override { fs::remove_all(root_); }

  void Write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ + path).substr(0, (root_ + path).rfind('/')));
    std::ofstream(root_ + path) << text;
  }
  ContainerLimits Read() const { return ReadContainerLimits(root_); }

  std::string root_;
};

TEST_F(ContainerTest, NothingThereIsNoLimit) {
  EXPECT_EQ(Read(), ContainerLimits{});
  Write("/proc/self/cgroup", "rubbish\n:\n::\n0::/\n");
  EXPECT_EQ(Read(), ContainerLimits{});
}

TEST_F(ContainerTest, Version2InItsOwnNamespace) {
  Write("/proc/self/cgroup", "0::/\n");
  Write("/sys/fs/cgroup/memory.max", "536870912\n");
  Write("/sys/fs/cgroup/cpu.max", "150000 100000\n");
  EXPECT_EQ(Read().memory_bytes, 512u << 20);
  EXPECT_EQ(Read().cores, 1.5);
}

TEST_F(ContainerTest, Version2WithoutLimits) {
  Write("/proc/self/cgroup", "0::/\n");
  Write("/sys/fs/cgroup/memory.max", "max\n");
  Write("/sys/fs/cgroup/cpu.max", "max 100000\n");
  EXPECT_EQ(Read(), ContainerLimits{});
}

TEST_F(ContainerTest, TheLowestOfTheGroupsAboveCounts) {
  Write("/proc/self/cgroup", "0::/kubepods/pod1/main\n");
  Write("/sys/fs/cgroup/kubepods/memory.max", "1000000000\n");
  Write("/sys/fs/cgroup/kubepods/pod1/memory.max", "300000000\n");
  Write("/sys/fs/cgroup/kubepods/pod1/main/memory.max", "max\n");
  Write("/sys/fs/cgroup/kubepods/cpu.max", "400000 100000\n");
  Write("/sys/fs/cgroup/kubepods/pod1/main/cpu.max", "50000 100000\n");
  EXPECT_EQ(Read().memory_bytes, 300'000'000u);
  EXPECT_EQ(Read().cores, 0.5);
}

TEST_F(ContainerTest, Version1) {
  Write("/proc/self/cgroup", "4:memory:/docker/abc\n2:cpu,cpuacct:/docker/abc\n0::/\n");
  Write("/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "268435456\n");
  Write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  Write("/sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us", "200000\n");
  Write("/sys/fs/cgroup/cpu/docker/abc/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(Read().memory_bytes, 256u << 20);
  EXPECT_EQ(Read().cores, 2.0);
}

TEST_F(ContainerTest, CoresAreTheQuotaOfAnyPeriod) {
  Write("/proc/self/cgroup", "0::/\n");
  Write("/sys/fs/cgroup/cpu.max", "50000 20000\n");
  EXPECT_EQ(Read().cores, 2.5);
  Write("/proc/self/cgroup", "2:cpu:/\n");
  Write("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "30000\n");
  Write("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "20000\n");
  EXPECT_EQ(Read().cores, 1.5);
}

TEST_F(ContainerTest, ALimitOfNothingIsNone) {
  Write("/proc/self/cgroup", "0::/\n");
  Write("/sys/fs/cgroup/memory.max", "0\n");
  Write("/sys/fs/cgroup/cpu.max", "0 100000\n");
  EXPECT_EQ(Read(), ContainerLimits{});
  Write("/sys/fs/cgroup/cpu.max", "100000 0\n");
  EXPECT_EQ(Read(), ContainerLimits{});
}

TEST_F(ContainerTest, BothVersionsAtOnceHaveVersion2BesideTheOthers) {
  Write("/proc/self/cgroup", "4:memory:/\n0::/pod\n");
  Write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "268435456\n");
  Write("/sys/fs/cgroup/unified/pod/memory.max", "134217728\n");
  Write("/sys/fs/cgroup/unified/pod/cpu.max", "75000 100000\n");
  EXPECT_EQ(Read().memory_bytes, 128u << 20);
  EXPECT_EQ(Read().cores, 0.75);
}

TEST_F(ContainerTest, AControllerIsKnownByItsWholeName) {
  Write("/proc/self/cgroup", "5:cpuset:/other\n4:cpuacct:/other\n3:name=memory:/other\n");
  Write("/sys/fs/cgroup/cpu/other/cpu.cfs_quota_us", "50000\n");
  Write("/sys/fs/cgroup/cpu/other/cpu.cfs_period_us", "100000\n");
  Write("/sys/fs/cgroup/memory/other/memory.limit_in_bytes", "1048576\n");
  EXPECT_EQ(Read(), ContainerLimits{});
}

TEST_F(ContainerTest, Version1WithoutLimits) {
  Write("/proc/self/cgroup", "4:memory:/\n2:cpu:/\n");
  Write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  Write("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  Write("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(Read(), ContainerLimits{});
}

TEST_F(ContainerTest, APathOfTheHostLeadsToWhatIsMountedHere) {
  Write("/proc/self/cgroup", "4:memory:/docker/abc\n");
  Write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "268435456\n");
  EXPECT_EQ(Read().memory_bytes, 256u << 20);
  Write("/proc/self/cgroup", "0::/../../elsewhere\n");
  Write("/sys/fs/cgroup/memory.max", "134217728\n");
  EXPECT_EQ(Read().memory_bytes, 128u << 20);
}

TEST_F(ContainerTest, WhatIsNotMountedAmongTheGroupsIsNotRead) {
  Write("/proc/self/cgroup", "0::/../../elsewhere\n");
  Write("/sys/fs/cgroup/memory.max", "134217728\n");
  for (const char* outside : {"/sys/elsewhere", "/sys", "/sys/fs"}) {
    Write(std::string(outside) + "/memory.max", "1048576\n");
  }
  EXPECT_EQ(Read().memory_bytes, 128u << 20);
}

TEST_F(ContainerTest, ThisMachinesAreRead) {
  const ContainerLimits limits = ReadContainerLimits();
  EXPECT_GT(limits.memory_bytes.value_or(1), 0u);
  EXPECT_GT(limits.cores.value_or(1), 0.0);
}

}  // namespace
}  // namespace carillon::base
