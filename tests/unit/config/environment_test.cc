#include "environment.h"

#include <gmock/gmock.h>

#include <map>

#include "fixtures.h"

namespace carillon::config {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

using Variables = std::map<std::string, std::string>;

absl::StatusOr<Config> ParseWith(const Variables& variables, std::string_view yaml) {
  const auto find = [&variables](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  };
  return ParseConfig(yaml, Secrets::kRead, {.variable = find, .limits = {}});
}

std::string RefusalWith(const Variables& variables, std::string_view yaml) {
  const auto config = ParseWith(variables, yaml);
  return config.ok() ? "" : std::string(config.status().message());
}

constexpr char kFile[] =
    "server: {publish_address: '127.0.0.2:1', admin_address: '127.0.0.2:2', log_level: warn}\n"
    "journal: {data_dir: /from/file}\n"
    "access: {trusted_network: true}\n";

TEST(Environment, WinsOverTheFile) {
  const auto config = ParseWith({{"CARILLON_PUBLISH_ADDRESS", "[::]:7080"},
                                 {"CARILLON_ADMIN_ADDRESS", "0.0.0.0:7081"},
                                 {"CARILLON_DATA_DIR", "/var/lib/carillon"},
                                 {"CARILLON_LOG_LEVEL", "debug"}},
                                kFile);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->server.publish_address(), "[::]:7080");
  EXPECT_EQ(config->server.admin_address(), "0.0.0.0:7081");
  EXPECT_EQ(config->journal.data_dir(), "/var/lib/carillon");
  EXPECT_EQ(config->server.log_level(), v1::LOG_LEVEL_DEBUG);
  ASSERT_EQ(config->overrides.size(), 4u);
  EXPECT_EQ(config->overrides[0].variable, "CARILLON_PUBLISH_ADDRESS");
  EXPECT_EQ(config->overrides[0].member, "server.publish_address");
  EXPECT_TRUE(config->overrides[0].differs);
}

TEST(Environment, TheFileWinsOverDefaults) {
  const auto config = ParseWith({{"CARILLON_LOG_LEVEL", "error"}}, kFile);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->server.publish_address(), "127.0.0.2:1");
  EXPECT_EQ(config->server.log_level(), v1::LOG_LEVEL_ERROR);
  EXPECT_EQ(ParseWith({}, "{}")->server.publish_address(), "127.0.0.1:7080");
}

TEST(Environment, EmptyCountsAsNotSet) {
  const auto config = ParseWith({{"CARILLON_DATA_DIR", ""}, {"CARILLON_LOG_LEVEL", ""}}, kFile);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->journal.data_dir(), "/from/file");
  EXPECT_EQ(config->server.log_level(), v1::LOG_LEVEL_WARN);
  EXPECT_TRUE(config->overrides.empty());
}

TEST(Environment, TellsWhetherTheFileSaysOtherwise) {
  const auto same = ParseWith({{"CARILLON_DATA_DIR", "/from/file"}}, kFile);
  ASSERT_EQ(same->overrides.size(), 1u);
  EXPECT_FALSE(same->overrides[0].differs);
  const auto silent = ParseWith({{"CARILLON_DATA_DIR", "/from/variable"}}, "{}");
  ASSERT_EQ(silent->overrides.size(), 1u);
  EXPECT_FALSE(silent->overrides[0].differs);
  EXPECT_EQ(silent->journal.data_dir(), "/from/variable");
}

TEST(Environment, ErrorsNameTheVariable) {
  EXPECT_THAT(RefusalWith({{"CARILLON_PUBLISH_ADDRESS", "7080"}}, kFile),
              StartsWith("server.publish_address (from the variable CARILLON_PUBLISH_ADDRESS): "
                         "must be HOST:PORT"));
  EXPECT_THAT(RefusalWith({{"CARILLON_ADMIN_ADDRESS", "carillon:7081"}}, kFile),
              StartsWith("server.admin_address (from the variable CARILLON_ADMIN_ADDRESS): "));
  EXPECT_THAT(RefusalWith({{"CARILLON_LOG_LEVEL", "INFO"}}, kFile),
              StartsWith("server.log_level (from the variable CARILLON_LOG_LEVEL): "));
  EXPECT_THAT(RefusalWith({{"CARILLON_DATA_DIR", std::string(4097, 'x')}}, kFile),
              StartsWith("journal.data_dir (from the variable CARILLON_DATA_DIR): must be UTF-8 of "
                         "at most 4096 bytes"));
  const std::string longest(4096, 'x');
  EXPECT_EQ(ParseWith({{"CARILLON_DATA_DIR", longest}}, kFile)->journal.data_dir(), longest);
  EXPECT_THAT(RefusalWith({{"CARILLON_DATA_DIR", "/data\xff"}}, kFile), HasSubstr("UTF-8"));
}

TEST(Environment, ErrorsOfTheFileNameNone) {
  EXPECT_THAT(RefusalWith({{"CARILLON_LOG_LEVEL", "info"}}, "server: {publish_address: x}"),
              StartsWith("server.publish_address: must be"));
}

TEST(Environment, AWrongMemberBesideItIsStillFound) {
  EXPECT_THAT(RefusalWith({{"CARILLON_LOG_LEVEL", "info"}}, "server: {log_levle: info}"),
              StartsWith("server.log_levle: unknown member"));
}

TEST(Environment, AFileIsLoadedUnderTheProcess) {
  const auto path = TestFolder() / "carillon.yaml";
  WriteText(path, kFile);
  setenv("CARILLON_LOG_LEVEL", "debug", 1);
  const auto config = LoadConfig(path);
  setenv("CARILLON_LOG_LEVEL", "loud", 1);
  const auto wrong = LoadConfig(path);
  unsetenv("CARILLON_LOG_LEVEL");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->server.log_level(), v1::LOG_LEVEL_DEBUG);
  EXPECT_THAT(std::string(wrong.status().message()), HasSubstr("CARILLON_LOG_LEVEL"));
}

}  // namespace
}  // namespace carillon::config
