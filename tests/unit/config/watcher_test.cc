#include "carillon/config/watcher.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "file.h"
#include "file_references.h"
#include "fixtures.h"

namespace carillon::config {
namespace {

namespace fs = std::filesystem;

constexpr int kIntervalMs = 5;
constexpr std::chrono::seconds kLongEnough(60);

/// Counts calls and waits for them.
class Calls {
 public:
  void operator()() {
    const std::lock_guard lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  /// Waits until there were `n` calls; the number of calls.
  int WaitFor(int n) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kLongEnough, [&] { return count_ >= n; });
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

class WatcherTest : public testing::Test {
 protected:
  void Watch(const fs::path& path) {
    watcher_ = Watcher::Start(path.string(), kIntervalMs, Named(), [this] {
      std::vector<WatchedFile> named = Named();
      calls_();
      return named;
    });
  }
  /// Replaces by rename, as editors and configuration management do: never half written.
  void Replace(const fs::path& path, std::string_view text) {
    WriteText(folder_ / "new", text);
    fs::rename(folder_ / "new", path);
  }

  /// The files beside it that are watched, as they are now.
  std::vector<WatchedFile> Named() const {
    std::vector<WatchedFile> named;
    for (const fs::path& path : named_) {
      named.push_back({path.string(), FileIdentity::Look(path.string())});
    }
    return named;
  }

