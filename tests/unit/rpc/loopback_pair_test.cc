#include "loopback_pair.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

namespace carillon::rpc {
namespace {

uint16_t PeerPort(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  EXPECT_EQ(::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  return ntohs(address.sin_port);
}

TEST(LoopbackPairs, BothEndsAreConnected) {
  LoopbackPairs pairs;
  ASSERT_TRUE(pairs.Open().ok());
  const auto pair = pairs.Make();
  ASSERT_TRUE(pair.ok()) << pair.status();
  EXPECT_EQ(PeerPort(pair->far), pair->near_port);
  EXPECT_EQ(::send(pair->near, "x", 1, MSG_NOSIGNAL), 1);
  char byte = 0;
  while (::recv(pair->far, &byte, 1, 0) != 1) {
  }
  EXPECT_EQ(byte, 'x');
  ::close(pair->near);
  ::close(pair->far);
}

/// Another process of this machine finds the port: it must not get a publisher's place.
TEST(LoopbackPairs, StrangersAreTurnedAway) {
  LoopbackPairs pairs;
  ASSERT_TRUE(pairs.Open().ok());
  const auto first = pairs.Make();
  ASSERT_TRUE(first.ok());
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(PeerPort(first->near));
  const int stranger = ::socket(AF_INET, SOCK_STREAM, 0);
  ASSERT_EQ(::connect(stranger, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  const auto second = pairs.Make();
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(PeerPort(second->far), second->near_port);
  char byte = 0;
  EXPECT_LE(::recv(stranger, &byte, 1, 0), 0) << "was served";
  for (const int fd : {first->near, first->far, second->near, second->far, stranger}) ::close(fd);
}

}  // namespace
}  // namespace carillon::rpc
