#include "socket_wake.h"

#include <gtest/gtest.h>

namespace carillon::rpc {
namespace {

TEST(SocketWakeTest, ThisKernelReportsASocketAgain) { EXPECT_TRUE(CanWakeSockets()); }

}  // namespace
}  // namespace carillon::rpc
