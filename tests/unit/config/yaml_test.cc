// The schema: members, types, and what YAML itself may do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "carillon/model/built_in.h"
#include "fixtures.h"

namespace carillon::config {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(Yaml, NothingIsAConfigurationOfDefaults) {
  for (const char* text : {"", "\n# only a comment\n", "---\n", "{}", "destinations: []",
                           "server:\njournal: null\ndestinations: ~\n"}) {
    const Config config = Parsed(text);
    EXPECT_EQ(config.types, model::BuiltInTypes());
    EXPECT_TRUE(config.destinations.empty());
    EXPECT_EQ(config.server.publish_address(), "127.0.0.1:7080");
  }
}

TEST(Yaml, UnknownMembersNameTheKnownAndTheLikely) {
  EXPECT_EQ(Refusal(WithDestination("headers: [{name: a, colour: red}]")),
            "destinations[0].headers[0]: unknown member; known: name, secret, value");
  EXPECT_THAT(Refusal(WithDestination("colour: red")),
              AllOf(StartsWith("destinations[0].colour: unknown member; known: "),
                    HasSubstr("cloudevents_source, concurrency, description, "), HasSubstr(", url"),
                    Not(HasSubstr("did you mean"))));
  EXPECT_THAT(Refusal(WithDestination("concurency: 3")),
              AllOf(StartsWith("destinations[0].concurency: unknown member; known: "),
                    HasSubstr("did you mean 'concurrency'?")));
  EXPECT_THAT(Refusal("destination: []"),
              AllOf(StartsWith("destination: unknown member"), HasSubstr("'destinations'")));
}

TEST(Yaml, MembersStandOnce) {
  EXPECT_EQ(Refusal("server: {log_level: info, log_level: warn}"),
            "server.log_level: stands here twice");
  EXPECT_EQ(Refusal("server: {}\nserver: {}\n"), "server: stands here twice");
}

TEST(Yaml, WrongTypesNameThePath) {
  const std::pair<std::string, const char*> cases[] = {
      {"- a\n- b\n", "(file): must be a mapping"},
      {"just text", "(file): must be a mapping"},
      {"server: 5", "server: must be a mapping"},
      {"server: []", "server: must be a mapping"},
      {"destinations: {name: d}", "destinations: must be a list"},
      {"destinations: d", "destinations: must be a list"},
      {"destinations: [d]", "destinations[0]: must be a mapping"},
      {"destinations: [null]", "destinations[0]: must not be empty"},
      {"server: {log_level: [info]}", "server.log_level: must be one of debug, info, warn, error"},
      {"server: {max_batch_events: many}", "server.max_batch_events: must be a whole number"},
      {"server: {max_batch_events: '5'}", "server.max_batch_events: must be a whole number"},
      {"server: {max_batch_events: 5.0}", "server.max_batch_events: must be a whole number"},
      {"server: {max_batch_events: -5}", "server.max_batch_events: must be a whole number"},
      {"server: {max_batch_events: 4294967297}", "server.max_batch_events: must be a whole"},
      {"server: {max_batch_events: 1KiB}", "server.max_batch_events: must be a whole number"},
      {"server: {max_payload_bytes: 5MB}", "server.max_payload_bytes: must be a size in bytes"},
      {"server: {max_payload_bytes: {}}", "server.max_payload_bytes: must be a size in bytes"},
      {"server: {shutdown_grace: 20}", "server.shutdown_grace: must be a duration such as"},
      {"server: {shutdown_grace: [1s]}", "server.shutdown_grace: must be a duration such as"},
      {WithDestination("format: json"), "destinations[0].format: must be one of standard, payload"},
      {WithDestination("format: FORMAT_array"), "destinations[0].format: must be one of"},
      {WithDestination("format: unspecified"), "destinations[0].format: must be one of"},
      {WithDestination("success: [2xx]"), "destinations[0].success: must be one of 2xx, below_400"},
      {WithDestination("retry: {none: yes}"), "destinations[0].retry.none: must be true or false"},
      {WithDestination("retry: {none: 'true'}"), "destinations[0].retry.none: must be true or"},
      {WithDestination("retry: {jitter: much}"), "destinations[0].retry.jitter: must be a number"},
      {WithDestination("retry: {jitter: .nan}"), "destinations[0].retry.jitter: must be a number"},
      {WithDestination("retry: {delays: 5s}"), "destinations[0].retry.delays: must be a mapping"},
      {WithDestination("retry: {delays: []}"),
       "destinations[0].retry.delays.items: must not be empty"},
      {WithDestination("retry: {delays: [5s, 5]}"),
       "destinations[0].retry.delays.items[1]: must be a"}};
  for (const auto& [yaml, error] : cases) {
    EXPECT_THAT(Refusal(yaml), StartsWith(error)) << yaml;
    EXPECT_THAT(Refusal(yaml), Not(HasSubstr("\n"))) << yaml;
  }
}

TEST(Yaml, UpToTenErrorsAreToldAtOnce) {
  std::string yaml = "destinations:\n";
  for (int i = 0; i < 30; ++i) {
    yaml += "  - {name: d" + std::to_string(i) + ", url: 'ftp://h/', colour: red}\n";
  }
  const std::string refusal = Refusal(yaml);
  EXPECT_EQ(std::ranges::count(refusal, '\n'), 9);
  EXPECT_THAT(Refusal("server: {colour: red}\n" + WithDestination("concurrency: 0")),
              AllOf(StartsWith("server.colour: "), HasSubstr("\ndestinations[0].concurrency: ")));
}

TEST(Yaml, SyntaxErrorsTellLineAndColumn) {
  for (const char* open : {"'info\n", "\"info\n", "'info", "'info\njournal: {}\n"}) {
    EXPECT_THAT(Refusal(std::string("server:\n  log_level: ") + open), StartsWith("(file): line "));
  }
  EXPECT_EQ(Refusal("server:\n  log_level: |-\n    info"), "");
  EXPECT_THAT(Refusal("server: {}\n\tjournal: {}\n"), HasSubstr("line 2, column "));
  EXPECT_THAT(Refusal("a: [1, 2\n"), HasSubstr("column "));
  EXPECT_THAT(Refusal("server: *nowhere\n"), HasSubstr("line 1, column 9"));
  EXPECT_EQ(Refusal("server: {}\nx: \x01y\n"), "(file): line 2, column 4: a control character");
  EXPECT_EQ(Refusal("server: \xff\n"), "(file): line 1, column 9: not UTF-8");
  EXPECT_THAT(Refusal("{[a]: b}"), HasSubstr("line 1"));
  EXPECT_THAT(Refusal("server: !!map {}"), HasSubstr("tags are not supported"));
}

TEST(Yaml, OneDocumentOnly) {
  EXPECT_THAT(Refusal("server: {}\n---\nserver: {}\n"), HasSubstr("only one"));
  Parsed("---\nserver: {}\n...\n");
}

TEST(Yaml, AliasesStandForTheirNode) {
  const Config config = Parsed(
      "destinations:\n"
      "  - {name: a, url: 'http://h/', timeouts: &t {total: 2s}}\n"
      "  - {name: b, url: 'http://h/', timeouts: *t}\n");
  EXPECT_EQ(config.destinations[1].total_timeout, std::chrono::seconds(2));
}

TEST(Yaml, AliasesThatMultiplyAreRefused) {
  std::string yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string below = "*a" + std::to_string(i - 1);
    yaml += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) yaml += (j > 0 ? ", " : "") + below;
    yaml += "]\n";
  }
  EXPECT_THAT(Refusal(yaml), HasSubstr("aliases expanded"));
  EXPECT_THAT(Refusal("server: &a {x: *a}\n"), HasSubstr("line 1"));
}

