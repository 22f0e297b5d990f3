#include "setting_sources.h"

#include <gmock/gmock.h>

#include <fstream>
#include <map>
#include <string>

#include "fixtures.h"

namespace carillon::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Variables = std::map<std::string, std::string>;

/// Each as `path:line variable reference`, with `-` for what is not there.
std::vector<std::string> SourcesOf(std::string_view yaml, const Variables& variables = {}) {
  const auto find = [&variables](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  };
  const auto config = ParseConfig(yaml, Secrets::kSkip, {.variable = find, .limits = {}});
  EXPECT_TRUE(config.ok()) << config.status();
  std::vector<std::string> told;
  if (!config.ok()) return told;
  const auto or_none = [](const std::string& text) { return text.empty() ? "-" : text; };
  for (const v1::SettingSource& source : config->sources->sources()) {
    told.push_back(source.path() + ":" + std::to_string(source.line()) + " " +
                   or_none(source.variable()) + " " + or_none(source.reference()));
  }
  return told;
}

TEST(SettingSources, AreTheLinesOfTheNames) {
  EXPECT_THAT(SourcesOf("# which ports\n"
                        "server:\n"
                        "  publishAddress: 127.0.0.1:1\n"
                        "\n"
                        "  log_level:\n"
                        "    warn\n"
                        "journal: {data_dir: /data,\n"
                        "          retention_age: 7d}\n"),
              ElementsAre("journal.data_dir:7 - -", "journal.retention_age:8 - -",
                          "server.log_level:5 - -", "server.publish_address:3 - -"));
}

TEST(SettingSources, AreNoneOfWhatIsLeftOutAndOfResources) {
  EXPECT_THAT(SourcesOf("{}"), IsEmpty());
  EXPECT_THAT(SourcesOf("server: {}\njournal:\n  data_dir:\nlimits: ~\ntenants: [{name: acme}]\n"),
              IsEmpty());
}

TEST(SettingSources, AListIsOneSetting) {
  EXPECT_THAT(SourcesOf("guard:\n"
                        "  allow_networks:\n"
                        "  - 10.1.0.0/16\n"
                        "  - 10.2.0.0/16\n"
                        "access:\n"
                        "  tokens:\n"
                        "  - name: ops\n"
                        "    role: operator\n"
                        "    sha256: " +
                        std::string(64, 'a') + "\n"),
              ElementsAre("access.tokens:6 - -", "guard.allow_networks:2 - -"));
}

TEST(SettingSources, SecretsAndCertificatesTellWhatHoldsThemAndNothingOfThem) {
  EXPECT_THAT(
      SourcesOf("secrets:\n"
                "  master_key: {env: MASTER_KEY}\n"
                "  previous_master_key: " +
                std::string(64, '1') +
                "\n"
                "server:\n"
                "  admin_tls:\n"
                "    certificate:\n"
                "      file: /tls/tls.crt\n"
                "    key: {file: /tls/tls.key}\n"),
      ElementsAre("secrets.master_key:2 - env: MASTER_KEY", "secrets.previous_master_key:3 - -",
                  "server.admin_tls.certificate:6 - file: /tls/tls.crt",
                  "server.admin_tls.key:8 - file: /tls/tls.key"));
}

TEST(SettingSources, AnAliasStandsWhereItIsWritten) {
  EXPECT_THAT(SourcesOf("journal: {retention_age: &week 7d}\n"
                        "audit:\n"
                        "  retention_age: *week\n"),
              ElementsAre("audit.retention_age:3 - -", "journal.retention_age:1 - -"));
}

TEST(SettingSources, AVariableStandsAloneOrAgainstTheFile) {
  const Variables variables = {{"CARILLON_LOG_LEVEL", "debug"}, {"CARILLON_DATA_DIR", "/data"}};
  EXPECT_THAT(SourcesOf("server:\n  log_level: warn\n", variables),
              ElementsAre("journal.data_dir:0 CARILLON_DATA_DIR -",
                          "server.log_level:2 CARILLON_LOG_LEVEL -"));
}

TEST(SettingSources, LinesAreCountedThroughEverythingThatYamlHas) {
  EXPECT_THAT(SourcesOf("\xEF\xBB\xBF---\r\n"
                        "event_types:\r\n"
                        "- name: a.b\r\n"
                        "  description: |\r\n"
                        "    server:\r\n"
                        "      log_level: info\r\n"
                        "- name: \"c.d\"\r\n"
                        "  description: \"\\uD83D\\uDE00\r\n"
                        "    two\"\r\n"
                        "server: {log_level: info}\r\n"),
              ElementsAre("server.log_level:10 - -"));
}

TEST(SettingSources, NameTheFileThatWasLoaded) {
  const std::string path = testing::TempDir() + "/sources.yaml";
  std::ofstream(path) << "server:\n  log_level: warn\n";
  const auto config = LoadConfig(path);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->sources->file(), path);
  ASSERT_EQ(config->sources->sources_size(), 1);
  EXPECT_EQ(config->sources->sources(0).line(), 2u);
}

TEST(SettingSources, APathThatIsNotUtf8IsEscaped) {
  const std::string path = testing::TempDir() + "/caf\xE9.yaml";
  std::ofstream(path) << "server:\n  log_level: warn\n";
  const auto config = LoadConfig(path);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->sources->file(), testing::TempDir() + "/caf\\xe9.yaml");
}

}  // namespace
}  // namespace carillon::config
