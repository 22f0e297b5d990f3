#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>

#include "absl/status/status.h"
#include "carillon/store/event_log.h"

namespace carillon::rpc {

/// Takes appends and answers when told to.
class HeldJournal final : public store::EventLog {
 public:
  void Append(std::vector<std::shared_ptr<model::Event>> events, store::AppendDone done) override {
    std::unique_lock lock(mutex_);
    if (!refuse_.ok()) {
      const absl::Status why = refuse_;
      lock.unlock();
      return done(why);
    }
    std::vector<store::Appended> appended;
    for (size_t i = 0; i < events.size(); ++i) appended.push_back({++position_, false});
    waiting_.push_back({std::move(done), std::move(appended)});
    ++taken_;
    last_ = events.back();
    lock.unlock();
    changed_.notify_all();
    if (at_once_) AnswerAll();
  }

  /// Answers the `index`-th of those that wait.
  void Answer(size_t index) {
    std::unique_lock lock(mutex_);
    Waiting one = std::move(waiting_[index]);
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(index));
    lock.unlock();
    one.done(std::move(one.appended));
  }
  void AnswerAll() {
    while (Count() > 0) Answer(0);
  }
  void AnswerAtOnce() { at_once_ = true; }
  /// Takes no more appends, for this reason.
  void Refuse(absl::Status why) {
    std::lock_guard lock(mutex_);
    refuse_ = std::move(why);
  }
  size_t Count() {
    std::lock_guard lock(mutex_);
    return waiting_.size();
  }
  size_t Taken() {
    std::lock_guard lock(mutex_);
    return taken_;
  }
  /// The last event that was appended.
  model::EventPtr Last() {
    std::lock_guard lock(mutex_);
    return last_;
  }
  /// Waits until `n` appends were taken; false after a generous time.
  bool WaitTaken(size_t n) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), [&] { return taken_ >= n; });
  }

  void AddConsumer(store::Consumer*) override {}
  void RemoveConsumer(store::Consumer*) override {}
  void Read(uint64_t, size_t, absl::AnyInvocable<void(store::EventBatchPtr)>) override {}
  void Stop() override {}
  LogStats log_stats() const override { return {}; }

 private:
  struct Waiting {
    store::AppendDone done;
    std::vector<store::Appended> appended;
  };
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Waiting> waiting_;
  uint64_t position_ = 0;
  size_t taken_ = 0;
  absl::Status refuse_;
  model::EventPtr last_;
  std::atomic<bool> at_once_{false};
};

}  // namespace carillon::rpc
