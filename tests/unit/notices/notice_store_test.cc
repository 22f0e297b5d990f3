#include "carillon/notices/notice_store.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "carillon/sqlite/database.h"

namespace carillon::notices {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// Real time to wait with, and a time of day that moves when told to.
class DayClock final : public base::Clock {
 public:
  base::WallTime Wall() const override { return base::FromUnixNanos(wall_.load()); }
  base::MonoTime Mono() const override { return std::chrono::steady_clock::now(); }
  void Advance(std::chrono::nanoseconds by) { wall_.fetch_add(by.count()); }

 private:
  std::atomic<int64_t> wall_{1'700'006'400'000'000'000};
};

class NoticeStoreTest : public testing::Test {
 protected:
  NoticeStoreTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "carillon-notices-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    options_.path = folder_ / "notices.db";
    options_.write_every = hours(1);  // only what is asked for is written
  }
  ~NoticeStoreTest() override {
    store_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  void Open() {
    store_.reset();
    auto opened = NoticeStore::Open(options_, clock_, *logger_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }
  Notice Now(Kind kind, const std::string& destination = "orders",
             const std::string& tenant = "acme") {
    const base::WallTime now = clock_.Wall();
    return {.tenant = tenant, .destination = destination, .kind = kind, .first = now, .last = now};
  }
  /// Whether so many are written, sooner or later.
  bool OtherSees(size_t count) {
    for (int i = 0; i < 60'000; ++i) {  // of a minute and more
      auto opened = NoticeStore::Open(options_, clock_, *logger_);
      const auto read =
          opened.ok() ? (*opened)->Read(NoticeStore::kNewest, count, "") : opened.status();
      if (read.ok() && read->size() == count) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
  }
  std::vector<NoticeStore::Kept> All(int64_t below = NoticeStore::kNewest, size_t limit = 1000,
                                     const std::string& tenant = "") {
    auto found = store_->Read(below, limit, tenant);
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() ? *std::move(found) : std::vector<NoticeStore::Kept>();
  }

  DayClock clock_;
  std::ostringstream log_;
  std::unique_ptr<log::Logger> logger_ = log::Logger::Create(log_, log::Level::kInfo, clock_);
  std::filesystem::path folder_;
  Options options_;
  std::unique_ptr<NoticeStore> store_;
};

TEST_F(NoticeStoreTest, KeepsAllFactsOverARestart) {
  Open();
  Notice opened = Now(Kind::kBreakerOpened);
  opened.uid = "u1";
  opened.outcome = model::Outcome::kLocalShortage;  // the last of them
  opened.http_status = 503;
  opened.since = clock_.Wall() - minutes(3);
  store_->Add(opened);
  Notice disabled = Now(Kind::kDisabled);
  disabled.disabled = model::DisabledReason::kPrincipal;
  disabled.principal = "token:tokens/ops";
  store_->Add(disabled);
  store_->Add({.kind = Kind::kStarted, .first = clock_.Wall(), .last = clock_.Wall(), .text = "1"});
  Open();
  const auto all = All();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].notice.text, "1");
  EXPECT_EQ(all[0].notice.tenant, "");
  EXPECT_EQ(all[0].notice.outcome, std::nullopt);
  EXPECT_EQ(all[0].notice.since, std::nullopt);
  EXPECT_EQ(all[1].notice.disabled, model::DisabledReason::kPrincipal);
  EXPECT_EQ(all[1].notice.principal, "token:tokens/ops");
  const Notice& kept = all[2].notice;
  EXPECT_EQ(kept.tenant, "acme");
  EXPECT_EQ(kept.destination, "orders");
  EXPECT_EQ(kept.uid, "u1");
  EXPECT_EQ(kept.kind, Kind::kBreakerOpened);
  EXPECT_EQ(kept.first, clock_.Wall());
  EXPECT_EQ(kept.last, clock_.Wall());
  EXPECT_EQ(kept.count, 1u);
  EXPECT_EQ(kept.outcome, model::Outcome::kLocalShortage);
  EXPECT_EQ(kept.http_status, 503);
  EXPECT_EQ(kept.since, clock_.Wall() - minutes(3));
}

TEST_F(NoticeStoreTest, WhatHappensAgainWithinAnHourIsOneNoticeOnTop) {
  Open();
  store_->Add(Now(Kind::kBreakerOpened));
  const int64_t first = All().front().id;
  store_->Add(Now(Kind::kBreakerClosed));
  clock_.Advance(minutes(59));
  store_->Add(Now(Kind::kBreakerOpened));
  auto all = All();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].notice.kind, Kind::kBreakerOpened);
  EXPECT_EQ(all[0].notice.count, 2u);
  EXPECT_EQ(all[0].notice.first, clock_.Wall() - minutes(59));
  EXPECT_EQ(all[0].notice.last, clock_.Wall());
  EXPECT_GT(all[0].id, first);
  clock_.Advance(minutes(61));
  store_->Add(Now(Kind::kBreakerOpened));
  all = All();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].notice.count, 1u);
}

