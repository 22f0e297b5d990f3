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
#include "carillon/log/log.h"
#include "carillon/statistics/statistics_store.h"

namespace carillon::statistics {

/// Real time to wait with, and a time of day that moves when told to.
class SetClock final : public base::Clock {
 public:
  base::WallTime Wall() const override { return base::FromUnixNanos(wall_.load()); }
  base::MonoTime Mono() const override { return std::chrono::steady_clock::now(); }
  void Advance(std::chrono::nanoseconds by) { wall_.fetch_add(by.count()); }

 private:
  std::atomic<int64_t> wall_{1'700'006'400'000'000'000};  // 2023-11-15T00:00:00Z
};

class StoreTest : public testing::Test {
 protected:
  StoreTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "carillon-statistics-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    options_.path = folder_ / "statistics.db";
    // Only what is asked for is written.
    options_.write_every = std::chrono::hours(1);
  }
  ~StoreTest() override {
    store_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  void Open() {
    store_.reset();
    auto opened = StatisticsStore::Open(options_, clock_, *logger_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }
  /// An attempt that succeeded, now.
  Entry Success(const std::string& tenant = "acme", const std::string& destination = "orders",
                uint32_t us = 1000) {
    names_.push_back(std::make_unique<std::pair<std::string, std::string>>(tenant, destination));
    return {.tenant = names_.back()->first,
            .destination = names_.back()->second,
            .at = clock_.Wall(),
            .outcome = model::Outcome::kSuccess,
            .responded = true,
            .duration_us = us,
            .sent_bytes = 100,
            .delivered = 1};
  }
  void Add(const Entry& entry) { store_->Add(0, entry); }
  absl::StatusOr<Result> Find(Query query) {
    query.max_time = std::chrono::hours(1);  // tests do not depend on how fast they run
    store_->Flush();                         // for which a query waits a second, and no longer
    std::promise<absl::StatusOr<Result>> answer;
    store_->Find(std::move(query),
                 [&](absl::StatusOr<Result> result) { answer.set_value(std::move(result)); });
    return answer.get_future().get();
  }
  /// Of one subject, from so long ago until now.
  Query Last(std::chrono::minutes time, std::chrono::minutes step, Subject subject) {
    return {.subjects = {std::move(subject)},
            .from = clock_.Wall() - time + step,
            .to = clock_.Wall() + std::chrono::nanoseconds(1),
            .step = step};
  }
  /// What was counted in all of the last two days.
  Cell Sum(Subject subject) {
    Query query = Last(std::chrono::hours(48), std::chrono::hours(24), std::move(subject));
    const auto result = Find(std::move(query));
    EXPECT_TRUE(result.ok()) << result.status();
    Cell sum;
    if (!result.ok()) return sum;
    for (const Cell& cell : result->series.at(0).cells) sum.Merge(cell);
    return sum;
  }

  std::filesystem::path folder_;
  Options options_;
  SetClock clock_;
  std::ostringstream lines_;
  std::unique_ptr<log::Logger> logger_ = log::Logger::Create(lines_, log::Level::kInfo, clock_);
  std::unique_ptr<StatisticsStore> store_;
  std::vector<std::unique_ptr<std::pair<std::string, std::string>>> names_;
};

inline uint64_t Successes(const Cell& cell) {
  return cell.attempts[static_cast<size_t>(model::Outcome::kSuccess)];
}

}  // namespace carillon::statistics
