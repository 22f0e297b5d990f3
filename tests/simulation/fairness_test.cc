// Where less may be in flight than there is to send, nobody is starved: neither a tenant by another
// that has more destinations, nor a destination by others, on whichever threads they are.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "engine_support.h"

namespace carillon::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Many destinations of one tenant, a single one of another; all of them always have something to
/// send.
class Fairness : public SimEngineTest {
 protected:
  void StartAll(const std::string& many, const std::string& one, uint32_t threads,
                uint32_t in_flight) {
    for (int i = 0; i < 20; ++i) Add(many + "-" + std::to_string(i));
    Add(one + "-single", 100);
    receive_ = [this](const SimCourier::Flight& flight) {
      ++starts_[TenantOf(flight.host)];
      base::MonoTime& last = last_.try_emplace(flight.host, began_).first->second;
      longest_ = std::max(longest_, clock_.Mono() - last);
      last = clock_.Mono();
      return SimCourier::End{.after = milliseconds(20)};
    };
    Start(threads, in_flight, in_flight);
    for (int i = 0; i < 10; ++i) Publish(many, 100);
    for (int i = 0; i < 40; ++i) Publish(one, 100);
    RunFor(seconds(2));
    starts_.clear();
    began_ = clock_.Mono();
    for (auto& [host, last] : last_) last = began_;
    longest_ = {};
    RunFor(seconds(10));
    for (const auto& [host, last] : last_) longest_ = std::max(longest_, clock_.Mono() - last);
  }

  std::map<std::string, size_t> starts_;        // by tenant
  std::map<std::string, base::MonoTime> last_;  // by destination
  base::MonoTime began_{};
  std::chrono::nanoseconds longest_{0};  // that one destination waited
};

TEST_F(Fairness, ATenantWithOneDestinationGetsHalfOfAThread) {
  StartAll("big", "small", 1, 8);
  EXPECT_NEAR(static_cast<double>(starts_["small"]), 2000, 200);
  EXPECT_NEAR(static_cast<double>(starts_["big"]), 2000, 200);
  EXPECT_LT(longest_, seconds(1));
}

TEST_F(Fairness, WhicheverComesFirst) {
  StartAll("small", "big", 1, 8);
  EXPECT_NEAR(static_cast<double>(starts_["small"]), 2000, 200);
  EXPECT_NEAR(static_cast<double>(starts_["big"]), 2000, 200);
  EXPECT_LT(longest_, seconds(1));
}

// What ends on one thread lets others go only at their next look: that must not starve them.
TEST_F(Fairness, PlacesGoRoundTheThreads) {
  StartAll("big", "small", 3, 8);
  EXPECT_GT(starts_["small"], 300u);  // about 670: a sixth
  EXPECT_GT(starts_["big"], 1200u);
  EXPECT_GT(starts_["small"] + starts_["big"], 3000u);
  EXPECT_LT(longest_, seconds(1));
}

TEST_F(Fairness, NobodyIsStarvedWhereOnlyOneMayBeInFlight) {
  StartAll("big", "small", 3, 1);
  EXPECT_GT(starts_["small"], 50u);
  EXPECT_GT(starts_["big"], 100u);
  EXPECT_LT(longest_, seconds(8));
}

}  // namespace
}  // namespace carillon::delivery
