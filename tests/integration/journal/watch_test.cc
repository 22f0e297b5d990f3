// Files that are taken away under the running journal.

#include <gmock/gmock.h>

#include "damage_support.h"

namespace carillon::journal {
namespace {

using testing::HasSubstr;

class WatchTest : public DamageTest {
 protected:
  ~WatchTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(Away(), ignored);
  }
  std::string Away() const { return options_.data_dir + ".away"; }

  /// What was done to the files is noticed by itself, and nobody is told that something was stored.
  void ExpectNoticed(const std::string& what) {
    ASSERT_TRUE(Eventually([&] { return fatal_ == 1; })) << what;
    EXPECT_EQ(fatal_status_.code(), absl::StatusCode::kUnavailable);
    EXPECT_THAT(std::string(fatal_status_.message()), HasSubstr(what));
    EXPECT_EQ(Append({"late"}).status().code(), absl::StatusCode::kUnavailable);
    journal_.reset();
    fatal_ = 0;
    std::filesystem::remove_all(options_.data_dir);
  }
  void Start() {
    options_.housekeeping_interval = std::chrono::milliseconds(10);
    Open();
    Fill(0, 3);
  }
};

TEST_F(WatchTest, AFileThatIsDeleted) {
  for (const char* name : {"carillon.db", "carillon.db-wal", "lock"}) {
    Start();
    std::filesystem::remove(Path(name));
    ExpectNoticed(std::string(name) + " was deleted or moved");
  }
}

TEST_F(WatchTest, AFileThatIsReplaced) {
  for (const char* name : {"carillon.db", "carillon.db-wal", "lock"}) {
    Start();
    const std::string bytes = Bytes(Path(name));
    Write(Path("new"), bytes);  // the same bytes in another file
    std::filesystem::rename(Path("new"), Path(name));
    ExpectNoticed(std::string(name) + " was replaced");
  }
}

TEST_F(WatchTest, AFolderThatIsMovedOrReplaced) {
  Start();
  std::filesystem::rename(options_.data_dir, Away());
  ExpectNoticed("was deleted or moved");
  std::filesystem::remove_all(Away());
  Start();
  Save("other");
  std::filesystem::rename(options_.data_dir, Away());
  std::filesystem::copy(Copy("other"), options_.data_dir);
  ExpectNoticed("was replaced");
}

TEST_F(WatchTest, AWalThatIsCut) {
  Start();
  Truncate(Path("carillon.db-wal"), 100);
  ExpectNoticed("");  // by us, or by SQLite
}

TEST_F(WatchTest, NoAnswerRestsOnAnOldLook) {
  Open();  // the housekeeper looks once an hour
  AppendOne("a");
  std::filesystem::remove(Path("carillon.db"));
  clock_.AdvanceMono(std::chrono::seconds(1));
  EXPECT_EQ(Append({"b"}).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(Eventually([&] { return fatal_ == 1; }));
}

TEST_F(WatchTest, StoppingTellsToo) {
  Open();
  AppendOne("a");
  std::filesystem::remove(Path("carillon.db"));
  journal_->Stop();
  EXPECT_EQ(fatal_, 1);
}

}  // namespace
}  // namespace carillon::journal
