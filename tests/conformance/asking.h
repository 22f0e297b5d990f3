#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace carillon::store {

/// Asks for one answer, which `ask` is told how to give, on any thread, and waits for it;
/// `await(holds)` lets the store work until that is so, or returns false.
template <typename Answer, typename Await, typename Question>
Answer AskAndAwait(Await await, Question ask) {
  struct Slot {
    std::mutex mutex;
    std::optional<Answer> answer;
  };
  const auto slot = std::make_shared<Slot>();
  ask([slot](Answer answer) {
    const std::lock_guard lock(slot->mutex);
    EXPECT_FALSE(slot->answer.has_value()) << "answered twice";
    slot->answer.emplace(std::move(answer));
  });
  const bool there = await([slot] {
    const std::lock_guard lock(slot->mutex);
    return slot->answer.has_value();
  });
  if (!there) throw std::runtime_error("the store does not answer");
  const std::lock_guard lock(slot->mutex);
  return std::move(*slot->answer);
}

/// Waits for what a store's threads do by themselves; false after a minute.
inline bool AwaitThreads(const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  return true;
}

/// The folder of a process that is followed by others, each in a folder of its own when the one
/// before is killed: then it finds a copy of what was there at that moment. Gone with this.
class LifeFolder {
 public:
  explicit LifeFolder(bool crashes) : crashes_(crashes) {
    std::string pattern = std::filesystem::temp_directory_path() / "carillon-conformance-XXXXXX";
    root_ = mkdtemp(pattern.data());
  }
  ~LifeFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  LifeFolder(const LifeFolder&) = delete;
  LifeFolder& operator=(const LifeFolder&) = delete;

  std::filesystem::path path() const { return root_ / std::to_string(life_); }
  /// The process, which still runs, is followed by another.
  void Next() {
    if (!crashes_) return;
    const std::filesystem::path before = path();
    ++life_;
    std::filesystem::copy(before, path(), std::filesystem::copy_options::recursive);
  }

 private:
  const bool crashes_;
  std::filesystem::path root_;
  int life_ = 0;
};

}  // namespace carillon::store
