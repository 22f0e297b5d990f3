#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <future>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/deliverylog/attempt_store.h"
#include "carillon/log/log.h"

namespace carillon::deliverylog {

/// Real time to wait with, and a time of day that moves when told to.
class SetClock final : public base::Clock {
 public:
  base::WallTime Wall() const override { return base::FromUnixNanos(wall_.load()); }
  base::MonoTime Mono() const override { return std::chrono::steady_clock::now(); }
  void Advance(std::chrono::nanoseconds by) { wall_.fetch_add(by.count()); }

 private:
  std::atomic<int64_t> wall_{1'700'000'000'000'000'000};
};

/// An attempt as tests write them down.
struct Attempt {
  Figures figures;
  std::string tenant = "acme";
  std::string destination = "orders";
  std::string event_type = "order.paid";
  std::string event_id = "id";
  Detail detail;
  bool has_detail = false;

  Entry ToEntry() const {
    return {figures, tenant, destination, event_type, event_id, has_detail ? &detail : nullptr};
  }
};

class LogTest : public testing::Test {
 protected:
  LogTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "carillon-log-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    options_.folder = folder_ / "delivery_log";
    options_.segment_rows = 500;
    options_.write_every = std::chrono::milliseconds(5);
  }
  ~LogTest() override {
    log_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  void Open() {
    log_.reset();
    auto opened = AttemptStore::Open(options_, clock_, *logger_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    log_ = *std::move(opened);
  }
  absl::StatusOr<Page> Find(Query query) {
    query.max_time = std::chrono::hours(1);  // tests do not depend on how fast they run
    std::promise<absl::StatusOr<Page>> answer;
    log_->Find(std::move(query),
               [&](absl::StatusOr<Page> page) { answer.set_value(std::move(page)); });
    return answer.get_future().get();
  }
  /// All pages, to the end.
  std::vector<Record> FindAll(Query query) {
    std::vector<Record> all;
    for (;;) {
      absl::StatusOr<Page> page = Find(query);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) return all;
      for (Record& record : page->records) all.push_back(std::move(record));
      if (!page->next) return all;
      EXPECT_LT(*page->next, query.before);
      query.before = *page->next;
    }
  }
  /// A successful attempt at the event of `position`.
  Attempt At(uint64_t position) {
    Attempt attempt;
    attempt.figures.position = position;
    attempt.figures.accepted = clock_.Wall();
    attempt.figures.started = clock_.Wall() + std::chrono::microseconds(position);
    attempt.figures.status = 200;
    attempt.event_id = "event-" + std::to_string(position);
    return attempt;
  }
  void Add(const Attempt& attempt) { log_->Add(0, attempt.ToEntry()); }
  std::vector<std::filesystem::path> Files(const std::string& end) const {
    std::vector<std::filesystem::path> files;
    for (const auto& each : std::filesystem::directory_iterator(options_.folder)) {
      if (each.path().string().ends_with(end)) files.push_back(each.path());
    }
    std::sort(files.begin(), files.end());
    return files;
  }

  std::filesystem::path folder_;
  Options options_;
  SetClock clock_;
  std::ostringstream lines_;
  std::unique_ptr<log::Logger> logger_ = log::Logger::Create(lines_, log::Level::kInfo, clock_);
  std::unique_ptr<AttemptStore> log_;
};

}  // namespace carillon::deliverylog
