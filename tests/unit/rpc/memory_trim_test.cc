#include "memory_trim.h"

#include <gtest/gtest.h>
#include <malloc.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

namespace carillon::rpc {
namespace {

constexpr size_t kMiB = 1u << 20;
constexpr size_t kBurst = 64 * kMiB;
constexpr size_t kBlock = 64u << 10;  // of the heap, not a mapping of its own

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kOwnHeap = true;
#elif defined(__has_feature)
constexpr bool kOwnHeap = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool kOwnHeap = false;
#endif

size_t ResidentBytes() {
  std::FILE* const file = std::fopen("/proc/self/statm", "re");
  size_t all = 0;
  size_t resident = 0;
  EXPECT_EQ(std::fscanf(file, "%zu %zu", &all, &resident), 2);
  std::fclose(file);
  return resident * static_cast<size_t>(::sysconf(_SC_PAGESIZE));
}

/// Free memory that the C library keeps, since something still in use lies above it. A sanitizer
/// has a heap of its own, which gives back what it likes: then only the calls are tested.
class MemoryTrimTest : public testing::Test {
 protected:
  MemoryTrimTest() {
    trim_.Look(0);
    trim_.Look(0);  // the start is over
  }
  ~MemoryTrimTest() override {
    for (void* pin : pins_) std::free(pin);
  }
  void Burst() {
    std::vector<void*> blocks;
    for (size_t n = 0; n < kBurst / kBlock; ++n) {
      blocks.push_back(std::malloc(kBlock));
      std::memset(blocks.back(), 1, kBlock);
    }
    pins_.push_back(std::malloc(kBlock));
    for (void* block : blocks) std::free(block);
  }
  /// Whether so many looks gave back most of a burst, and not before the last of them.
  bool GivenBackBy(int looks, size_t in_use) {
    const size_t before = ResidentBytes();
    for (int n = 1; n <= looks; ++n) {
      trim_.Look(in_use);
      const bool given = ResidentBytes() + kBurst / 2 < before;
      if (given || n == looks) return given && n == looks;
    }
    return false;
  }

  std::vector<void*> pins_;
  MemoryTrim trim_;
};

// It is no more than what the process had when its trimming began, and would never lie above that.
TEST_F(MemoryTrimTest, WhatTheStartLeftIsGivenBackAtTheSecondLook) {
  Burst();
  trim_ = MemoryTrim();
  EXPECT_TRUE(GivenBackBy(2, 0) || kOwnHeap);
}

// What is in use by chance at the second look is not the least that the process takes.
TEST_F(MemoryTrimTest, ABurstAmidTheStartIsGivenBack) {
  trim_ = MemoryTrim();
  trim_.Look(0);
  std::vector<void*> used;
  for (size_t n = 0; n < kBurst / kBlock; ++n) {
    used.push_back(std::malloc(kBlock));
    std::memset(used.back(), 1, kBlock);
  }
  pins_.push_back(std::malloc(kBlock));
  trim_.Look(0);  // nothing of it is free: twenty looks until the next
  for (void* block : used) std::free(block);
  EXPECT_TRUE(GivenBackBy(20, 0) || kOwnHeap);
}

TEST_F(MemoryTrimTest, SoonAfterABurstItsMemoryIsGivenBack) {
  trim_.Look(kBurst);
  Burst();
  EXPECT_TRUE(GivenBackBy(3, 0) || kOwnHeap);
}

TEST_F(MemoryTrimTest, NotWhileItIsInUse) {
  trim_.Look(kBurst);
  Burst();
  trim_.Look(kBurst);
  Burst();
  EXPECT_FALSE(GivenBackBy(5, kBurst) && !kOwnHeap);
}

TEST_F(MemoryTrimTest, OfWhatNobodyReckonedAtMostEveryTenLooks) {
  Burst();
  EXPECT_TRUE(GivenBackBy(1, 0) || kOwnHeap);
  Burst();
  EXPECT_TRUE(GivenBackBy(10, 0) || kOwnHeap);
}

TEST_F(MemoryTrimTest, MoreSeldomWhenItBringsLittle) {
  std::vector<void*> used;
  for (size_t n = 0; n < kBurst / kBlock; ++n) {
    used.push_back(std::malloc(kBlock));
    std::memset(used.back(), 1, kBlock);
  }
  trim_.Look(0);  // nothing of it is free: twenty looks until the next
  Burst();
  EXPECT_TRUE(GivenBackBy(20, 0) || kOwnHeap);
  for (void* block : used) std::free(block);
}

TEST_F(MemoryTrimTest, TheEndOfAThreadsArenaIsGivenBack) {
  size_t before = 0;
  size_t after = 0;
  std::thread([&] {
    void* const large = std::malloc(30 * kMiB);  // a message: 60 MiB would be kept from now on
    *static_cast<volatile char*>(large) = 1;     // so that the compiler leaves it in
    std::free(large);
    before = ResidentBytes();
    std::vector<void*> blocks;
    blocks.reserve(kBurst / 2 / kBlock);
    for (size_t n = 0; n < kBurst / 2 / kBlock; ++n) {
      blocks.push_back(std::malloc(kBlock));
      std::memset(blocks.back(), 1, kBlock);
    }
    while (!blocks.empty()) {
      std::free(blocks.back());
      blocks.pop_back();
    }
    trim_.Look(0);
    after = ResidentBytes();
  }).join();
  EXPECT_TRUE(after < before + 8 * kMiB || kOwnHeap) << before << " " << after;
}

}  // namespace
}  // namespace carillon::rpc
