// What lib/metrics/metrics.toml and docs/metrics.md say is what a scrape shows.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>

#include "carillon/metrics/metrics.h"
#include "families.h"
#include "scrape.h"

namespace carillon::metrics {
namespace {

std::string ReadDocs() {
  std::ifstream file(CARILLON_CONTRACTS_DIR "/../../docs/metrics.md");
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Names between backticks.
std::set<std::string> Quoted(const std::string& cell) {
  static const std::regex kName("`([a-z_0-9]+)`");
  std::set<std::string> names;
  for (std::sregex_iterator it(cell.begin(), cell.end(), kName), end; it != end; ++it) {
    names.insert((*it)[1]);
  }
  return names;
}

/// A scrape in which every family has a series.
Scrape FullScrape() {
  const auto metrics = Metrics::Create("1.2.3");
  metrics->SetConfiguration(1, "00ff");
  metrics->SetProcessGauges([] {
    return ProcessGauges{.holders = {{.tenant = "t", .destination = "d", .bytes = 1}},
                         .certificates = {{.tenant = "t", .destination = "d", .not_after = 1}}};
  });
  return ReadScrape(metrics->Render());
}

TEST(MetricsTable, IsWhatIsScraped) {
  const Scrape scrape = FullScrape();
  EXPECT_EQ(families::kAll.size(), scrape.types.size());
  for (const Family* family : families::kAll) {
    const std::string name(family->name);
    ASSERT_TRUE(scrape.types.contains(name)) << name;
    const std::string types[] = {"counter", "gauge", "summary", "untyped", "histogram"};
    EXPECT_EQ(scrape.types.at(name), types[static_cast<size_t>(family->type)]) << name;
    EXPECT_EQ(scrape.helps.at(name), family->help) << name;
    std::set<std::string> labels;
    for (const Label& label : family->labels) {
      if (!label.name.empty()) labels.emplace(label.name);
    }
    EXPECT_EQ(scrape.labels.at(name), labels) << name;
  }
}

TEST(MetricsTable, ValuesThatAreKnownAreThereFromTheStartAndNoOthers) {
  const Scrape scrape = FullScrape();
  for (const Family* family : families::kAll) {
    if (family == &families::kCertificateNotAfterSeconds) continue;  // those that there are
    for (const Label& label : family->labels) {
      if (label.values.empty()) continue;
      const std::set<std::string> known(label.values.begin(), label.values.end());
      EXPECT_EQ(scrape.label_values.at({std::string(family->name), std::string(label.name)}), known)
          << family->name;
    }
  }
}

TEST(MetricsDocs, EveryFamilyIsDescribedWithItsTypeAndLabels) {
  const std::string docs = ReadDocs();
  std::map<std::string, std::string> types;
  std::map<std::string, std::set<std::string>> labels;
  static const std::regex kRow(
      R"(\| `((?:carillon|process)_[a-z_]+)` \| ([a-z]+) \| ([^|]*) \| [^|]{5,} \|)");
  for (std::sregex_iterator it(docs.begin(), docs.end(), kRow), end; it != end; ++it) {
    EXPECT_TRUE(types.emplace((*it)[1], (*it)[2]).second) << (*it)[1] << " twice";
    labels[(*it)[1]] = Quoted((*it)[3]);
  }
  const Scrape scrape = FullScrape();
  EXPECT_EQ(types, scrape.types);
  EXPECT_EQ(labels, scrape.labels);
}

TEST(MetricsDocs, QueriesNameWhatExists) {
  const std::string docs = ReadDocs();
  const auto metrics = Metrics::Create("1.2.3");
  const Scrape scrape = ReadScrape(metrics->Render());
  static const std::regex kName(R"(\bcarillon_[a-z_]+)");
  int seen = 0;
  for (std::sregex_iterator it(docs.begin(), docs.end(), kName), end; it != end; ++it, ++seen) {
    const std::string name = it->str();
    if (scrape.types.count(name) > 0) continue;
    const std::string family = name.substr(0, name.rfind('_'));
    EXPECT_TRUE(scrape.types.count(family) > 0 && scrape.types.at(family) == "histogram") << name;
  }
  EXPECT_GT(seen, 30);
}

TEST(MetricsDocs, EveryOutcomeIsDescribed) {
  const std::string docs = ReadDocs();
  for (const std::string_view outcome : model::kOutcomeNames) {
    EXPECT_THAT(docs, testing::HasSubstr("\n| `" + std::string(outcome) + "` | "));
  }
}

}  // namespace
}  // namespace carillon::metrics
