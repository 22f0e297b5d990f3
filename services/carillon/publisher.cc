#include "publisher.h"

#include <atomic>
#include <cstdio>
#include <functional>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "carillon/base/mutex.h"
#include "carillon/base/text.h"
#include "commands.h"

namespace carillon::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstPause{50};
constexpr milliseconds kLongestPause{2'000};
constexpr uint64_t kMostErrorsTold = 20;

bool WorthRetrying(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsResourceExhausted(status) ||
         absl::IsDeadlineExceeded(status);
}

/// The 3 of `events[3].type: ...`; `most` when the message names no index below it.
size_t NamedIndex(const absl::Status& status, size_t most) {
  absl::string_view text = status.message();
  const size_t at = text.find("events[");
  size_t index = 0;
  if (at == absl::string_view::npos) return most;
  text = text.substr(at + 7);
  if (!absl::SimpleAtoi(text.substr(0, text.find(']')), &index)) return most;
  return std::min(index, most);
}

/// Lets `rate` events a second pass, over all threads.
class Pace {
 public:
  Pace(double rate, const base::Clock& clock) : rate_(rate), next_(clock.Mono()) {}

  void Wait(size_t events) {
    if (rate_ <= 0) return;
    base::MonoTime turn;
    {
      const base::MutexLock lock(mutex_);
      turn = next_;
      next_ += std::chrono::duration_cast<base::MonoTime::duration>(
          std::chrono::duration<double>(static_cast<double>(events) / rate_));
    }
    std::this_thread::sleep_until(turn);
  }

 private:
  const double rate_;
  base::Mutex mutex_;
  base::MonoTime next_ ABSL_GUARDED_BY(mutex_);
};

class PublishRun {
 public:
  PublishRun(Source& source, Client& client, const PublishOptions& options,
             const base::Clock& clock)
      : source_(source),
        client_(client),
        options_(options),
        clock_(clock),
        pace_(options.rate, clock),
        started_(clock.Mono()) {}

  PublishReport Execute() {
    std::thread progress;
    if (options_.progress) progress = std::thread(&PublishRun::ShowProgress, this);
    std::vector<std::thread> workers;
    for (int i = 0; i < options_.in_flight; ++i) workers.emplace_back(&PublishRun::Work, this);
    for (std::thread& worker : workers) worker.join();
    {
      const base::MutexLock lock(mutex_);
      done_ = true;
    }
    ended_.NotifyAll();
    if (progress.joinable()) progress.join();
    const base::MutexLock lock(mutex_);
    report_.took = clock_.Mono() - started_;
    return report_;
  }

 private:
  void Work() {
    base::SeededRandom random(base::RandomSeed());
    Batch batch;
    while (!stop_ && source_.Next(batch, random)) {
      pace_.Wait(batch.size());
      PublishBatch(batch, random);
    }
  }

  void PublishBatch(Batch& batch, base::Random& random) {
    milliseconds pause = kFirstPause;
    const base::MonoTime give_up = clock_.Mono() + options_.retry_for;
    while (!batch.empty()) {
      const auto response = client_.Publish(batch.request());
      if (response.ok()) return Record(*response);
      const absl::Status& status = response.status();
      if (absl::IsInvalidArgument(status) && NamedIndex(status, batch.size()) < batch.size()) {
        const size_t index = NamedIndex(status, batch.size());
        Refused(1, batch.line(index), status);
        batch.Remove(index);
        continue;
      }
      if (absl::IsInvalidArgument(status)) return Refused(batch.size(), batch.line(0), status);
      if (!options_.retry || !WorthRetrying(status) || clock_.Mono() + pause > give_up) {
        return StopWith(batch, status);
      }
      std::this_thread::sleep_for(
          std::chrono::duration_cast<std::chrono::microseconds>(pause * (0.5 + random.Unit())));
      pause = std::min(pause * 2, kLongestPause);
    }
  }

  void Record(const v1::PublishResponse& response) {
    std::string lines;
    const base::MutexLock lock(mutex_);
    for (const v1::PublishResult& result : response.results()) {
      ++report_.accepted;
      report_.duplicates += result.duplicate();
      if (options_.print_results) {
        absl::StrAppend(&lines, "{\"id\":\"", result.id(), "\",\"position\":", result.position(),
                        ",\"duplicate\":", result.duplicate() ? "true" : "false", "}\n");
      }
    }
    if (response.results_size() > 0) {
      const v1::PublishResult& last = response.results(response.results_size() - 1);
      report_.last_id = last.id();
      report_.last_position = last.position();
    }
    if (lines.empty()) return;
    std::fwrite(lines.data(), 1, lines.size(), stdout);
    std::fflush(stdout);
  }

  void Refused(size_t events, uint64_t line, const absl::Status& status) {
    const base::MutexLock lock(mutex_);
    report_.refused += events;
    if (++errors_ <= kMostErrorsTold) Tell(absl::StrCat("event ", line, ": "), status);
  }

  /// Gives everything up; of the batches under way only the first says why.
  void StopWith(const Batch& batch, const absl::Status& status) {
    const base::MutexLock lock(mutex_);
    report_.failed += batch.size();
    if (!stop_.exchange(true)) Tell("", status);
  }

  void Tell(const std::string& where, const absl::Status& status) {
    Say(absl::StrCat(where, absl::StatusCodeToString(status.code()), ": ",
                     base::Printable(base::ToStd(status.message()), 2048),
                     WhatNext(status, options_.address)));
  }

  void ShowProgress() {
    uint64_t before = 0;
    const base::MutexLock lock(mutex_);
    while (true) {
      const auto next = std::chrono::steady_clock::now() + std::chrono::seconds(1);
      while (!done_ && ended_.WaitUntil(mutex_, next)) {
      }
      if (done_) return;
      std::fprintf(stderr, "carillon: %llu events, %llu/s, %llu refused, %llu failed\n",
                   static_cast<unsigned long long>(report_.accepted),
                   static_cast<unsigned long long>(report_.accepted - before),
                   static_cast<unsigned long long>(report_.refused),
                   static_cast<unsigned long long>(report_.failed));
      before = report_.accepted;
    }
  }

  Source& source_;
  Client& client_;
  const PublishOptions& options_;
  const base::Clock& clock_;
  Pace pace_;
  const base::MonoTime started_;
  std::atomic<bool> stop_{false};
  base::Mutex mutex_;
  base::CondVar ended_;
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t errors_ ABSL_GUARDED_BY(mutex_) = 0;
  PublishReport report_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

PublishReport PublishAll(Source& source, Client& client, const PublishOptions& options,
                         const base::Clock& clock) {
  return PublishRun(source, client, options, clock).Execute();
}

}  // namespace carillon::cli
