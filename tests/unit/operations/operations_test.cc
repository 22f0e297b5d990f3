// Operations on their thread.

#include "carillon/operations/operations.h"

#include <gmock/gmock.h>

#include <future>

#include "carillon/aip/error.h"
#include "operations_fakes.h"

namespace carillon::operations {
namespace {

/// Takes ten at a time, up to a hundred.
class TensTask final : public Task {
 public:
  explicit TensTask(uint64_t cursor) : cursor_(cursor) {}
  void Step(size_t, absl::AnyInvocable<void(StepResult)> done) override {
    cursor_ += 10;
    done({.cursor = cursor_, .scanned = 10, .processed = 10, .finished = cursor_ >= 100});
  }

 private:
  uint64_t cursor_;
};

TEST(OperationsTest, RunsOnItsThreadAndIsStopped) {
  const TestFolder folder;
  const base::SystemClock clock;
  const auto store = OperationStore::Open(folder.file());
  ASSERT_TRUE(store.ok());
  const auto operations = Operations::Create(
      **store,
      [](const StoredOperation& stored) -> absl::StatusOr<std::unique_ptr<Task>> {
        return std::make_unique<TensTask>(stored.cursor);
      },
      clock);
  ASSERT_TRUE(operations.ok()) << operations.status();
  const auto ask = [&](auto what) {
    auto answered = std::make_shared<std::promise<absl::StatusOr<v1::Operation>>>();
    what([answered](absl::StatusOr<v1::Operation> operation) {
      answered->set_value(std::move(operation));
    });
    return answered->get_future().get();
  };
  const auto made = ask([&](auto done) { (*operations)->Start({.tenant = "acme"}, done); });
  ASSERT_TRUE(made.ok()) << made.status();
  const auto end =
      ask([&](auto done) { (*operations)->Wait(made->name(), std::chrono::minutes(1), done); });
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(end->state(), v1::Operation::SUCCEEDED);
  EXPECT_EQ(end->processed_count(), 100);
  (*operations)->Stop();
  (*operations)->Stop();
  const auto late = ask([&](auto done) { (*operations)->Get(made->name(), done); });
  EXPECT_EQ(aip::ReasonOf(late.status()), v1::STOPPING);
}

}  // namespace
}  // namespace carillon::operations
