#include "carillon/base/uuid.h"

#include <gmock/gmock.h>

#include <set>

namespace carillon::base {
namespace {

using std::chrono::milliseconds;

class FixedBits final : public Random {
 public:
  explicit FixedBits(uint64_t bits) : bits_(bits) {}
  uint64_t Next() override { return bits_; }

 private:
  uint64_t bits_;
};

TEST(MakeUuidV7, LaysOutTimeVersionAndVariant) {
  // The time of RFC 9562's example, A.6.
  const WallTime t = WallTime(milliseconds(0x017F22E279B0));
  FixedBits zeros(0), ones(UINT64_MAX);
  EXPECT_EQ(MakeUuidV7(t, zeros), "017f22e2-79b0-7000-8000-000000000000");
  EXPECT_EQ(MakeUuidV7(t, ones), "017f22e2-79b0-7fff-bfff-ffffffffffff");
}

TEST(MakeUuidV7, OrdersByTimeAndDiffersWithinOne) {
  SeededRandom random(1);
  std::string last;
  for (int ms = 0; ms < 1000; ++ms) {
    const std::string uuid = MakeUuidV7(WallTime(milliseconds(1'700'000'000'000 + ms)), random);
    ASSERT_LT(last, uuid);
    last = uuid;
  }
  std::set<std::string> same_time;
  for (int i = 0; i < 1000; ++i) same_time.insert(MakeUuidV7(WallTime(), random));
  EXPECT_EQ(same_time.size(), 1000u);
}

}  // namespace
}  // namespace carillon::base
