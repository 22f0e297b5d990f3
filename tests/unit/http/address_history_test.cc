#include "address_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carillon::http {
namespace {

using boost::asio::ip::make_address;
using std::chrono::minutes;

Addresses AddressesOf(std::initializer_list<const char*> texts) {
  Addresses out;
  for (const char* text : texts) out.push_back(make_address(text));
  return out;
}

class AddressHistoryTest : public testing::Test {
 protected:
  Addresses Ordered(std::initializer_list<const char*> texts) const {
    return history_.Order(AddressesOf(texts), now_);
  }
  void Failed(const char* address) { history_.Failed(make_address(address), now_); }
  void Worked(const char* address) { history_.Worked(make_address(address)); }

  base::MonoTime now_{};
  AddressHistory history_;
};

TEST_F(AddressHistoryTest, FamiliesTakeTurns) {
  EXPECT_EQ(Ordered({"1.0.0.1", "1.0.0.2", "1.0.0.3", "::1", "::2"}),
            AddressesOf({"::1", "1.0.0.1", "::2", "1.0.0.2", "1.0.0.3"}));
  EXPECT_EQ(Ordered({"1.0.0.2", "1.0.0.1"}), AddressesOf({"1.0.0.2", "1.0.0.1"}));
  EXPECT_EQ(Ordered({}), AddressesOf({}));
}

TEST_F(AddressHistoryTest, TheOneThatFailedLastComesLast) {
  Failed("1.0.0.1");
  Failed("1.0.0.2");
  EXPECT_EQ(Ordered({"1.0.0.1", "1.0.0.2", "1.0.0.3"}),
            AddressesOf({"1.0.0.3", "1.0.0.1", "1.0.0.2"}));
  Failed("1.0.0.1");
  EXPECT_EQ(Ordered({"1.0.0.1", "1.0.0.2", "1.0.0.3"}),
            AddressesOf({"1.0.0.3", "1.0.0.2", "1.0.0.1"}));
  Failed("1.0.0.3");
  EXPECT_EQ(Ordered({"1.0.0.1", "1.0.0.2", "1.0.0.3"}),
            AddressesOf({"1.0.0.2", "1.0.0.1", "1.0.0.3"}));
}

TEST_F(AddressHistoryTest, WhereOneFailedTheOneThatWorkedComesFirst) {
  Worked("1.0.0.3");
  EXPECT_EQ(Ordered({"1.0.0.1", "1.0.0.2", "1.0.0.3"}),
            AddressesOf({"1.0.0.1", "1.0.0.2", "1.0.0.3"}));
  Failed("1.0.0.1");
  EXPECT_EQ(Ordered({"1.0.0.1", "1.0.0.2", "1.0.0.3"}),
            AddressesOf({"1.0.0.3", "1.0.0.2", "1.0.0.1"}));
  Failed("1.0.0.3");
  EXPECT_EQ(Ordered({"1.0.0.1", "1.0.0.2", "1.0.0.3"}),
            AddressesOf({"1.0.0.2", "1.0.0.1", "1.0.0.3"}));
}

TEST_F(AddressHistoryTest, FailuresAreForgotten) {
  Failed("1.0.0.1");
  EXPECT_EQ(Ordered({"1.0.0.1", "1.0.0.2"}), AddressesOf({"1.0.0.2", "1.0.0.1"}));
  Worked("1.0.0.1");
  EXPECT_EQ(Ordered({"1.0.0.1", "1.0.0.2"}), AddressesOf({"1.0.0.1", "1.0.0.2"}));
  Failed("1.0.0.1");
  now_ += minutes(10);
  EXPECT_EQ(Ordered({"1.0.0.1", "1.0.0.2"}), AddressesOf({"1.0.0.1", "1.0.0.2"}));
}

TEST_F(AddressHistoryTest, AtMost256AreKnown) {
  for (uint32_t i = 0; i < 300; ++i) {
    history_.Failed(boost::asio::ip::address_v4(0x01000000U + i), now_);
  }
  EXPECT_EQ(Ordered({"1.0.1.43", "1.0.0.43", "9.9.9.9"}),
            AddressesOf({"1.0.0.43", "9.9.9.9", "1.0.1.43"}));
}

}  // namespace
}  // namespace carillon::http