TEST_F(NoticeStoreTest, WhatSomebodyElseDidOrForAnotherReasonIsAnother) {
  Open();
  Notice disabled = Now(Kind::kDisabled);
  disabled.disabled = model::DisabledReason::kPrincipal;
  for (const char* const principal : {"token:tokens/a", "token:tokens/b", "token:tokens/b"}) {
    disabled.principal = principal;
    store_->Add(disabled);
    All();
  }
  disabled.disabled = model::DisabledReason::kOperator;
  disabled.principal = "";
  store_->Add(disabled);
  const auto all = All();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].notice.count, 1u);
  EXPECT_EQ(all[1].notice.count, 2u);
  EXPECT_EQ(all[1].notice.principal, "token:tokens/b");
}

TEST_F(NoticeStoreTest, OneOfAnotherSchemaIsSetAside) {
  Open();
  store_.reset();
  {
    auto database = sqlite::Database::Open(options_.path, nullptr);
    ASSERT_TRUE(database.ok());
    ASSERT_TRUE(database->Exec("ALTER TABLE notice DROP COLUMN principal").ok());
  }
  Open();
  EXPECT_TRUE(std::filesystem::exists(options_.path + ".bad"));
  store_->Add(Now(Kind::kPaused));
  EXPECT_EQ(All().size(), 1u);
}

TEST_F(NoticeStoreTest, CountsAreAdded) {
  Open();
  for (const uint64_t count : {5u, 7u}) {
    Notice dead = Now(Kind::kEvicted);
    dead.count = count;
    store_->Add(dead);
    All();
  }
  EXPECT_EQ(All().front().notice.count, 12u);
}

TEST_F(NoticeStoreTest, ReadsByPages) {
  Open();
  for (int i = 0; i < 5; ++i) store_->Add(Now(Kind::kPaused, "d" + std::to_string(i)));
  auto page = All(NoticeStore::kNewest, 2);
  ASSERT_EQ(page.size(), 2u);
  EXPECT_EQ(page[0].notice.destination, "d4");
  page = All(page[1].id, 2);
  ASSERT_EQ(page.size(), 2u);
  EXPECT_EQ(page[0].notice.destination, "d2");
  page = All(page[1].id, 2);
  ASSERT_EQ(page.size(), 1u);
  EXPECT_EQ(page[0].notice.destination, "d0");
}

TEST_F(NoticeStoreTest, ReadsThoseOfATenant) {
  Open();
  store_->Add(Now(Kind::kDead, "a"));
  store_->Add(Now(Kind::kDead, "b", "other"));
  store_->Add(Now(Kind::kStarted, "", ""));
  store_->Add(Now(Kind::kDead, "c"));
  const auto newest = All(NoticeStore::kNewest, 1, "acme");
  ASSERT_EQ(newest.size(), 1u);
  EXPECT_EQ(newest.front().notice.destination, "c");
  const auto next = All(newest.front().id, 10, "acme");
  ASSERT_EQ(next.size(), 1u);
  EXPECT_EQ(next.front().notice.destination, "a");
  EXPECT_EQ(All(NoticeStore::kNewest, 10, "none").size(), 0u);
}

TEST_F(NoticeStoreTest, WhatHappensAgainIsNotTakenFromPagesThatAreRead) {
  Open();
  for (int i = 0; i < 4; ++i) store_->Add(Now(Kind::kPaused, "d" + std::to_string(i)));
  const auto first = All(NoticeStore::kNewest, 2);
  ASSERT_EQ(first.size(), 2u);
  store_->Add(Now(Kind::kPaused, "d0"));
  EXPECT_EQ(All(first.back().id).size(), 2u);
  EXPECT_EQ(All().front().notice.count, 2u) << "now it is on top";
}

TEST_F(NoticeStoreTest, KeepsTheNewestOfATenantAndOfAll) {
  options_.max_notices = 5;
  options_.max_of_tenant = 3;
  Open();
  store_->Add(Now(Kind::kPaused, "d0", "quiet"));
  for (int i = 0; i < 10; ++i) store_->Add(Now(Kind::kPaused, "d" + std::to_string(i), "loud"));
  auto all = All();
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[2].notice.destination, "d7");
  EXPECT_EQ(all[3].notice.tenant, "quiet");  // which no other can push out
  for (int i = 0; i < 3; ++i) store_->Add(Now(Kind::kPaused, "d" + std::to_string(i), "third"));
  all = All();
  ASSERT_EQ(all.size(), 5u);
  EXPECT_EQ(all[4].notice.destination, "d8");
}

