#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "carillon/base/random.h"
#include "carillon/delivery/lane_command.h"
#include "carillon/engine/engine.h"
#include "sim_configuration.h"

namespace carillon::delivery {

/// The owner of the destinations: disables, enables and releases them by calls, as the API does it,
/// whatever else happens. Knows which calls may be in force without being durable yet.
class SimOwner {
 public:
  using Told = std::shared_ptr<std::optional<absl::Status>>;

  explicit SimOwner(base::Random& random) : random_(random) {}

  /// The process is another one: of what was not answered nobody will hear.
  void NewLife() { calls_ = std::make_shared<Calls>(); }

  /// Does something with one of the destinations; most often it enables it.
  void Act(engine::Engine& engine, const SimConfiguration& configuration) {
    const auto& all = configuration.destinations();
    if (all.empty()) return;
    const uint64_t what = random_.Next() % 10;
    Call(engine, all[random_.Next() % all.size()],
         what < 6   ? LaneCommand::kEnable
         : what < 8 ? LaneCommand::kRelease
                    : LaneCommand::kDisable);
  }

  /// Returns what will be answered; null until it is.
  Told Call(engine::Engine& engine, const model::Destination& of, LaneCommand command) {
    ++calls_->open[{of.name, command}];
    ++count_;
    auto told = std::make_shared<std::optional<absl::Status>>();
    LaneOrder order{.tenant = of.tenant, .name = of.name, .command = command, .principal = "ops"};
    engine.Command(std::move(order),
                   [told, calls = calls_, name = of.name, command](absl::Status status) {
                     *told = status;
                     OnAnswer(*calls, name, command, status);
                   });
    return told;
  }

  /// Whether such a call of the destination may be in force, and not be durable.
  bool MayBe(const std::string& name, LaneCommand command) const {
    const auto open = calls_->open.find({name, command});
    return open != calls_->open.end() && open->second > 0;
  }
  /// Calls that were made.
  size_t count() const { return count_; }

 private:
  struct Calls {
    std::map<std::pair<std::string, LaneCommand>, size_t> open;
  };

  static void OnAnswer(Calls& calls, const std::string& name, LaneCommand command,
                       const absl::Status& status) {
    // It may be in force without ever becoming durable.
    if (absl::IsUnavailable(status)) return;
    EXPECT_TRUE(status.ok() || absl::IsNotFound(status) || absl::IsFailedPrecondition(status))
        << status;
    --calls.open[{name, command}];
  }

  base::Random& random_;
  std::shared_ptr<Calls> calls_ = std::make_shared<Calls>();
  size_t count_ = 0;
};

}  // namespace carillon::delivery
