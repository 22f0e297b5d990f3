#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "carillon/engine/engine.h"
#include "carillon/store/lane_state.h"
#include "engine_callbacks.h"
#include "engine_state.h"

namespace carillon::engine {

/// Asks the shards how destinations fare, and answers when all have told, or when it is told to, or
/// when it ends, with what it has. Held by whoever may still answer it. Engine's thread, but that
/// it may end anywhere. See Engine::Describe.
class StatusQuestion final : public std::enable_shared_from_this<StatusQuestion> {
 public:
  using Done = absl::AnyInvocable<void(Engine::Statuses)>;
  /// Lanes that a delivery thread tells of before it does something else.
  static constexpr size_t kAtOnce = 64;

  StatusQuestion(std::vector<store::LaneName> names, Done done)
      : names_(std::move(names)), statuses_(names_.size()), done_(std::move(done)) {}
  ~StatusQuestion() { Answer(); }
  StatusQuestion(const StatusQuestion&) = delete;
  StatusQuestion& operator=(const StatusQuestion&) = delete;

  /// Once.
  void Ask(const EngineState& state, const EngineCallbacks& callbacks);
  /// With what there is; again does nothing.
  void Answer();

 private:
  /// What one shard is asked, at once, and where its answers belong.
  struct Part {
    std::vector<delivery::LanePlace> lanes;
    std::vector<size_t> of;  // in names_
  };
  void AskShard(DeliveryShard& shard, Part part, const EngineCallbacks& callbacks);
  void OnPart(const std::vector<size_t>& of, Engine::Statuses told);

  const std::vector<store::LaneName> names_;
  Engine::Statuses statuses_;
  Done done_;
  size_t left_ = 0;  // parts that were not answered
};

}  // namespace carillon::engine
