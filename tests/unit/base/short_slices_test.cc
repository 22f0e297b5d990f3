#include "carillon/base/short_slices.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <thread>

namespace carillon::base {
namespace {

/// `sched_runtime` of the calling thread.
uint64_t Slice() {
  std::array<uint64_t, 6> attributes{};
  EXPECT_EQ(::syscall(SYS_sched_getattr, 0, attributes.data(), sizeof attributes, 0), 0);
  return attributes[3];
}

bool KernelKnowsSlices() {
  utsname name{};
  int major = 0;
  int minor = 0;
  if (::uname(&name) != 0 || std::sscanf(name.release, "%d.%d", &major, &minor) != 2) return false;
  return major > 6 || (major == 6 && minor >= 12);
}

TEST(ShortSlices, AreThoseOfTheThreadThatAsksAndItsNiceValueStays) {
  const uint64_t before = Slice();
  std::thread([&] {
    ASSERT_EQ(::setpriority(PRIO_PROCESS, 0, 15), 0);
    AskForShortSlices();
    if (KernelKnowsSlices()) EXPECT_EQ(Slice(), 100'000U);
    EXPECT_EQ(::getpriority(PRIO_PROCESS, 0), 15);
  }).join();
  EXPECT_EQ(Slice(), before);
}

}  // namespace
}  // namespace carillon::base
