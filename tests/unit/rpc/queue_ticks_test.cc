#include "queue_ticks.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

#include "queue_support.h"

namespace carillon::rpc {
namespace {

class QueueTicksTest : public QueueTest {};

TEST_F(QueueTicksTest, EndWhenTheyAreTold) {
  std::atomic<int> looks{0};
  std::latch looked{1};
  QueueTicks* ticks = nullptr;
  ticks = QueueTicks::Start(*queue_, [&] {
    if (++looks == 2) {
      ticks->End();
      looked.count_down();
    }
  });
  queue_->Start("publish-0");
  looked.wait();
  server_->Shutdown();
  queue_->Stop();  // ends: the ticks are gone
  EXPECT_EQ(looks, 2);
}

}  // namespace
}  // namespace carillon::rpc
