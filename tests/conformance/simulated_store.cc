#include "sim_journal.h"
#include "store_test.h"

namespace carillon::store {
namespace {

class Simulated final : public StoreUnderTest {
 public:
  /// `skips`: see SimJournal.
  explicit Simulated(uint64_t skips) : skips_(skips) {
    store_.wants = [](const std::string&, uint64_t) { return false; };
    Open();
  }
  ~Simulated() override { executor_.Clear(); }

  Stores stores() override { return journal_->stores(); }
  AttemptLog& attempts() override { return *journal_; }
  base::WallTime now() const override { return clock_.Wall(); }
  void Begin() override {}
  void Restart() override {
    executor_.Clear();
    Open();
  }
  bool Await(const std::function<bool()>& holds) override {
    while (!holds() && executor_.Step()) {
    }
    return holds();
  }

 private:
  void Open() {
    journal_ = std::make_unique<delivery::SimJournal>(store_, executor_, clock_, random_);
    journal_->accepted_at = clock_.Wall();
    journal_->skips = skips_;
  }

  const uint64_t skips_;
  base::SimulatedClock clock_;
  base::SeededRandom random_{7};
  delivery::SimExecutor executor_{clock_, random_};
  delivery::SimStore store_;
  std::unique_ptr<delivery::SimJournal> journal_;
};

}  // namespace

std::unique_ptr<StoreUnderTest> MakeSimulated() { return std::make_unique<Simulated>(0); }
std::unique_ptr<StoreUnderTest> MakeSimulatedWithGaps() { return std::make_unique<Simulated>(5); }

}  // namespace carillon::store
