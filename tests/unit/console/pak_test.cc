#include "carillon/console/pak.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "pak_bytes.h"

namespace carillon::console {
namespace {

using testing::HasSubstr;

std::string Refusal(const std::string& bytes) {
  const auto files = ReadPak(bytes);
  if (files.ok()) return "read";
  EXPECT_EQ(files.status().code(), absl::StatusCode::kDataLoss);
  return std::string(files.status().message());
}

TEST(PakTest, WhatIsPackedIsRead) {
  const auto files = ReadPak(PakBytes::Of(SamplePages()));
  ASSERT_TRUE(files.ok()) << files.status();
  ASSERT_EQ(files->size(), 3u);
  EXPECT_EQ((*files)[0].path, "index.html");
  EXPECT_EQ((*files)[0].file.content_type, "text/html; charset=utf-8");
  EXPECT_EQ((*files)[0].file.bytes, "page");
  EXPECT_EQ((*files)[0].file.gzip, "");
  EXPECT_EQ((*files)[0].file.brotli, "pg");
  EXPECT_FALSE((*files)[0].file.hashed_name);
  EXPECT_EQ((*files)[2].file.gzip, "z");
  EXPECT_TRUE((*files)[2].file.hashed_name);
}

TEST(PakTest, OneThatIsCutOffOrHasAWrongBitIsRefused) {
  const std::string whole = PakBytes::Of(SamplePages());
  for (size_t length = 0; length < whole.size(); ++length) {
    EXPECT_NE(Refusal(whole.substr(0, length)), "read") << length;
  }
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string wrong = whole;
    wrong[at] = static_cast<char>(wrong[at] ^ 1);
    EXPECT_NE(Refusal(wrong), "read") << at;
  }
  EXPECT_THAT(Refusal("<html>"), HasSubstr("does not begin as one"));
  EXPECT_THAT(Refusal(whole + "x"), HasSubstr("SHA-256"));
}

// With a sum that is right: what a faulty or hostile writer could make.
TEST(PakTest, WhatCannotBeIsRefused) {
  const auto one = [](const std::string& head, const std::string& data) {
    return Refusal(PakBytes::Whole(PakBytes::Number(1, 4) + head + data));
  };
  const std::string type = "text/html";
  EXPECT_EQ(one(PakBytes::Head("a", type, 0, 2, 0, 0), "ab"), "read");
  EXPECT_THAT(Refusal(PakBytes::Whole(PakBytes::Number(0, 4))), HasSubstr("1 to 1000"));
  EXPECT_THAT(Refusal(PakBytes::Whole(PakBytes::Number(1001, 4))), HasSubstr("1 to 1000"));
  EXPECT_THAT(Refusal(PakBytes::Whole(PakBytes::Number(9, 4))), HasSubstr("within the table"));
  for (const char* path : {"", "/a", "a b", "a\nb", "\xc3\xa4", "a?b"}) {
    EXPECT_THAT(one(PakBytes::Head(path, type, 0, 2, 0, 0), "ab"), HasSubstr("path")) << path;
  }
  EXPECT_THAT(one(PakBytes::Head(std::string(257, 'a'), type, 0, 2, 0, 0), "ab"),
              HasSubstr("path"));
  EXPECT_THAT(one(PakBytes::Head("a", "text/html\r\nX: y", 0, 2, 0, 0), "ab"),
              HasSubstr("entry of a"));
  EXPECT_THAT(one(PakBytes::Head("a", type, 2, 2, 0, 0), "ab"), HasSubstr("entry of a"));
  EXPECT_THAT(one(PakBytes::Head("a", type, 0, 0, 2, 0), "ab"), HasSubstr("entry of a"));
  EXPECT_THAT(one(PakBytes::Head("a", type, 0, 3, 0, 0), "ab"), HasSubstr("within its files"));
  EXPECT_THAT(one(PakBytes::Head("a", type, 0, 2, 0xffffffff, 0), "ab"),
              HasSubstr("within its files"));
  EXPECT_THAT(one(PakBytes::Head("a", type, 0, 1, 0, 0), "ab"), HasSubstr("follows"));
}

TEST(PakTest, OfAFileItsNameIsInTheError) {
  const auto folder = std::filesystem::temp_directory_path() / ("pak" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  const std::string path = folder / "console.pak";
  EXPECT_EQ(LoadPak(path).status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(LoadPak(path).status().message()), HasSubstr(path));
  EXPECT_FALSE(LoadPak(folder).ok());
  std::ofstream(path) << "something else";
  EXPECT_THAT(std::string(LoadPak(path).status().message()), HasSubstr(path + " is no whole"));
  std::ofstream(path, std::ios::binary) << PakBytes::Of(SamplePages());
  EXPECT_TRUE(LoadPak(path).ok());
  std::filesystem::resize_file(path, kMaxPakBytes + 1);
  EXPECT_THAT(std::string(LoadPak(path).status().message()), HasSubstr("32 MiB"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace carillon::console
