#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carillon/deliverylog/record.h"

namespace carillon::deliverylog {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(BlankedHead, HidesWhatIsSecret) {
  EXPECT_EQ(
      BlankedHead("POST / HTTP/1.1\r\nauthorization: Bearer x\r\nX-Key: y\r\nA: b\r\n\r\nrest",
                  {"x-key"}, 1000),
      "POST / HTTP/1.1\r\nauthorization: ***\r\nX-Key: ***\r\nA: b\r\n");
}

TEST(BlankedHead, HidesTheLinesThatASecretGoesOnIn) {
  EXPECT_EQ(BlankedHead("HTTP/1.1 200 OK\r\nSet-Cookie : a\r\n b\r\n\tc\r\nB: d\r\n", {}, 1000),
            "HTTP/1.1 200 OK\r\nSet-Cookie : ***\r\nB: d\r\n");
}

TEST(BlankedHead, IsCutAtTheEndOfALine) {
  EXPECT_EQ(BlankedHead("HTTP/1.1 200 OK\r\nA: b\r\nC: d\r\n", {}, 24),
            "HTTP/1.1 200 OK\r\nA: b\r\n");
}

TEST(FieldsOf, LeavesTheFirstLineOut) {
  EXPECT_THAT(FieldsOf("HTTP/1.1 200 OK\r\nA: b\r\nC:d\r\n e\r\nnothing\r\n"),
              ElementsAre(Pair("A", "b"), Pair("C", "d e")));
}

}  // namespace
}  // namespace carillon::deliverylog
