// docs/configuration.md: its examples are configurations, and no member is missing from it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <sstream>
#include <vector>

#include "carillon/json/number.h"
#include "carillon/json/scanner.h"
#include "carillon/model/built_in.h"
#include "carillon/resource/units.h"
#include "carillon/v1/config.pb.h"
#include "field_rules.h"
#include "file.h"
#include "fixtures.h"
#include "input_members.h"
#include "secret_source.h"
#include "yaml_tree.h"

namespace carillon::config {
namespace {

using google::protobuf::Descriptor;

std::vector<std::string> YamlBlocks(const std::string& page) {
  std::vector<std::string> blocks;
  const std::string begin = "```yaml\n";
  for (size_t at = page.find(begin); at != page.npos; at = page.find(begin, at)) {
    at += begin.size();
    const size_t end = page.find("```", at);
    blocks.push_back(page.substr(at, end - at));
    at = end;
  }
  return blocks;
}

void CollectMembers(const Descriptor* type, std::set<const Descriptor*>& seen,
                    std::set<std::string>& members) {
  if (!seen.insert(type).second) return;
  for (int i = 0; i < type->field_count(); ++i) {
    const auto* field = type->field(i);
    if (!IsInput(*field)) continue;
    members.insert(field->name());
    const auto* child = field->message_type();
    if (child != nullptr && child->file()->package() == "carillon.v1" && !field->is_map() &&
        child->name() != "Scalar") {
      CollectMembers(child, seen, members);
    }
  }
}

void SetKeys() {
  for (const char* name :
       {"SYNCHUB_A_KEY", "VISION6_PRIMARY_KEY", "VISION6_SECONDARY_KEY", "SHOP_KEY", "SHOP_OLD_KEY",
        "BUILD_SERVER_KEY", "PROXY_PASSWORD", "GATEWAY_API_KEY"}) {
    ::setenv(name, kSecret, 1);
  }
}

TEST(Docs, ExamplesAreConfigurations) {
  SetKeys();
  const auto blocks = YamlBlocks(ReadText(CARILLON_CONFIGURATION_MD));
  ASSERT_GE(blocks.size(), 4u);
  for (const std::string& block : blocks) EXPECT_EQ(Refusal(block), "") << block;

  const Config worked = Parsed(blocks.back());
  EXPECT_EQ(worked.destinations.size(), 9u);
  for (const model::Destination& d : worked.destinations) {
    if (d.tenant != "synthesisvr") continue;
    EXPECT_EQ(d.format, model::Format::kArray);
    EXPECT_EQ(d.total_timeout, std::chrono::seconds(2));
    EXPECT_EQ(d.success, model::SuccessRule::kAnyResponse);
    EXPECT_TRUE(d.retry.delays.empty());
  }
}

/// The examples of the table of policies: what stands between backquotes in its last column.
std::vector<std::string> PolicyExamples(const std::string& page) {
  std::vector<std::string> examples;
  const size_t begin = page.find("| policy | default |");
  std::istringstream lines(page.substr(begin, page.find("\n\n", begin) - begin));
  for (std::string line; std::getline(lines, line);) {
    const size_t end = line.rfind("` |");
    if (end == line.npos) continue;
    const size_t at = line.rfind("| `", end) + 3;
    examples.push_back(line.substr(at, end - at));
  }
  return examples;
}

TEST(Docs, ExamplesOfDeliveryAreConfigurations) {
  SetKeys();
  const std::string page = ReadText(CARILLON_DELIVERY_MD);
  const auto blocks = YamlBlocks(page);
  EXPECT_GE(blocks.size(), 7u);
  for (const std::string& block : blocks) EXPECT_EQ(Refusal(block), "") << block;
  const auto examples = PolicyExamples(page);
  EXPECT_GE(examples.size(), 24u);
  for (const std::string& example : examples) {
    std::string yaml = "destinations:\n  - name: d\n    url: http://h.example/\n    " + example;
    // What goes together with it is no part of the example.
    if (example.starts_with("batch:")) yaml += "\n    format: array";
    if (example.starts_with("signature:")) {
      yaml += "\n    keys: [{name: k, secret: {env: SHOP_KEY}}]";
    }
    EXPECT_EQ(Refusal(yaml), "") << example;
  }
}

TEST(Docs, EveryMemberIsDescribed) {
  const std::string page = ReadText(CARILLON_CONFIGURATION_MD);
  std::set<const Descriptor*> seen;
  std::set<std::string> members;
  CollectMembers(v1::Config::descriptor(), seen, members);
  EXPECT_GT(members.size(), 40u);
  for (const std::string& member : members) {
    EXPECT_THAT(page, testing::HasSubstr("`" + member + "`")) << member;
  }
}

/// As the page writes numbers: `1000`, `65,536`.
std::string WithCommas(uint64_t number) {
  std::string text = std::to_string(number);
  if (number < 10'000) return text;
  for (size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

/// As the page writes a bound: `1 KiB`, `1 PiB`, `100 ms`, `30 days`, `10 years`.
std::string InWords(double value, const google::protobuf::FieldDescriptor& field) {
  const auto number = static_cast<uint64_t>(value);
  if (field.message_type() != nullptr) {
    constexpr uint64_t kDay = 86'400'000;
    constexpr uint64_t kTenYears = 3653 * kDay;
    if (number == kTenYears) return "10 years";
    if (number > kDay && number % kDay == 0) return std::to_string(number / kDay) + " days";
    constexpr std::pair<uint64_t, const char*> kUnits[] = {
        {3'600'000, " h"}, {60'000, " min"}, {1'000, " s"}};
    for (const auto& [size, name] : kUnits) {
      if (number % size == 0 && (number > 0 || size == 1'000)) {
        return std::to_string(number / size) + name;
      }
    }
    return std::to_string(number) + " ms";
  }
  if (field.name().ends_with("_bytes") || field.name().ends_with("bytes_per_second")) {
    if (number == uint64_t{1} << 50) return "1 PiB";
    return number == 0 ? "0" : resource::FormatSize(number);
  }
  if (value != static_cast<double>(number)) return resource::Shown(value, field);
  return WithCommas(number);
}

/// The rows of all tables that are about a member of this name.
std::string RowsOf(const std::string& page, const std::string& member) {
  std::string rows;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("| `" + member + "` |")) rows += line + "\n";
  }
  return rows;
}

TEST(Docs, BoundsAreTheOnesThatHold) {
  const std::string page = ReadText(CARILLON_CONFIGURATION_MD);
  std::set<const Descriptor*> types;
  std::set<std::string> members;
  CollectMembers(v1::Config::descriptor(), types, members);
  int looked_at = 0;
  for (const Descriptor* type : types) {
    for (int i = 0; i < type->field_count(); ++i) {
      const auto& field = *type->field(i);
      // The elements of `delays` stand in its row.
      const std::string member = field.name() == "items" ? "delays" : field.name();
      const resource::FieldRule rule = resource::RuleOf(field);
      if (!rule.min) continue;
      ++looked_at;
      EXPECT_THAT(RowsOf(page, member), testing::HasSubstr(InWords(*rule.min, field) + " to " +
                                                           InWords(*rule.max, field)))
          << field.full_name();
    }
  }
  EXPECT_GE(looked_at, 70);
}

TEST(Docs, LimitsAreTheOnesThatHold) {
  const std::string page = ReadText(CARILLON_CONFIGURATION_MD);
  const size_t begin = page.find("## Fixed limits");
  ASSERT_NE(begin, page.npos);
  const std::string table = page.substr(begin, page.find("\n## ", begin) - begin);
  const auto n = [](size_t number) { return std::to_string(number); };
  for (const std::string& limit :
       {"| JSON of a payload | nested " + n(json::kMaxDepth) + " deep",
        "exponents up to " + n(json::kMaxExponent),
        "| configuration file | " + n(kMaxConfigBytes >> 20) + " MiB, " + n(kMaxYamlNodes) +
            " values with aliases expanded, nested " + n(kMaxYamlDepth) + " deep, " +
            n(resource::Errors::kMax) + " errors",
        "| file of a signing key | " + n(resource::kMaxSecretFileBytes) + " bytes"}) {
    EXPECT_THAT(table, testing::HasSubstr(limit));
  }
}

TEST(Docs, EveryBuiltInTypeIsListed) {
  const std::string page = ReadText(CARILLON_CONFIGURATION_MD);
  for (const std::string& type : model::BuiltInTypes()) {
    EXPECT_THAT(page, testing::HasSubstr("`" + type + "`")) << type;
  }
}

}  // namespace
}  // namespace carillon::config
