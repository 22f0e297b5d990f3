#include "carillon/statistics/cell.h"

#include <gtest/gtest.h>

namespace carillon::statistics {
namespace {

Cell Full() {
  Cell cell;
  for (size_t i = 0; i < cell.attempts.size(); i += 3) cell.attempts[i] = 1 + (i << (2 * i));
  cell.delivered = 300;
  cell.dead = 5;
  cell.sent_bytes = uint64_t{1} << 50;
  cell.accepted = 70'000;
  cell.max_us = UINT32_MAX;
  cell.latency.Add(1000, 12);
  cell.latency.Add(UINT32_MAX);
  return cell;
}

TEST(Cell, WrittenAndReadItIsTheSame) {
  std::string bytes;
  Full().AppendTo(bytes);
  Cell read;
  ASSERT_TRUE(read.MergeFrom(bytes));
  EXPECT_EQ(read, Full());
  EXPECT_EQ(Cell::AttemptsIn(bytes), Full().AllAttempts());
  ASSERT_TRUE(read.MergeFrom(bytes));
  Cell twice = Full();
  twice.Merge(Full());
  EXPECT_EQ(read, twice);
  EXPECT_EQ(twice.AllAttempts(), 2 * Full().AllAttempts());
  EXPECT_EQ(twice.max_us, UINT32_MAX);
}

TEST(Cell, OneOfOneAttemptIsShort) {
  Cell cell;
  cell.attempts[0] = 1;
  cell.delivered = 1;
  cell.sent_bytes = 300;
  cell.max_us = 12'000;
  cell.latency.Add(12'000);
  std::string bytes;
  cell.AppendTo(bytes);
  EXPECT_LE(bytes.size(), 14u);
}

TEST(Cell, WhatIsNoneIsRefused) {
  std::string bytes;
  Full().AppendTo(bytes);
  for (size_t size = 0; size < bytes.size(); ++size) {
    Cell read;
    EXPECT_FALSE(read.MergeFrom(std::string_view(bytes).substr(0, size))) << size;
  }
  Cell read;
  EXPECT_FALSE(read.MergeFrom(bytes + "x"));
  EXPECT_FALSE(read.MergeFrom("\xff\xff\xff\x01"));  // outcomes that there are not
  EXPECT_EQ(Cell::AttemptsIn(""), 0u);
}

}  // namespace
}  // namespace carillon::statistics
