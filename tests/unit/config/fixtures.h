#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "carillon/config/config_file.h"

namespace carillon::config {

/// 24 bytes of key.
inline constexpr char kSecret[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A YAML text's configuration; fails the test when it is refused.
inline Config Parsed(std::string_view yaml) {
  const absl::StatusOr<Config> config = ParseConfig(yaml);
  EXPECT_TRUE(config.ok()) << config.status() << "\n" << yaml;
  return config.ok() ? *config : Config();
}

/// Why a YAML text is refused; empty when it is not.
inline std::string Refusal(std::string_view yaml) {
  const absl::StatusOr<Config> config = ParseConfig(yaml);
  if (config.ok()) return "";
  EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(config.status().message());
}

/// A destination `d`, with these members (flow style) besides name and URL.
inline std::string WithDestination(const std::string& members) {
  return "destinations: [{name: d, url: 'http://h/'" + (members.empty() ? "" : ", " + members) +
         "}]\n";
}

/// Expects that a destination with these members is refused with this error, whose path is the
/// destination's, or (empty) that it is not refused.
inline void ExpectRefusal(const std::string& members, const std::string& error) {
  const std::string expected = error.empty() ? "" : "destinations[0]." + error;
  EXPECT_EQ(Refusal(WithDestination(members)), expected) << members;
}

/// That destination and a subscription `s` to everything, with this filter.
inline std::string WithFilter(const std::string& filter) {
  return WithDestination("") +
         "subscriptions: [{name: s, types: ['*'], destinations: [d], filter: " + filter + "}]\n";
}

inline void WriteText(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

inline std::string ReadText(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Removes them when the process ends.
struct TestFolders {
  ~TestFolders() {
    for (const auto& folder : made) std::filesystem::remove_all(folder);
  }
  std::vector<std::filesystem::path> made;
};

/// A new, empty folder of the running test, in this process: the same test may run in another
/// build.
inline std::filesystem::path TestFolder() {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) /
                                       (std::string("carillon_") + test->test_suite_name() + "_" +
                                        test->name() + "_" + std::to_string(::getpid()));
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  static TestFolders folders;
  folders.made.push_back(folder);
  return folder;
}

}  // namespace carillon::config
