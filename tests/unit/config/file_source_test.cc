// The file as a source: what is read again, offered, taken or refused.

#include "carillon/config/file_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include "fixtures.h"

namespace carillon::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class FileSourceTest : public testing::Test {
 protected:
  FileSourceTest() : path_((TestFolder() / "carillon.yaml").string()) {}

  static std::string With(const std::vector<std::string>& names, const std::string& more = "") {
    std::string yaml = "limits: {max_in_flight: 99}\n" + more + "destinations:\n";
    for (const std::string& name : names) {
      yaml += "  - {name: " + name + ", url: \"https://example.com/" + name + "\"}\n";
    }
    return yaml;
  }
  void Start(const std::vector<std::string>& names) {
    WriteText(path_, With(names));
    auto config = LoadConfig(path_);
    ASSERT_TRUE(config.ok()) << config.status();
    source_ = std::make_unique<FileSource>(path_, *config, clock_);
    EXPECT_TRUE(config->destinations.empty()) << "they are the source's now";
    source_->Subscribe([this](const resource::SnapshotPtr& snapshot, resource::Source::Done done) {
      offered_.push_back(snapshot);
      if (!holds_) return done(answer_);
      const std::lock_guard lock(mutex_);
      held_.push_back(std::move(done));
      changed_.notify_all();
    });
    source_->Watch(std::chrono::milliseconds(5), [this](const FileSource::Reload& reload) {
      const std::lock_guard lock(mutex_);
      status_ = reload.status;
      limit_ = reload.config == nullptr ? 0 : reload.config->limits.max_in_flight();
      ++reloads_;
      changed_.notify_all();
    });
  }
  /// Writes the file, has it read, and waits for that.
  void Reload(const std::string& text) {
    std::unique_lock lock(mutex_);
    const int before = reloads_;
    Replace(text);
    source_->Poke();
    ASSERT_TRUE(
        changed_.wait_for(lock, std::chrono::seconds(60), [&] { return reloads_ > before; }));
  }
  /// Writes the file, has it read, and waits until so many were offered and not answered.
  void Offer(const std::string& text, size_t held) {
    std::unique_lock lock(mutex_);
    Replace(text);
    source_->Poke();
    ASSERT_TRUE(
        changed_.wait_for(lock, std::chrono::seconds(60), [&] { return held_.size() >= held; }));
  }
  /// At once: the watcher, which looks all the time, does not see half of it.
  void Replace(const std::string& text) {
    WriteText(path_ + ".new", text);
    std::filesystem::rename(path_ + ".new", path_);
  }
  static std::vector<std::string> NamesIn(const resource::SnapshotPtr& snapshot) {
    std::vector<std::string> names;
    snapshot->ForEachDestination([&](const model::Destination& d) { names.push_back(d.name); });
    return names;
  }

  absl::Status status() {
    const std::lock_guard lock(mutex_);
    return status_;
  }
  int reloads() {
    const std::lock_guard lock(mutex_);
    return reloads_;
  }

  const std::string path_;
  base::SystemClock clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int reloads_ = 0;
  absl::Status status_;
  uint32_t limit_ = 0;
  absl::Status answer_;
  std::vector<resource::SnapshotPtr> offered_;
  std::atomic<bool> holds_{false};  // answers come later
  std::vector<resource::Source::Done> held_;
  std::unique_ptr<FileSource> source_;
};

TEST_F(FileSourceTest, WhatChangesIsOfferedAndTheRestIsShared) {
  Start({"a", "b"});
  const resource::SnapshotPtr first = source_->current();
  EXPECT_EQ(first->revision, 1u);
  EXPECT_THAT(NamesIn(first), ElementsAre("a", "b"));
  EXPECT_EQ(first->settings->max_in_flight, 99u);
  EXPECT_EQ(first->settings->hash.size(), 64u);
  Reload(With({"c", "a"}));
  EXPECT_TRUE(status_.ok()) << status_;
  const resource::SnapshotPtr second = source_->current();
  EXPECT_GE(second->revision, 2u);
  EXPECT_THAT(NamesIn(second), ElementsAre("a", "c"));
  EXPECT_EQ(second->tenants[0]->destinations[0].value, first->tenants[0]->destinations[0].value);
  EXPECT_EQ(second->tenants[0]->destinations[0].revision, 1u);
  EXPECT_NE(second->settings->hash, first->settings->hash);
  EXPECT_EQ(limit_, 99u) << "the settings are told";
}

TEST_F(FileSourceTest, WhatIsRefusedIsNotIts) {
  Start({"a"});
  const resource::SnapshotPtr first = source_->current();
  {
    const std::lock_guard lock(mutex_);
    answer_ = absl::AlreadyExistsError("somebody else has b");
  }
  Reload(With({"a", "b"}));
  EXPECT_EQ(status_, answer_);
  EXPECT_EQ(source_->current(), first);
}

TEST_F(FileSourceTest, WhatIsNotAnsweredYetHoldsNothingUp) {
  Start({"a"});
  const resource::SnapshotPtr first = source_->current();
  holds_ = true;
  Offer(With({"a", "b"}), 1);
  EXPECT_EQ(source_->current(), first) << "it is not in force";
  EXPECT_EQ(reloads(), 0);
  Offer(With({"a", "b", "c"}), 2);
  EXPECT_GT(offered_[1]->revision, offered_[0]->revision);
  const auto revision_of_b = [this](size_t i) {
    return offered_[i]->tenants[0]->destinations[1].revision;
  };
  EXPECT_NE(revision_of_b(0), revision_of_b(1)) << "both are compared with what is in force";
  held_[0](absl::OkStatus());
  EXPECT_EQ(source_->current(), offered_[0]);
  EXPECT_EQ(reloads(), 1);
  held_[1](absl::ResourceExhaustedError("the disk is full"));
  EXPECT_EQ(source_->current(), offered_[0]);
  EXPECT_EQ(status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(reloads(), 2);
}

TEST_F(FileSourceTest, WhatAFileNamedBeforeItBrokeIsStillWatched) {
  const std::filesystem::path key = std::filesystem::path(path_).parent_path() / "key";
  WriteText(key, kSecret);
  Start({"a"});
  Reload("destinations: [{name: a, url: 'https://example.com/', keys: [{name: k, secret: {file: '" +
         key.string() + "'}}]}]\n");
  EXPECT_TRUE(status().ok()) << status();
  Reload("destinations: [");
  EXPECT_FALSE(status().ok());
  WriteText(key, std::string(kSecret) + "\n\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const int before = reloads();
  EXPECT_LE(before, 10) << "it is read again and again";
  WriteText(key, std::string(kSecret) + "\n");
  std::unique_lock lock(mutex_);
  EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(60), [&] { return reloads_ > before; }));
}

TEST_F(FileSourceTest, AFileThatIsWrongIsTold) {
  Start({"a"});
  const resource::SnapshotPtr first = source_->current();
  Reload("destinations: [{name: x}]\n");
  EXPECT_THAT(std::string(status_.message()), HasSubstr("destinations[0].url"));
  EXPECT_TRUE(offered_.empty());
  EXPECT_EQ(source_->current(), first);
}

}  // namespace
}  // namespace carillon::config
