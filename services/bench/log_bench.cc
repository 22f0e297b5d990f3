// The delivery log alone: fills one with many attempts of many destinations, then asks for pages of
// every kind while attempts go on being written, as publishing at full rate does. Prints how long
// they took.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <future>
#include <iostream>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "carillon/base/clock.h"
#include "carillon/base/random.h"
#include "carillon/deliverylog/attempt_store.h"
#include "carillon/log/log.h"

namespace carillon::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint64_t kTenants = 1000;
constexpr uint64_t kDestinations = 3;  // of each tenant
constexpr uint64_t kTypes = 20;
constexpr uint64_t kHandedOverAtOnce = 10'000;

std::string Tenant(uint64_t i) { return absl::StrCat("tenant-", i % kTenants); }
std::string Destination(uint64_t i) {
  return absl::StrCat("destination-", (i / kTenants) % kDestinations);
}
std::string Type(uint64_t i) { return absl::StrCat("order.type-", (i * 7) % kTypes); }
std::string EventId(uint64_t i) {
  return absl::StrCat("01939f3a-7c1e-7000-8000-", absl::Hex(i, absl::kZeroPad12));
}

/// Attempt `i` of all: one in fifty failed, and one in a thousand was the last of its delivery and
/// failed.
void Add(deliverylog::AttemptStore& log, uint64_t i, base::WallTime now) {
  deliverylog::Entry entry;
  entry.figures = {
      .position = i + 1, .accepted = now, .started = now, .duration_us = 1500, .status = 200};
  if (i % 50 == 0) {
    entry.figures.outcome = model::Outcome::kHttp5xx;
    entry.figures.status = 503;
    entry.figures.state =
        i % 1000 == 0 ? deliverylog::State::kDead : deliverylog::State::kScheduled;
  }
  const std::string tenant = Tenant(i);
  const std::string destination = Destination(i);
  const std::string type = Type(i);
  const std::string id = EventId(i);
  entry.tenant = tenant;
  entry.destination = destination;
  entry.event_type = type;
  entry.event_id = id;
  log.Add(0, entry);
}

/// Adds attempts in the background at `rate` a second until it ends.
class Writer {
 public:
  Writer(deliverylog::AttemptStore& log, const base::Clock& clock, uint64_t next, uint64_t rate)
      : thread_([this, &log, &clock, next, rate] { Run(log, clock, next, rate); }) {}
  ~Writer() {
    stop_ = true;
    thread_.join();
  }

 private:
  void Run(deliverylog::AttemptStore& log, const base::Clock& clock, uint64_t next, uint64_t rate) {
    const uint64_t each = std::max<uint64_t>(1, rate / 100);
    for (auto at = Clock::now(); !stop_; at += std::chrono::milliseconds(10)) {
      std::this_thread::sleep_until(at);
      for (uint64_t i = 0; i < each; ++i) Add(log, next++, clock.Wall());
    }
  }

  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

/// What the administration API asks for, by kind, about attempts anywhere in the log.
deliverylog::Query Ask(int kind, base::Random& random, uint64_t attempts) {
  const uint64_t i = random.Next() % attempts;
  deliverylog::Query query;
  if (kind != 5) query.tenant = Tenant(i);
  switch (kind) {
    case 0:
      query.destination = Destination(i);
      break;
    case 1:  // deep in the list
      query.destination = Destination(i);
      query.before = i + 1;
      break;
    case 2:
      query.state = deliverylog::State::kDead;
      break;
    case 3:
      query.outcome = model::Outcome::kHttp5xx;
      break;
    case 4:
      query.event_type = Type(i);
      break;
    case 5:
      query.event_id = EventId(i);
      break;
    default:
      query.position = i + 1;
      query.destination = Destination(i);
      break;
  }
  return query;
}
constexpr int kKinds = 7;

double PageMillis(deliverylog::AttemptStore& log, deliverylog::Query query, uint64_t& rows) {
  std::promise<absl::StatusOr<deliverylog::Page>> promise;
  auto answer = promise.get_future();
  const auto begin = Clock::now();
  log.Find(std::move(query),
           [&](absl::StatusOr<deliverylog::Page> page) { promise.set_value(std::move(page)); });
  const auto page = answer.get();
  const double took = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
  if (!page.ok()) {
    std::cerr << "log_bench: " << page.status() << "\n";
    std::exit(1);
  }
  rows += page->records.size();
  return took;
}

int Run(const std::string& folder, uint64_t attempts, uint64_t pages, uint64_t rate) {
  const base::SystemClock clock;
  std::ostringstream messages;
  const auto logger = log::Logger::Create(messages, log::Level::kWarn, clock);
  deliverylog::Options options{.folder = folder};
  options.max_bytes = uint64_t{64} << 30;
  auto log = deliverylog::AttemptStore::Open(options, clock, *logger).value();
  const auto begin = Clock::now();
  for (uint64_t i = 0; i < attempts; ++i) {
    Add(*log, i, clock.Wall());
    if (i % kHandedOverAtOnce == 0) log->Flush();
  }
  log->Flush();
  const double filling = std::chrono::duration<double>(Clock::now() - begin).count();
  const deliverylog::LogFigures figures = log->figures();

  std::vector<double> took;
  uint64_t rows = 0;
  {
    const Writer writer(*log, clock, attempts, rate);
    base::SeededRandom random(1);
    for (uint64_t i = 0; i < pages; ++i) {
      took.push_back(PageMillis(*log, Ask(static_cast<int>(i % kKinds), random, attempts), rows));
    }
  }
  log->Flush();
  std::sort(took.begin(), took.end());
  std::cout << "{\"log_rows\":" << figures.rows
            << ",\"log_dropped\":" << log->figures().dropped_queue << ",\"log_bytes_per_attempt\":"
            << static_cast<double>(figures.bytes) / static_cast<double>(figures.rows)
            << ",\"log_written_per_s\":" << static_cast<double>(attempts) / filling
            << ",\"log_page_rows\":" << static_cast<double>(rows) / static_cast<double>(pages)
            << ",\"log_page_p50_ms\":" << took[took.size() / 2]
            << ",\"log_page_p99_ms\":" << took[took.size() * 99 / 100]
            << ",\"log_page_max_ms\":" << took.back() << "}" << std::endl;
  return 0;
}

}  // namespace
}  // namespace carillon::bench

int main(int argc, char** argv) {
  CLI::App app("Measures pages of a large delivery log while it is written to.");
  std::string folder;
  uint64_t attempts = 10'000'000;
  uint64_t pages = 2000;
  uint64_t rate = 20'000;
  app.add_option("--folder", folder, "where it is made; removed by the caller")->required();
  app.add_option("--attempts", attempts, "how many there are")
      ->check(CLI::Range(1000, 100'000'000));
  app.add_option("--pages", pages, "how many are asked for")->check(CLI::Range(100, 1'000'000));
  app.add_option("--rate", rate, "attempts written a second meanwhile")
      ->check(CLI::Range(0, 1'000'000));
  CLI11_PARSE(app, argc, argv);
  return carillon::bench::Run(folder, attempts, pages, rate);
}