TEST_F(NoticeStoreTest, WhatIsTooOldIsNotShownAndIsRemoved) {
  options_.max_age = hours(2);
  Open();
  store_->Add(Now(Kind::kPaused));
  EXPECT_EQ(All().size(), 1u);
  clock_.Advance(hours(2) + seconds(1));
  EXPECT_TRUE(All().empty());
  store_->Add(Now(Kind::kPaused, "crm"));
  EXPECT_EQ(All().size(), 1u);
  clock_.Advance(-hours(1));  // were it there it would be shown
  EXPECT_EQ(All().size(), 1u);
}

TEST_F(NoticeStoreTest, WhatThereIsNoRoomForIsCounted) {
  options_.max_pending = 2;
  Open();
  size_t added = 0;  // more than the writer takes meanwhile
  while (store_->dropped() == 0 && added < 1'000'000) {
    store_->Add(Now(Kind::kPaused, "d" + std::to_string(added++)));
  }
  ASSERT_EQ(store_->dropped(), 1u);
  EXPECT_EQ(All(NoticeStore::kNewest, added).size(), added - 1);
}

TEST_F(NoticeStoreTest, WritesBeforeThereIsNoRoom) {
  options_.max_pending = 10;
  Open();
  for (int i = 0; i < 5; ++i) store_->Add(Now(Kind::kPaused, "d" + std::to_string(i)));
  EXPECT_TRUE(OtherSees(5)) << "it waits for more";
}

TEST_F(NoticeStoreTest, TextIsCut) {
  Open();
  store_->Add({.kind = Kind::kReloadRefused,
               .first = clock_.Wall(),
               .last = clock_.Wall(),
               .text = std::string(Notice::kMaxText + 1, 'x')});
  EXPECT_EQ(All().front().notice.text.size(), Notice::kMaxText);
}

TEST_F(NoticeStoreTest, TextIsUtf8) {
  Open();
  const std::string two = "\xC3\xA9";
  for (const std::string& text : {std::string("caf\xE9/carillon.yaml is not valid: ") + two,
                                  std::string(Notice::kMaxText - 1, 'x') + two,
                                  std::string(Notice::kMaxText - 2, 'x') + two}) {
    store_->Add({.kind = Kind::kReloadRefused,
                 .first = clock_.Wall(),
                 .last = clock_.Wall(),
                 .text = text});
  }
  const auto all = All();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[2].notice.text, "caf?/carillon.yaml is not valid: " + two);
  EXPECT_EQ(all[1].notice.text, std::string(Notice::kMaxText - 1, 'x')) << "no half character";
  EXPECT_EQ(all[0].notice.text.substr(Notice::kMaxText - 2), two) << "it fits";
}

TEST_F(NoticeStoreTest, WritesByItself) {
  options_.write_every = std::chrono::milliseconds(1);
  Open();
  store_->Add(Now(Kind::kPaused));
  EXPECT_TRUE(OtherSees(1)) << "nothing was written";
}

TEST_F(NoticeStoreTest, OneThatIsDamagedIsSetAside) {
  std::ofstream(options_.path) << std::string(8192, 'x');
  Open();
  EXPECT_TRUE(std::filesystem::exists(options_.path + ".bad"));
  EXPECT_NE(log_.str().find("set aside"), std::string::npos);
  store_->Add(Now(Kind::kPaused));
  EXPECT_EQ(All().size(), 1u);
}

TEST_F(NoticeStoreTest, WhatIsDamagedLaterIsSetAsideToo) {
  Open();
  for (int i = 0; i < 200; ++i) store_->Add(Now(Kind::kPaused, "d" + std::to_string(i)));
  All();
  Open();  // nothing is in the write-ahead file any more
  store_.reset();
  const auto size = std::filesystem::file_size(options_.path);
  std::fstream file(options_.path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096);
  file << std::string(size - 4096, '\x7f');
  file.close();
  Open();
  store_->Add(Now(Kind::kPaused, "crm"));
  const auto all = All();
  EXPECT_TRUE(std::filesystem::exists(options_.path + ".bad"));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].notice.destination, "crm");
}

TEST_F(NoticeStoreTest, WithTooLittleFreeSpaceNothingIsWritten) {
  options_.min_free_bytes = UINT64_MAX;
  Open();
  store_->Add(Now(Kind::kPaused));
  EXPECT_TRUE(All().empty());
  EXPECT_EQ(store_->dropped(), 1u);
  EXPECT_NE(log_.str().find("notices cannot be written"), std::string::npos);
}

TEST_F(NoticeStoreTest, OneThatCannotBeOpenedSaysSo) {
  options_.path = folder_ / "none" / "notices.db";
  EXPECT_FALSE(NoticeStore::Open(options_, clock_, *logger_).ok());
}

}  // namespace
}  // namespace carillon::notices
