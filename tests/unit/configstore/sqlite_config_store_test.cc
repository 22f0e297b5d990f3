// What only the store in SQLite promises: which files it opens, and what is so when writing fails.

#include "carillon/configstore/sqlite_config_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <string>

#include "carillon/sqlite/database.h"

namespace carillon::configstore {
namespace {

using testing::HasSubstr;

class SqliteConfigStoreTest : public testing::Test {
 protected:
  SqliteConfigStoreTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "carillon-config-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    path_ = folder_ / "config.db";
  }
  ~SqliteConfigStoreTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  absl::StatusOr<std::unique_ptr<store::ConfigStore>> Open() {
    return OpenSqliteConfigStore({.path = path_});
  }
  static absl::StatusOr<uint64_t> Put(store::ConfigStore& store, const std::string& key,
                                      std::string value) {
    std::promise<absl::StatusOr<uint64_t>> answer;
    store.Write({{key, std::move(value)}},
                [&](absl::StatusOr<uint64_t> revision) { answer.set_value(std::move(revision)); });
    return answer.get_future().get();
  }
  /// What opening says of an existing file.
  absl::Status Refusal() {
    const auto store = Open();
    return store.status();
  }
  void Run(const char* sql) {
    auto db = sqlite::Database::Open(path_, nullptr);
    ASSERT_TRUE(db.ok());
    ASSERT_TRUE(db->Exec(sql).ok());
  }

  std::filesystem::path folder_;
  std::filesystem::path path_;
};

TEST_F(SqliteConfigStoreTest, OnlyTheOwnerReadsIt) {
  const auto nobody_else_may = [this] {
    size_t files = 0;
    for (const auto& file : std::filesystem::directory_iterator(folder_)) {
      ++files;
      EXPECT_EQ(file.status().permissions() & ~std::filesystem::perms::owner_all,
                std::filesystem::perms::none)
          << file.path();
    }
    EXPECT_GE(files, 2u);  // and a write-ahead file
  };
  const mode_t before = umask(0);
  {
    const auto store = Open();
    ASSERT_TRUE(Put(**store, "a", "1").ok());
    nobody_else_may();
  }
  umask(before);
  std::filesystem::permissions(path_, std::filesystem::perms(0644));
  const auto store = Open();
  ASSERT_TRUE(Put(**store, "a", "2").ok());
  nobody_else_may();
}

TEST_F(SqliteConfigStoreTest, AnotherProgramsFileIsLeftAsItIs) {
  Run("CREATE TABLE theirs(x)");
  std::ifstream file(path_);
  const std::string before(std::istreambuf_iterator<char>(file), {});
  const absl::Status refusal = Refusal();
  EXPECT_EQ(refusal.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(refusal.message(), HasSubstr(path_.string() + ": is not a configuration store"));
  std::ifstream again(path_);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(again), {}), before);
}

TEST_F(SqliteConfigStoreTest, ANewerVersionsFileIsRefused) {
  ASSERT_TRUE(Open().ok());
  Run("PRAGMA user_version=2");
  EXPECT_EQ(Refusal().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Refusal().message(), HasSubstr("newer version"));
}

TEST_F(SqliteConfigStoreTest, WhatIsNoDatabaseIsDamage) {
  std::ofstream(path_) << std::string(10'000, 'x');
  EXPECT_EQ(Refusal().code(), absl::StatusCode::kDataLoss);
}

TEST_F(SqliteConfigStoreTest, ALostRevisionIsDamage) {
  ASSERT_TRUE(Open().ok());
  Run("DELETE FROM state");
  EXPECT_EQ(Refusal().code(), absl::StatusCode::kDataLoss);
}

TEST_F(SqliteConfigStoreTest, AFolderThatIsNotThereIsNamed) {
  path_ = folder_ / "nowhere" / "config.db";
  EXPECT_EQ(Refusal().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(Refusal().message(), HasSubstr(path_.string()));
}

// A process whose files may not grow stands for a disk that is full; which error it gets is
// another (EFBIG), and what is on disk counts as unknown.
TEST_F(SqliteConfigStoreTest, AfterAWriteThatFailedNothingIsSaidUntilItIsOpenedAgain) {
  auto store = Open();
  ASSERT_TRUE(store.ok());
  const uint64_t first = Put(**store, "a", "1").value();
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 64u << 10, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const absl::Status failed = Put(**store, "b", std::string(1u << 20, 'v')).status();
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, ignored);
  EXPECT_EQ(failed.code(), absl::StatusCode::kUnavailable) << failed;
  EXPECT_EQ(Put(**store, "c", "1").status().code(), absl::StatusCode::kUnavailable);
  store->reset();
  store = Open();
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_GT(Put(**store, "a", "2").value(), first);
}

}  // namespace
}  // namespace carillon::configstore
