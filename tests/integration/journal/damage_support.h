#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "support.h"

namespace carillon::journal {

/// A store whose files are damaged as a disk, or a hand, might. `Kill` leaves what kill -9 leaves:
/// the files as they were while the journal was open.
class DamageTest : public JournalTest {
 protected:
  DamageTest() { options_.housekeeping_interval = std::chrono::hours(1); }

  ~DamageTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(options_.data_dir + ".copies", ignored);
  }

  std::string Path(const std::string& name) const { return options_.data_dir + "/" + name; }
  std::string Copy(const std::string& name) const { return options_.data_dir + ".copies/" + name; }

  void Save(const std::string& name) {
    std::filesystem::remove_all(Copy(name));
    std::filesystem::create_directories(options_.data_dir + ".copies");
    std::filesystem::copy(options_.data_dir, Copy(name));
  }
  void PutBack(const std::string& name) {
    journal_.reset();
    fatal_ = 0;
    std::filesystem::remove_all(options_.data_dir);
    std::filesystem::copy(Copy(name), options_.data_dir);
    std::filesystem::remove(Path("carillon.db-shm"));
  }
  void Kill() {
    Save("killed");
    PutBack("killed");
  }

  static std::string Bytes(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return std::string((std::istreambuf_iterator<char>(in)), {});
  }
  static void Write(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
  }
  static void Flip(const std::string& path, uint64_t bit) {
    std::string bytes = Bytes(path);
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    Write(path, bytes);
  }
  static void Truncate(const std::string& path, uint64_t bytes) {
    std::filesystem::resize_file(path, bytes);
  }
  static uint64_t Size(const std::string& path) { return std::filesystem::file_size(path); }

  /// One group commit for each id.
  void Fill(int from, int to, size_t bytes = 300) {
    for (int i = from; i < to; ++i) AppendOne("e" + std::to_string(i), bytes);
  }
  /// Copies what is in the write-ahead file into the database, as the housekeeper would.
  void CopyWal() { Query("PRAGMA wal_checkpoint(PASSIVE)"); }

  std::string Refused() {
    const absl::Status status = TryOpen();
    journal_.reset();
    EXPECT_TRUE(absl::IsDataLoss(status) || absl::IsFailedPrecondition(status)) << status;
    if (absl::IsDataLoss(status)) {
      EXPECT_NE(status.message().find("carillon store verify"), std::string::npos) << status;
      EXPECT_NE(status.message().find("carillon store salvage"), std::string::npos) << status;
    }
    return std::string(status.message());
  }
};

}  // namespace carillon::journal