TEST(Yaml, DepthIsBounded) {
  EXPECT_THAT(Refusal("server: " + std::string(65, '[') + std::string(65, ']')), HasSubstr("deep"));
  EXPECT_THAT(Refusal("server: " + std::string(100'000, '[')), StartsWith("(file): "));
}

TEST(Yaml, FilesAreReadWholeOrNamed) {
  const auto folder = TestFolder();
  WriteText(folder / "good.yaml", WithDestination(""));
  WriteText(folder / "bad.yaml", "server: {colour: red}");
  EXPECT_EQ(LoadConfig(folder / "good.yaml")->destinations.size(), 1u);
  WriteText(folder / "hashed.yaml", "# abc\n{}\n");  // printf '# abc\n{}\n' | sha256sum
  EXPECT_EQ(LoadConfig(folder / "hashed.yaml")->hash,
            "19518602acd0bbf99b012d58f45b471945b050b17fcb44b0e76266b826106fdc");
  const auto bad = LoadConfig(folder / "bad.yaml");
  EXPECT_THAT(std::string(bad.status().message()),
              AllOf(HasSubstr("bad.yaml"), HasSubstr("\nserver.colour: unknown member")));
  EXPECT_THAT(std::string(LoadConfig(folder / "none.yaml").status().message()),
              HasSubstr("none.yaml: cannot be opened"));
  EXPECT_THAT(std::string(LoadConfig(folder).status().message()), HasSubstr("not a regular file"));
  WriteText(folder / "empty.yaml", "\n");
  EXPECT_THAT(std::string(LoadConfig(folder / "empty.yaml").status().message()),
              HasSubstr("is empty"));
  WriteText(folder / "huge.yaml", "");
  std::filesystem::resize_file(folder / "huge.yaml", (size_t{64} << 20) + 1);
  EXPECT_THAT(std::string(LoadConfig(folder / "huge.yaml").status().message()),
              HasSubstr("larger than"));
}

TEST(Yaml, TakesWhatProtobufsJsonWrites) {
  const Config config =
      Parsed(R"({"journal": {"deduplicationIds": "5", "retentionBytes": "2097152"},
    "destinations": [{"name": "d", "url": "http://h/", "format": "FORMAT_CLOUDEVENTS_BATCH",
      "cloudeventsSource": "/s", "success": "SUCCESS_BELOW_400",
      "timeouts": {"connect": "0.250s", "total": "1.5s"},
      "retry": {"delays": {"items": ["5s", "5400s"]}, "maxAge": "7200s"},
      "breaker": {"window": "30.001s"}}]})");
  EXPECT_EQ(config.journal.deduplication_ids(), 5u);
  EXPECT_EQ(config.journal.retention_bytes(), 2u << 20);
  const model::Destination& d = config.destinations[0];
  EXPECT_EQ(d.format, model::Format::kCloudEventsBatch);
  EXPECT_EQ(d.cloudevents_source, "/s");
  EXPECT_EQ(d.success, model::SuccessRule::kBelow400);
  EXPECT_EQ(d.connect_timeout, std::chrono::milliseconds(250));
  EXPECT_EQ(d.total_timeout, std::chrono::milliseconds(1500));
  EXPECT_EQ(d.retry.delays, (std::vector<std::chrono::milliseconds>{std::chrono::seconds(5),
                                                                    std::chrono::minutes(90)}));
  EXPECT_EQ(d.retry.max_age, std::chrono::hours(2));
  EXPECT_EQ(d.breaker->window, std::chrono::milliseconds(30'001));
}

TEST(Yaml, TakesNoOtherSpelling) {
  EXPECT_EQ(Refusal("journal: {deduplicationIds: 5, deduplication_ids: 6}"),
            "journal.deduplication_ids: stands here twice");
  EXPECT_EQ(Refusal("server: {maxCalls: '5'}"),
            "server.max_calls: must be a whole number, not negative");
  EXPECT_THAT(Refusal("journal: {DeduplicationIds: 5}"), StartsWith("journal"));
  for (const char* format : {"FORMAT_UNSPECIFIED", "unspecified", "FORMAT_standard", "Standard"}) {
    EXPECT_THAT(Refusal(WithDestination(std::string("format: ") + format)),
                StartsWith("destinations[0].format: must be one of standard, payload, "));
  }
}

}  // namespace
}  // namespace carillon::config
