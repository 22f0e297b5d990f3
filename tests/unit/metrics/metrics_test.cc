#include "carillon/metrics/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "scrape.h"

namespace carillon::metrics {
namespace {

using model::Outcome;
using std::chrono::microseconds;
using std::chrono::milliseconds;

TEST(Metrics, ClosedSeriesExistFromTheStart) {
  const Scrape scrape = ReadScrape(Metrics::Create("1.2.3")->Render());
  for (const char* result : {"accepted", "duplicate", "invalid", "overload", "unavailable"}) {
    EXPECT_EQ(scrape.at("carillon_events_published_total{result=\"" + std::string(result) + "\"}"),
              0);
  }
  for (const std::string_view outcome : model::kOutcomeNames) {
    const std::string label = "{outcome=\"" + std::string(outcome) + "\"}";
    EXPECT_EQ(scrape.at("carillon_attempts_total" + label), 0);
    EXPECT_EQ(scrape.at("carillon_attempt_duration_seconds_count" + label), 0);
  }
  for (const char* state : {"ready", "in_flight", "parked"}) {
    EXPECT_EQ(scrape.at("carillon_deliveries{state=\"" + std::string(state) + "\"}"), 0);
  }
  for (const char* state : {"idle", "active", "behind", "failing"}) {
    EXPECT_EQ(scrape.at("carillon_destinations{state=\"" + std::string(state) + "\"}"), 0);
  }
  EXPECT_EQ(scrape.at("carillon_config_reloads_total{result=\"ok\"}"), 0);
  EXPECT_EQ(scrape.at("carillon_config_reloads_total{result=\"error\"}"), 0);
  EXPECT_EQ(scrape.Sum("carillon_build_info"), 1);
}

PlainHistogram& AttemptsOf(ShardMetrics& shard, Outcome outcome) {
  return shard.attempts[static_cast<size_t>(outcome)];
}

TEST(Metrics, CountsAndObserves) {
  const auto metrics = Metrics::Create("1.2.3");
  metrics->CountPublished(PublishResult::kAccepted, 7);
  metrics->CountPublished(PublishResult::kUnavailable, 2);
  metrics->ObservePublish(milliseconds(3));
  metrics->ObserveCommit(microseconds(700), 40, 90);
  const auto shard = metrics->AddShard();
  const auto other = metrics->AddShard();
  AttemptsOf(*shard, Outcome::kDns).Observe(milliseconds(20));
  AttemptsOf(*shard, Outcome::kSuccess).Observe(milliseconds(1));
  AttemptsOf(*other, Outcome::kSuccess).Observe(milliseconds(70));
  other->delivered.Observe(microseconds(450));
  metrics->CountReload(true, milliseconds(40));
  metrics->CountRetryAfterIgnored();
  metrics->CountGuardRefused();
  metrics->CountGuardRefused();
  metrics->CountTokenFetch(false);
  metrics->CountKeySetFetch(true);
  metrics->CountDnsLookup(DnsResult::kTimeout);
  metrics->SetDnsLookupsInFlight(3);
  metrics->CountDnsStale();
  const Scrape s = ReadScrape(metrics->Render());
  EXPECT_EQ(s.at("carillon_events_published_total{result=\"accepted\"}"), 7);
  EXPECT_EQ(s.at("carillon_events_published_total{result=\"unavailable\"}"), 2);
  EXPECT_DOUBLE_EQ(s.at("carillon_publish_duration_seconds_sum"), 0.003);
  EXPECT_EQ(s.at("carillon_commit_duration_seconds_bucket{le=\"0.0005\"}"), 0);
  EXPECT_EQ(s.at("carillon_commit_duration_seconds_bucket{le=\"0.001\"}"), 1);
  EXPECT_EQ(s.at("carillon_commit_events_sum"), 40);
  EXPECT_EQ(s.at("carillon_commit_rows_sum"), 90);
  EXPECT_EQ(s.at("carillon_attempts_total{outcome=\"dns\"}"), 1);
  EXPECT_DOUBLE_EQ(s.at("carillon_attempt_duration_seconds_sum{outcome=\"dns\"}"), 0.02);
  EXPECT_EQ(s.at("carillon_attempts_total{outcome=\"success\"}"), 2);
  EXPECT_EQ(s.at("carillon_accepted_to_delivered_seconds_bucket{le=\"0.0005\"}"), 1);
  EXPECT_EQ(s.at("carillon_config_reloads_total{result=\"ok\"}"), 1);
  EXPECT_EQ(s.at("carillon_retry_after_ignored_total"), 1);
  EXPECT_EQ(s.at("carillon_guard_refused_total"), 2);
  EXPECT_EQ(s.at("carillon_dns_lookups_total{result=\"timeout\"}"), 1);
  EXPECT_EQ(s.at("carillon_dns_lookups_total{result=\"local\"}"), 0);
  EXPECT_EQ(s.at("carillon_dns_lookups_in_flight"), 3);
  EXPECT_EQ(s.at("carillon_dns_stale_answers_total"), 1);
  EXPECT_EQ(s.at("carillon_token_fetches_total{result=\"error\"}"), 1);
  EXPECT_EQ(s.at("carillon_token_fetches_total{result=\"ok\"}"), 0);
  EXPECT_EQ(s.at("carillon_key_set_fetches_total{result=\"error\"}"), 0);
  EXPECT_EQ(s.at("carillon_key_set_fetches_total{result=\"ok\"}"), 1);
  EXPECT_EQ(s.at("carillon_config_reloads_total{result=\"error\"}"), 0);
}

TEST(Metrics, RefusalsAndHandshakesAreCountedByTheirNames) {
  const auto metrics = Metrics::Create("1.2.3");
  metrics->CountRefused(Refusal::kDiskFull, 3);
  metrics->CountRefused(Refusal::kJournalFailed, 1);
  metrics->CountTlsHandshake(TlsResult::kResumed);
  metrics->CountTlsHandshake(TlsResult::kTimeout);
  metrics->ObserveSync(microseconds(300));
  const Scrape s = ReadScrape(metrics->Render());
  EXPECT_EQ(s.at("carillon_publishing_refused_total{reason=\"disk_full\"}"), 3);
  EXPECT_EQ(s.at("carillon_publishing_refused_total{reason=\"journal_failed\"}"), 1);
  EXPECT_EQ(s.at("carillon_publishing_refused_total{reason=\"waiting\"}"), 0);
  EXPECT_EQ(s.at("carillon_tls_handshakes_total{result=\"resumed\"}"), 1);
  EXPECT_EQ(s.at("carillon_tls_handshakes_total{result=\"timeout\"}"), 1);
  EXPECT_EQ(s.Sum("carillon_tls_handshakes_total"), 2);
  EXPECT_EQ(s.at("carillon_sync_duration_seconds_bucket{le=\"0.00025\"}"), 0);
  EXPECT_EQ(s.at("carillon_sync_duration_seconds_bucket{le=\"0.0005\"}"), 1);
}

using Names = std::vector<std::string_view>;

/// Of the series of `name`, which are one for each pair of values, `count` counts the one at their
/// places alone. `labels`: with %1 and %2 for them.
void ExpectPairs(const std::string& name, const std::string& labels, const Names& first,
                 const Names& second,
                 const std::function<void(Metrics&, size_t first, size_t second)>& count) {
  for (size_t i = 0; i < first.size(); ++i) {
    for (size_t j = 0; j < second.size(); ++j) {
      const auto metrics = Metrics::Create("1.2.3");
      count(*metrics, i, j);
      const Scrape s = ReadScrape(metrics->Render());
      std::string series = name + labels;
      series.replace(series.find("%1"), 2, first[i]);
      series.replace(series.find("%2"), 2, second[j]);
      EXPECT_EQ(s.at(series), 1);
      EXPECT_EQ(s.Sum(name), 1);
      EXPECT_EQ(s.Count(name), first.size() * second.size());
    }
  }
}

TEST(Metrics, StoreErrorsAreCountedByOperationAndKind) {
  ExpectPairs("carillon_storage_errors_total", "{kind=\"%2\",operation=\"%1\"}",
              {"write", "read", "checkpoint", "retention", "files"},
              {"full", "busy", "damaged", "denied", "io"},
              [](Metrics& metrics, size_t operation, size_t kind) {
                metrics.CountStoreError(StoreOperation(operation), StoreError(kind));
              });
}

TEST(Metrics, ShortagesAreCountedByResourceAndEffect) {
  ExpectPairs("carillon_local_shortage_total", "{effect=\"%2\",resource=\"%1\"}",
              {"descriptors", "ports", "memory", "lookups"}, {"idle_closed", "waited", "postponed"},
              [](Metrics& metrics, size_t resource, size_t effect) {
                metrics.CountShortage(model::Resource(resource), model::ShortageEffect(effect));
              });
}

TEST(Metrics, TheConfigurationInForceHasANumberAndAHash) {
  const auto metrics = Metrics::Create("1.2.3");
  metrics->SetConfiguration(1, "aa");
  Scrape s = ReadScrape(metrics->Render());
  EXPECT_EQ(s.at("carillon_config_generation"), 1);
  EXPECT_EQ(s.at("carillon_config_last_reload_successful"), 1);
  EXPECT_EQ(s.at("carillon_config_info{hash=\"aa\"}"), 1);
  metrics->CountReload(false, milliseconds(300));
  s = ReadScrape(metrics->Render());
  EXPECT_EQ(s.at("carillon_config_generation"), 1);
  EXPECT_EQ(s.at("carillon_config_last_reload_successful"), 0);
  metrics->CountReload(true, milliseconds(200));
  metrics->SetConfiguration(7, "bb");
  metrics->SetRecovery(milliseconds(1500));
  s = ReadScrape(metrics->Render());
  EXPECT_EQ(s.at("carillon_config_generation"), 7);
  EXPECT_EQ(s.at("carillon_config_last_reload_successful"), 1);
  EXPECT_EQ(s.Count("carillon_config_info"), 1u);
  EXPECT_EQ(s.at("carillon_config_info{hash=\"bb\"}"), 1);
  EXPECT_DOUBLE_EQ(s.at("carillon_config_reload_duration_seconds_sum"), 0.5);
  EXPECT_EQ(s.at("carillon_config_reload_duration_seconds_count"), 2);
  EXPECT_DOUBLE_EQ(s.at("carillon_recovery_duration_seconds"), 1.5);
}

TEST(Metrics, ProcessGaugesAreAskedAtEachScrape) {
  const auto metrics = Metrics::Create("1.2.3");
  EXPECT_EQ(ReadScrape(metrics->Render()).at("carillon_publishing_accepted"), 1);
  uint64_t position = 41;
  metrics->SetProcessGauges([&position] {
    return ProcessGauges{.journal_last_position = ++position,
                         .journal_watermark = 40,
                         .journal_floor = 35,
                         .journal_waiting_bytes = 1,
                         .journal_stored_bytes = 2,
                         .free_disk_bytes = 3,
                         .min_free_disk_bytes = 5,
                         .deduplication_ids = 4,
                         .accepting = false,
                         .destination_connections_limit = 6,
                         .in_flight_limit = 7,
                         .dead_kept = 8,
                         .publisher_reads_held = 9,
                         .certificates = {{"t", "d", 1'900'000'000},
                                          {"t", "d", 1'900'000'001, CertificateUse::kTrusted},
                                          {"", "", 1'900'000'002, CertificateUse::kCollectorClient},
                                          {"", "", 3, CertificateUse::kCollectorTrusted}}};
  });
  metrics->Render();
  const Scrape s = ReadScrape(metrics->Render());
  EXPECT_EQ(s.at("carillon_journal_last_position"), 43);
  EXPECT_EQ(s.at("carillon_journal_watermark"), 40);
  EXPECT_EQ(s.at("carillon_journal_floor"), 35);
  EXPECT_EQ(s.at("carillon_journal_waiting_bytes"), 1);
  EXPECT_EQ(s.at("carillon_journal_stored_bytes"), 2);
  EXPECT_EQ(s.at("carillon_disk_free_bytes"), 3);
  EXPECT_EQ(s.at("carillon_disk_min_free_bytes"), 5);
  EXPECT_EQ(s.at("carillon_deduplication_ids"), 4);
  EXPECT_EQ(s.at("carillon_publishing_accepted"), 0);
  EXPECT_EQ(s.at("carillon_destination_connections_limit"), 6);
  EXPECT_EQ(s.at("carillon_in_flight_limit"), 7);
  EXPECT_EQ(s.at("carillon_dead_kept"), 8);
  EXPECT_EQ(s.at("carillon_publisher_reads_held_total{reason=\"turn\"}"), 9);
  EXPECT_EQ(s.at("carillon_certificate_not_after_seconds{use=\"client\",tenant=\"t\","
                 "destination=\"d\"}"),
            1'900'000'000);
  EXPECT_EQ(s.at("carillon_certificate_not_after_seconds{use=\"trusted\",tenant=\"t\","
                 "destination=\"d\"}"),
            1'900'000'001);
  EXPECT_EQ(s.at("carillon_certificate_not_after_seconds{use=\"collector_client\",tenant=\"\","
                 "destination=\"\"}"),
            1'900'000'002);
  EXPECT_EQ(s.at("carillon_certificate_not_after_seconds{use=\"collector_trusted\",tenant=\"\","
                 "destination=\"\"}"),
            3);
  metrics->SetProcessGauges(nullptr);
  metrics->Render();
  EXPECT_EQ(position, 43u);
}

TEST(Metrics, ProcessFiguresAreThoseOfThisProcess) {
  const auto metrics = Metrics::Create("1.2.3");
  std::atomic<bool> stop{false};
  const auto wait = [&stop] { stop.wait(false); };
  std::thread first(wait);  // a sanitizer starts a thread of its own with the first
  const Scrape before = ReadScrape(metrics->Render());
  std::FILE* file = std::fopen("/dev/null", "r");
  ASSERT_NE(file, nullptr);
  std::thread second(wait);
  const Scrape during = ReadScrape(metrics->Render());
  stop = true;
  stop.notify_all();
  first.join();
  second.join();
  std::fclose(file);
  EXPECT_EQ(during.at("process_open_fds"), before.at("process_open_fds") + 1);
  EXPECT_EQ(during.at("process_threads"), before.at("process_threads") + 1);
  EXPECT_GE(during.at("process_cpu_seconds_total"), before.at("process_cpu_seconds_total"));
  EXPECT_GT(before.at("process_resident_memory_bytes"), 1e6);
  EXPECT_GT(before.at("process_virtual_memory_bytes"), before.at("process_resident_memory_bytes"));
  EXPECT_GT(before.at("process_max_fds"), before.at("process_open_fds"));
  const double now = static_cast<double>(base::ToUnixSeconds(base::SystemClock().Wall()));
  EXPECT_NEAR(before.at("process_start_time_seconds"), now, 600);
}

TEST(Metrics, LabelValuesAreEscaped) {
  const std::string text = Metrics::Create("a\"b\\c\nd")->Render();
  EXPECT_THAT(text, testing::HasSubstr(R"(version="a\"b\\c\nd")"));
}

TEST(Metrics, PromtoolFindsNothingToSay) {
  const auto metrics = Metrics::Create("1.2.3");
  const auto a = metrics->AddLane("tenant", "a");
  const auto b = metrics->AddLane("tenant", "b");
  a->CountAttempt(Outcome::kSuccess);
  b->CountAttempt(Outcome::kTls);
  AttemptsOf(*metrics->AddShard(), Outcome::kTls).Observe(milliseconds(3));
  const std::string path = testing::TempDir() + "/carillon_scrape_" + std::to_string(::getpid());
  std::ofstream(path) << metrics->Render();
  std::FILE* promtool = ::popen(("promtool check metrics 2>&1 <" + path).c_str(), "r");
  ASSERT_NE(promtool, nullptr);
  std::string said;
  for (int c; (c = std::fgetc(promtool)) != EOF;) said += static_cast<char>(c);
  EXPECT_EQ(::pclose(promtool), 0) << said;
  EXPECT_EQ(said, "");
  ::unlink(path.c_str());
}

TEST(Metrics, ThreadsCountWhileOthersScrape) {
  constexpr int kThreads = 3;
  constexpr int kRounds = 300;
  const auto metrics = Metrics::Create("1.2.3", 2);
  std::atomic<int> running{kThreads};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const auto shard = metrics->AddShard();
      for (int i = 0; i < kRounds; ++i) {
        const auto lane = metrics->AddLane("t", "d" + std::to_string((t + i) % 5));
        lane->CountAttempt(Outcome::kReset);
        lane->delivered.fetch_add(1, std::memory_order_relaxed);
        AttemptsOf(*shard, Outcome::kReset).Observe(microseconds(i));
        metrics->CountPublished(PublishResult::kAccepted, 1);
      }
      --running;
    });
  }
  double last = 0;
  while (running > 0) {
    const double now = ReadScrape(metrics->Render()).at("carillon_delivered_total");
    EXPECT_GE(now, last);
    last = now;
  }
  for (std::thread& thread : threads) thread.join();
  const Scrape scrape = ReadScrape(metrics->Render());
  EXPECT_EQ(scrape.at("carillon_delivered_total"), kThreads * kRounds);
  EXPECT_EQ(scrape.Sum("carillon_destination_attempts_total"), kThreads * kRounds);
  EXPECT_EQ(scrape.at("carillon_attempts_total{outcome=\"reset\"}"), kThreads * kRounds);
}

}  // namespace
}  // namespace carillon::metrics
