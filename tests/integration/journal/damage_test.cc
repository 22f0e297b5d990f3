// Files that were damaged, cut, removed or swapped while the journal was not running.

#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "damage_support.h"

namespace carillon::journal {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr uint64_t kFrame = 24 + 4096;

TEST_F(DamageTest, ANewStoreIsToldAndAUsedOneIsNot) {
  Open();
  EXPECT_THAT(notices_, ElementsAre(HasSubstr("a new store was made")));
  AppendOne("a");
  notices_.clear();
  Reopen();
  Kill();
  Open();
  EXPECT_THAT(notices_, IsEmpty());
}

TEST_F(DamageTest, AFlippedBitInAWalThatWasCopiedInPart) {
  Open();
  Fill(0, 100);
  CopyWal();
  Fill(100, 300);
  Kill();
  Flip(Path("carillon.db-wal"), 8 * (32 + 6 * kFrame + 500));
  const std::string why = Refused();
  EXPECT_THAT(why, HasSubstr("damaged at frame 7"));
  EXPECT_THAT(why, HasSubstr("to 300"));
  const std::string before = Bytes(Path("carillon.db-wal"));
  Refused();  // again, and nothing was changed
  EXPECT_TRUE(Bytes(Path("carillon.db-wal")) == before);
}

TEST_F(DamageTest, TheScanAloneFindsDamageWhereThereIsNoMark) {
  Open();
  Fill(0, 50);
  Kill();
  ForgetMark();
  Flip(Path("carillon.db-wal"), 8 * (32 + 20 * kFrame + 17));
  EXPECT_THAT(Refused(), HasSubstr("later transactions behind it"));
}

TEST_F(DamageTest, ADamagedHeaderOfTheWal) {
  Open();
  Fill(0, 5);
  Kill();
  Save("kept");
  for (uint64_t byte = 0; byte < 32; ++byte) {
    PutBack("kept");
    ForgetMark();
    Flip(Path("carillon.db-wal"), 8 * byte + byte % 8);
    EXPECT_THAT(Refused(), HasSubstr("its header")) << "byte " << byte;
  }
}

TEST_F(DamageTest, AWalThatIsGoneEmptyOrCut) {
  Open();
  Fill(0, 20);
  Kill();
  Save("kept");
  std::filesystem::remove(Path("carillon.db-wal"));
  EXPECT_THAT(Refused(), HasSubstr("carillon.db-wal is gone or empty"));
  PutBack("kept");
  Truncate(Path("carillon.db-wal"), 0);
  EXPECT_THAT(Refused(), HasSubstr("carillon.db-wal is gone or empty"));
  PutBack("kept");
  Truncate(Path("carillon.db-wal"), Size(Path("carillon.db-wal")) / 2);
  EXPECT_THAT(Refused(), HasSubstr("to 20"));
}

TEST_F(DamageTest, ADatabaseThatIsGoneOrEmptyLeavesItsWalAlone) {
  Open();
  Fill(0, 20);
  Kill();
  const std::string wal = Bytes(Path("carillon.db-wal"));
  std::filesystem::remove(Path("carillon.db"));
  EXPECT_THAT(Refused(), HasSubstr("20 events are in doubt"));
  Write(Path("carillon.db"), "");
  EXPECT_THAT(Refused(), HasSubstr("gone or empty"));
  EXPECT_TRUE(Bytes(Path("carillon.db-wal")) == wal);
}

TEST_F(DamageTest, ALockOrAMarkBesideNothing) {
  Open();
  Fill(0, 3);
  Close();
  std::filesystem::remove(Path("carillon.db"));
  std::filesystem::remove(Path("carillon.db-wal"));
  EXPECT_THAT(Refused(), HasSubstr("carillon.mark"));
  std::filesystem::remove(Path("carillon.mark"));
  EXPECT_THAT(Refused(), HasSubstr("lock"));
  Write(Path("lock"), "");  // as earlier versions left it
  EXPECT_THAT(Refused(), HasSubstr("lock"));
  std::filesystem::remove(Path("lock"));
  Open();
}

TEST_F(DamageTest, AFirstStartThatWasCutOffGoesOn) {
  Write(Path("lock"), "making\n");
  Open();
  AppendOne("a");
  Reopen();
  EXPECT_EQ(journal_->recovered().last_position, 1u);
}

TEST_F(DamageTest, AStoreWithoutAMarkOpensAndHasOne) {
  Open();
  Fill(0, 3);
  Close();
  ForgetMark();
  Write(Path("lock"), "");
  notices_.clear();
  Open();
  EXPECT_THAT(notices_, ElementsAre(HasSubstr("ends at position 3")));
  EXPECT_TRUE(std::filesystem::exists(Path("carillon.mark")));
  EXPECT_EQ(Positions().size(), 3u);
}

TEST_F(DamageTest, AnOlderDatabaseUnderANewerWal) {
  Open();
  Fill(0, 10, 3000);
  Close();
  Save("old");
  Open();
  Fill(10, 40, 3000);
  Reopen();  // copied whole
  Fill(40, 45);
  Kill();
  std::filesystem::copy_file(Copy("old") + "/carillon.db", Path("carillon.db"),
                             std::filesystem::copy_options::overwrite_existing);
  Refused();
}

TEST_F(DamageTest, AnOlderDatabasePutBack) {
  Open();
  Fill(0, 10);
  Close();
  Save("old");
  Open();
  Fill(10, 20);
  Close();
  std::filesystem::copy_file(Copy("old") + "/carillon.db", Path("carillon.db"),
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(Refused(), HasSubstr("10 events are in doubt, at positions 11 to 20"));
  PutBack("old");  // the whole folder, as a backup is put back
  Open();
  EXPECT_EQ(journal_->recovered().last_position, 10u);
}

TEST_F(DamageTest, AWalOfAnotherTimeBesideAStoreThatWasStopped) {
  Open();
  Fill(0, 10);
  Kill();
  Save("old");
  Open();
  Fill(10, 20);
  Close();
  std::filesystem::copy_file(Copy("old") + "/carillon.db-wal", Path("carillon.db-wal"),
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(Refused(), HasSubstr("does not belong here"));
}

TEST_F(DamageTest, ADatabaseOfAnotherStore) {
  Open();
  Fill(0, 3);
  Close();
  Save("one");
  std::filesystem::remove_all(options_.data_dir);
  Open();
  Fill(0, 5);
  Close();
  std::filesystem::copy_file(Copy("one") + "/carillon.db", Path("carillon.db"),
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(Refused(), HasSubstr("different stores"));
}

TEST_F(DamageTest, ADatabaseThatIsTooShort) {
  Open();
  Fill(0, 20, 5000);
  Close();
  ForgetMark();
  Truncate(Path("carillon.db"), Size(Path("carillon.db")) - 3 * 4096);
  EXPECT_THAT(Refused(), HasSubstr("too short"));
}

TEST_F(DamageTest, AForeignDatabaseIsRefusedAndLeftAlone) {
  for (const char* id : {"0", "1234"}) {
    std::filesystem::remove_all(options_.data_dir);
    std::filesystem::create_directory(options_.data_dir);
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(DatabaseFile().c_str(), &db), SQLITE_OK);
    const std::string sql = std::string("PRAGMA application_id=") + id +
                            "; CREATE TABLE contacts(name); INSERT INTO contacts VALUES('me')";
    ASSERT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(db);
    const std::string before = Bytes(DatabaseFile());
    EXPECT_THAT(Refused(), HasSubstr("another program"));
    EXPECT_TRUE(Bytes(DatabaseFile()) == before);
  }
}

TEST_F(DamageTest, RowsThatWereChangedWhileItWasStopped) {
  Open();
  Fill(0, 5);
  Close();
  const std::string mark = Bytes(Path("carillon.mark"));
  Execute("UPDATE state SET watermark = 4");  // four events would be skipped
  Write(Path("carillon.mark"), mark);
  EXPECT_THAT(Refused(), HasSubstr("changed since the store was stopped"));
}

TEST_F(DamageTest, ATornTailIsWhatPowerCutsLeave) {
  Open();
  Fill(0, 10);
  Save("kept");          // the mark is that of ten events
  Fill(10, 11, 20'000);  // one transaction of many frames, of which nobody was told
  const std::string longer = Bytes(Path("carillon.db-wal"));
  journal_.reset();
  const uint64_t shorter = Size(Copy("kept") + "/carillon.db-wal");
  ASSERT_GT(longer.size(), shorter + 4 * kFrame);
  for (uint64_t cut = shorter + 1; cut < longer.size(); cut += kFrame / 3) {
    for (const bool gap : {false, true}) {  // the frames reach the disk in any order
      PutBack("kept");
      std::string wal = gap ? longer : longer.substr(0, cut);
      if (gap) wal.replace(cut, std::min<size_t>(512, wal.size() - cut), 512, '\0');
      Write(Path("carillon.db-wal"), wal);
      Open();
      EXPECT_GE(journal_->recovered().last_position, 10u) << cut << gap;
      EXPECT_GE(Positions().size(), 10u);
    }
  }
}

TEST_F(DamageTest, FilesAreForTheirOwnerOnly) {
  const mode_t before = umask(0);
  Open();
  AppendOne("a");
  const auto mode = [&](const std::string& name) {
    struct stat info{};
    EXPECT_EQ(stat(Path(name).c_str(), &info), 0) << name;
    return info.st_mode & 0777;
  };
  const std::vector<std::string> names = {"carillon.db", "carillon.db-wal", "carillon.db-shm",
                                          "carillon.mark", "lock"};
  for (const std::string& name : names) EXPECT_EQ(mode(name), 0600u) << name;
  Close();
  for (const std::string& name : names) chmod(Path(name).c_str(), 0644);
  Open();
  for (const std::string& name : names) EXPECT_EQ(mode(name), 0600u) << name;
  umask(before);
}

}  // namespace
}  // namespace carillon::journal
