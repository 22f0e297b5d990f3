#include "status_question.h"

namespace carillon::engine {

void StatusQuestion::Ask(const EngineState& state, const EngineCallbacks& callbacks) {
  std::vector<Part> parts(state.shards.size());
  for (size_t i = 0; i < names_.size(); ++i) {
    const auto* const at = state.tables.Find(names_[i].tenant, names_[i].name);
    if (at == nullptr || !state.Owns(at->shard)) continue;
    Part& part = parts[at->shard];
    part.lanes.push_back({.place = at->place, .tenant = names_[i].tenant, .name = names_[i].name});
    part.of.push_back(i);
    if (part.of.size() < kAtOnce) continue;
    AskShard(*state.shards[at->shard].delivery, std::exchange(part, {}), callbacks);
  }
  for (size_t shard = 0; shard < parts.size(); ++shard) {
    if (parts[shard].of.empty()) continue;
    AskShard(*state.shards[shard].delivery, std::move(parts[shard]), callbacks);
  }
  if (left_ == 0) Answer();
}

void StatusQuestion::AskShard(DeliveryShard& shard, Part part, const EngineCallbacks& callbacks) {
  ++left_;
  shard.Describe(std::move(part.lanes),
                 callbacks.Bind<Engine::Statuses>(
                     [self = shared_from_this(), of = std::move(part.of)](Engine::Statuses told) {
                       self->OnPart(of, std::move(told));
                     }));
}

void StatusQuestion::OnPart(const std::vector<size_t>& of, Engine::Statuses told) {
  if (done_ == nullptr) return;
  for (size_t i = 0; i < told.size(); ++i) statuses_[of[i]] = std::move(told[i]);
  if (--left_ == 0) Answer();
}

void StatusQuestion::Answer() {
  if (done_ != nullptr) std::exchange(done_, nullptr)(std::move(statuses_));
}

}  // namespace carillon::engine
