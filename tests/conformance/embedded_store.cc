#include <unistd.h>

#include <filesystem>
#include <thread>

#include "carillon/journal/sqlite_journal.h"
#include "store_test.h"

namespace carillon::store {
namespace {

/// In a folder of its own.
class Embedded final : public StoreUnderTest {
 public:
  /// `crashes`: a process that is followed by another was killed.
  explicit Embedded(bool crashes) : crashes_(crashes) {
    std::string pattern = std::filesystem::temp_directory_path() / "carillon-conformance-XXXXXX";
    root_ = mkdtemp(pattern.data());
    Open();
  }
  ~Embedded() override {
    journal_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  Stores stores() override { return journal_->stores(); }
  AttemptLog& attempts() override { return *journal_; }
  base::WallTime now() const override { return clock_.Wall(); }
  void Begin() override { journal_->Start(); }
  void Restart() override {
    const std::filesystem::path before = Folder();
    if (crashes_) {
      ++life_;
      std::filesystem::copy(before, Folder(), std::filesystem::copy_options::recursive);
    }
    journal_.reset();
    Open();
  }
  bool Await(const std::function<bool()>& holds) override {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!holds()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    return true;
  }

 private:
  std::filesystem::path Folder() const { return root_ / std::to_string(life_); }
  void Open() {
    journal::SqliteJournalOptions options;
    options.data_dir = Folder();
    options.min_free_bytes = 0;
    auto journal = journal::OpenSqliteJournal(options, {}, clock_);
    if (!journal.ok()) throw std::runtime_error(std::string(journal.status().message()));
    journal_ = *std::move(journal);
  }

  const bool crashes_;
  base::SystemClock clock_;
  std::filesystem::path root_;
  int life_ = 0;
  std::unique_ptr<journal::Journal> journal_;
};

}  // namespace

std::unique_ptr<StoreUnderTest> MakeEmbedded() { return std::make_unique<Embedded>(false); }
std::unique_ptr<StoreUnderTest> MakeEmbeddedCrashed() { return std::make_unique<Embedded>(true); }

}  // namespace carillon::store
