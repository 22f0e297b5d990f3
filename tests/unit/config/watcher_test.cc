#include "carillon/config/watcher.h"

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

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

TEST_F(WatcherTest, TellsOfAChangeWhenItHasLasted) {
  constexpr int kSlowMs = 300;
  WriteText(file_, "one");
  watcher_ = Watcher::Start(file_.string(), kSlowMs, {}, [this] {
    calls_();
    return std::vector<WatchedFile>();
  });
  const auto before = std::chrono::steady_clock::now();
  Replace(file_, "two");
  EXPECT_EQ(calls_.WaitFor(1), 1);
  EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(kSlowMs));
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
  watcher_->Poke();
  ASSERT_EQ(calls_.WaitFor(1), 1);  // the poke's own
  WriteText(named_[0], "2");
  EXPECT_GE(calls_.WaitFor(2), 2);
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
    return WithDestination("keys: [{name: k, secret_file: '" + file + "'}]");
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
