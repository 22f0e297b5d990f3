// How reports of the journal become metrics, log lines and exit codes.

#include "journal_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <sstream>

#include "carillon/base/clock.h"

namespace carillon::server {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class JournalWatchTest : public testing::Test {
 protected:
  base::SimulatedClock clock_;
  std::ostringstream out_;
  std::unique_ptr<log::Logger> logger_ = log::Logger::Create(out_, log::Level::kInfo, clock_);
  std::unique_ptr<metrics::Metrics> metrics_ = metrics::Metrics::Create("test");
  admin::Health health_;
  JournalWatch watch_{*metrics_, health_, *logger_, "/data"};
  journal::SqliteJournalHooks hooks_ = watch_.Hooks();
};

TEST_F(JournalWatchTest, AFailureEndsTheProcessWithItsCode) {
  health_.SetReady();
  EXPECT_FALSE(watch_.failed());
  hooks_.on_fatal(absl::UnavailableError("fsync: Input/output error"));
  EXPECT_TRUE(watch_.failed());
  EXPECT_EQ(watch_.failure(), kExitJournal);
  EXPECT_TRUE(health_.Get().failed);
  EXPECT_EQ(health_.Get().reason, "the journal failed");
  EXPECT_THAT(out_.str(),
              AllOf(HasSubstr("recovers at its next start"), HasSubstr("fsync: Input")));
}

TEST_F(JournalWatchTest, DamageHasACodeOfItsOwn) {
  hooks_.on_fatal(absl::DataLossError("page 7"));
  EXPECT_TRUE(watch_.failed());
  EXPECT_EQ(watch_.failure(), kExitStore);
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("the journal is damaged"), HasSubstr("page 7")));
}

TEST_F(JournalWatchTest, CommitsSyncsAndErrorsAreFigures) {
  hooks_.on_commit(3, 5, std::chrono::milliseconds(2));
  hooks_.on_sync(std::chrono::milliseconds(1));
  hooks_.on_error(journal::Operation::kRead, absl::DataLossError("page 7"));
  EXPECT_THAT(
      metrics_->Render(),
      AllOf(HasSubstr("carillon_commit_duration_seconds_count 1\n"),
            HasSubstr("carillon_sync_duration_seconds_count 1\n"),
            HasSubstr("carillon_storage_errors_total{kind=\"damaged\",operation=\"read\"} 1\n")));
  EXPECT_FALSE(watch_.failed()) << "an error is not the end";
}

TEST_F(JournalWatchTest, ANoticeNamesTheFolder) {
  hooks_.on_notice("a new store was made");
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("a new store was made"), HasSubstr("/data")));
}

}  // namespace
}  // namespace carillon::server
