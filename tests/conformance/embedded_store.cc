#include "asking.h"
#include "carillon/journal/sqlite_journal.h"
#include "store_test.h"

namespace carillon::store {
namespace {

/// In a folder of its own.
class Embedded final : public StoreUnderTest {
 public:
  /// `crashes`: a process that is followed by another was killed.
  explicit Embedded(bool crashes) : folder_(crashes) { Open(); }

  Stores stores() override { return journal_->stores(); }
  AttemptLog& attempts() override { return *journal_; }
  base::WallTime now() const override { return clock_.Wall(); }
  void Begin() override { journal_->Start(); }
  void Restart() override {
    folder_.Next();
    journal_.reset();
    Open();
  }
  bool Await(const std::function<bool()>& holds) override { return AwaitThreads(holds); }

 private:
  void Open() {
    journal::SqliteJournalOptions options;
    options.data_dir = folder_.path();
    options.min_free_bytes = 0;
    auto journal = journal::OpenSqliteJournal(options, {}, clock_);
    if (!journal.ok()) throw std::runtime_error(std::string(journal.status().message()));
    journal_ = *std::move(journal);
  }

  LifeFolder folder_;
  base::SystemClock clock_;
  std::unique_ptr<journal::Journal> journal_;
};

}  // namespace

std::unique_ptr<StoreUnderTest> MakeEmbedded() { return std::make_unique<Embedded>(false); }
std::unique_ptr<StoreUnderTest> MakeEmbeddedCrashed() { return std::make_unique<Embedded>(true); }

}  // namespace carillon::store