  std::vector<fs::path> named_;  ///< before `Watch`
  const fs::path folder_ = TestFolder();
  const fs::path file_ = folder_ / "carillon.yaml";
  Calls calls_;
  std::unique_ptr<Watcher> watcher_;  // ends before what it calls
};

TEST_F(WatcherTest, TellsOfARewriteInPlace) {
  WriteText(file_, "one");
  Watch(file_);
  // The same size, within the same tick of the file system's clock perhaps. A look can fall
  // between truncating and writing, which is one more change.
  WriteText(file_, "two");
  EXPECT_GE(calls_.WaitFor(1), 1);
}

// It was seen at one look, and is told of at the next, when it may not be half written any more.
TEST_F(WatcherTest, TellsOfAChangeWhenItHasLasted) {
  using std::chrono::steady_clock;
  constexpr std::chrono::milliseconds kSlow(400);
  WriteText(file_, "0");
  std::atomic<steady_clock::time_point> called{};
  watcher_ = Watcher::Start(file_.string(), static_cast<int>(kSlow.count()), {}, [&] {
    called = steady_clock::now();
    calls_();
    return std::vector<WatchedFile>();
  });
  bool soon = false;
  for (int i = 1; i <= 30 && !soon; ++i) {
    const int before = calls_.WaitFor(0);
    watcher_->Poke();
    ASSERT_EQ(calls_.WaitFor(before + 1), before + 1);
    const auto look = called.load();  // the next is a while later
    Replace(file_, std::to_string(i));
    soon = steady_clock::now() - look < kSlow / 2;  // else it may be seen early
    ASSERT_EQ(calls_.WaitFor(before + 2), before + 2);
    if (soon) EXPECT_GE(called.load() - look, kSlow * 3 / 2);
  }
  EXPECT_TRUE(soon);
  watcher_.reset();  // it calls no more once `called` is gone
}

TEST_F(WatcherTest, TellsOfAChangeThatLeavesSizeAndTimeAsTheyWere) {
  WriteText(file_, "one");
  const auto time = fs::file_time_type::clock::now() + std::chrono::hours(1);
  fs::last_write_time(file_, time);
  Watch(file_);
  WriteText(file_, "two");
  fs::last_write_time(file_, time);
  EXPECT_GE(calls_.WaitFor(1), 1);
}

TEST_F(WatcherTest, TellsOfAFileThatIsTooLargeByItsSize) {
  WriteText(file_, "one");
  fs::resize_file(file_, kMaxConfigBytes + 1);
  fs::last_write_time(file_, fs::file_time_type::clock::now() - std::chrono::hours(1));
  Watch(file_);
  fs::resize_file(file_, kMaxConfigBytes + 2);
  EXPECT_GE(calls_.WaitFor(1), 1);
}

TEST_F(WatcherTest, TellsOfARenameOnce) {
  WriteText(file_, "one");
  Watch(file_);
  Replace(file_, "two");
  EXPECT_EQ(calls_.WaitFor(1), 1);
  Replace(file_, "three");
  EXPECT_EQ(calls_.WaitFor(2), 2);
}

TEST_F(WatcherTest, TellsOfASwappedLinkAsInAConfigMap) {
  fs::create_directories(folder_ / "..1");
  fs::create_directories(folder_ / "..2");
  WriteText(folder_ / "..1" / "carillon.yaml", "one");
  WriteText(folder_ / "..2" / "carillon.yaml", "two");
  fs::create_directory_symlink("..1", folder_ / "..data");
  fs::create_symlink("..data/carillon.yaml", file_);
  Watch(file_);
  fs::create_directory_symlink("..2", folder_ / "..data_tmp");
  fs::rename(folder_ / "..data_tmp", folder_ / "..data");
  EXPECT_EQ(calls_.WaitFor(1), 1);
  fs::remove_all(folder_ / "..1");
}

TEST_F(WatcherTest, TellsOfAFileThatWasAwayAndCameBackOtherwise) {
  WriteText(file_, "one");
  Watch(file_);
  fs::remove(file_);
  watcher_->Poke();  // once it was answered, the watcher has looked at the absence
  ASSERT_EQ(calls_.WaitFor(1), 1);
  Replace(file_, "two");
  EXPECT_EQ(calls_.WaitFor(2), 2);
}

TEST_F(WatcherTest, TellsOfAFileThatWasNotThereAtFirst) {
  Watch(file_);
  Replace(file_, "one");
  EXPECT_EQ(calls_.WaitFor(1), 1);
}

TEST_F(WatcherTest, IsSilentWhenTheContentIsTheSame) {
  WriteText(file_, "one");
  Watch(file_);
  Replace(file_, "one");  // another inode and time
  fs::last_write_time(file_, fs::file_time_type::clock::now() - std::chrono::hours(1));
  watcher_->Poke();
  ASSERT_EQ(calls_.WaitFor(1), 1);  // the poke's own
  fs::last_write_time(file_, fs::file_time_type::clock::now() - std::chrono::hours(2));
  fs::remove(file_);
  Replace(file_, "one");
  Replace(file_, "two");
  // Had any of that been told, there would be more calls before the next poke's.
  EXPECT_EQ(calls_.WaitFor(2), 2);
  watcher_->Poke();
  EXPECT_EQ(calls_.WaitFor(3), 3);
}

TEST_F(WatcherTest, TellsOfFilesThatTheConfigurationNames) {
  WriteText(file_, "one");
  named_ = {folder_ / "key", folder_ / "certificate"};
  for (const fs::path& path : named_) WriteText(path, "1");
  Watch(file_);
  Replace(named_[0], "2");
  EXPECT_EQ(calls_.WaitFor(1), 1);
  Replace(named_[1], "2");
  EXPECT_EQ(calls_.WaitFor(2), 2);
  WriteText(named_[1], "in place, and longer");
  EXPECT_GE(calls_.WaitFor(3), 3);
}

TEST_F(WatcherTest, TellsOfANamedFileThatComesLate) {
  WriteText(file_, "one");
  named_ = {folder_ / "key"};
  Watch(file_);
  watcher_->Poke();
  ASSERT_EQ(calls_.WaitFor(1), 1);
  Replace(named_[0], "1");
  EXPECT_EQ(calls_.WaitFor(2), 2);
}

TEST_F(WatcherTest, ANamedFileThatIsGoneIsNoChangeUntilItIsBack) {
  WriteText(file_, "one");
  named_ = {folder_ / "key"};
  WriteText(named_[0], "1");
  Watch(file_);
  fs::rename(named_[0], folder_ / "away");
  std::this_thread::sleep_for(std::chrono::milliseconds(20 * kIntervalMs));  // for looks, if any
  EXPECT_EQ(calls_.WaitFor(0), 0);
  watcher_->Poke();
  ASSERT_EQ(calls_.WaitFor(1), 1);  // the poke's own
  WriteText(named_[0], "2");
  EXPECT_GE(calls_.WaitFor(2), 2);
}

TEST_F(WatcherTest, WhatEachCallNamesIsWatchedFromThenOn) {
  WriteText(file_, "one");
  const fs::path key = folder_ / "key";
  WriteText(key, "1");
  watcher_ = Watcher::Start(file_.string(), kIntervalMs, {}, [this, key] {  // outlives the test
    const FileIdentity now = FileIdentity::Look(key.string());
    calls_();
    return std::vector<WatchedFile>{{key.string(), now}};
  });
  watcher_->Poke();
  ASSERT_EQ(calls_.WaitFor(1), 1);
  Replace(key, "2");
  EXPECT_GE(calls_.WaitFor(2), 2);
}

TEST_F(WatcherTest, AFileThatCouldNotBeReadIsWatchedAsItIs) {
  const std::string path = (folder_ / "key").string();
  WriteText(path, "much too long");
  FileReferences references(Secrets::kRead);
  EXPECT_FALSE(references.ReadFile(path, 3).ok());
  const std::vector<WatchedFile> files = references.TakeFiles();
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(files[0].identity, FileIdentity::Look(path));
}

TEST_F(WatcherTest, OnlySoManyFilesAreWatched) {
  FileReferences references(Secrets::kRead);
  for (int i = 0; i < 10'010; ++i) {
    EXPECT_FALSE(references.ReadFile((folder_ / std::to_string(i)).string(), 3).ok());
  }
  EXPECT_EQ(references.TakeFiles().size(), 10'000u);
}

TEST_F(WatcherTest, ManyNamedFilesAreLookedAtInTurn) {
  constexpr int kFiles = 2'500;
  WriteText(file_, "one");
  for (int i = 0; i < kFiles; ++i) {
    named_.push_back(folder_ / ("key" + std::to_string(i)));
    WriteText(named_.back(), "1");
  }
  Watch(file_);
  for (const int i : {kFiles - 1, 0, 1'200}) {
    const int before = calls_.WaitFor(0);
    Replace(named_[static_cast<size_t>(i)], "2");
    EXPECT_GE(calls_.WaitFor(before + 1), before + 1) << i;
  }
}

TEST_F(WatcherTest, AConfigurationSaysWhichFilesItNames) {
  WriteText(folder_ / "key", kSecret);
  const std::string key = (folder_ / "key").string();
  const std::string missing = (folder_ / "missing").string();
  const auto with = [](const std::string& file) {
    return WithDestination("keys: [{name: k, secret: {file: '" + file + "'}}]");
  };
  const Config config = Parsed(with(key));
  ASSERT_EQ(config.files.size(), 1u);
  EXPECT_EQ(config.files[0].path, key);
  EXPECT_EQ(config.files[0].identity, FileIdentity::Look(key));
  std::vector<WatchedFile> files;
  EXPECT_FALSE(ParseConfig(with(missing), Secrets::kRead, {}, &files).ok());
  ASSERT_EQ(files.size(), 1u) << "it is watched for";
  EXPECT_EQ(files[0].path, missing);
  EXPECT_EQ(files[0].identity, FileIdentity{});
  ASSERT_TRUE(ParseConfig(with(missing), Secrets::kSkip, {}, &files).ok());
  EXPECT_TRUE(files.empty());
}

TEST_F(WatcherTest, PokeAlwaysCalls) {
  WriteText(file_, "one");
  Watch(file_);
  for (int i = 1; i <= 5; ++i) {
    watcher_->Poke();
    EXPECT_EQ(calls_.WaitFor(i), i);
  }
}

TEST_F(WatcherTest, APokeThatMeetsAChangeIsOneCall) {
  WriteText(file_, "one");
  watcher_ = Watcher::Start(file_.string(), 3'600'000, {}, [this] {
    calls_();
    return std::vector<WatchedFile>();
  });
  Replace(file_, "two");
  watcher_->Poke();
  EXPECT_EQ(calls_.WaitFor(1), 1);
  watcher_->Poke();
  EXPECT_EQ(calls_.WaitFor(2), 2);
}

TEST_F(WatcherTest, EndsAtOnceWhateverTheInterval) {
  WriteText(file_, "one");
  watcher_ = Watcher::Start(file_.string(), 3'600'000, {}, [this] {
    calls_();
    return std::vector<WatchedFile>();
  });
  watcher_.reset();  // would wait an hour otherwise
}

}  // namespace
}  // namespace carillon::config
