#include "carillon/admin/pending_page.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <tuple>

#include "carillon/base/text.h"
#include "carillon/codec/json_writer.h"

namespace carillon::admin {
namespace {

void AppendDestination(std::string& out, const model::Pending& pending) {
  codec::JsonWriter json(out);
  json.String("tenant", pending.tenant);
  json.String("name", pending.name);
  json.Int("parked", static_cast<int64_t>(pending.parked));
  json.Int("in_memory", static_cast<int64_t>(pending.in_memory));
  json.Int("in_flight", static_cast<int64_t>(pending.in_flight));
  if (pending.behind) {
    json.Int("behind", static_cast<int64_t>(*pending.behind));
  } else {
    json.Raw("behind", "null");
    json.Int("behind_from", static_cast<int64_t>(pending.behind_from));
  }
  json.End();
}

/// Not counted comes before all that was.
bool HasMore(const model::Pending* a, const model::Pending* b) {
  if (a->behind.has_value() != b->behind.has_value()) return !a->behind.has_value();
  if (a->counted() != b->counted()) return a->counted() > b->counted();
  return std::tie(a->tenant, a->name) < std::tie(b->tenant, b->name);
}

}  // namespace

std::string RenderPending(const PendingHead& head, const model::PendingReport& report,
                          size_t max_bytes) {
  std::vector<const model::Pending*> order;
  order.reserve(report.destinations.size());
  for (const model::Pending& pending : report.destinations) order.push_back(&pending);
  std::ranges::sort(order, HasMore);

  std::string destinations = "[";
  size_t shown = 0;
  while (shown < order.size() && destinations.size() < max_bytes) {
    if (shown > 0) destinations += ",\n";
    AppendDestination(destinations, *order[shown++]);
  }
  destinations += "]";
  uint64_t left_out_deliveries = 0;
  for (size_t i = shown; i < order.size(); ++i) left_out_deliveries += order[i]->counted();

  std::string sections;
  codec::JsonWriter marks(sections);
  for (const auto& [name, mark] : head.start_sections) marks.String(name, mark);
  marks.End();
  std::string out;
  codec::JsonWriter json(out);
  json.String("version", head.version);
  json.String("at", head.at);
  json.Raw("start_sections", sections);
  json.Int("next_position", static_cast<int64_t>(report.next_position));
  json.Int("left_out", static_cast<int64_t>(order.size() - shown));
  json.Int("left_out_deliveries", static_cast<int64_t>(left_out_deliveries));
  json.Raw("destinations", destinations);
  json.End();
  out += '\n';
  return out;
}

/// Shared with the one who counts, who may outlive the page.
struct PendingPage::Run {
  std::mutex mutex;
  std::condition_variable came;
  std::optional<model::PendingReport> report;
  base::WallTime at{};
  base::MonoTime done{};
};

web::Response PendingPage::Handle() {
  if (run_ != nullptr) {
    const std::lock_guard lock(run_->mutex);
    if (run_->report && clock_.Mono() - run_->done > kFresh) run_.reset();
  }
  if (run_ == nullptr) {
    run_ = std::make_shared<Run>();
    list_([run = run_, &clock = clock_](model::PendingReport report) {
      const std::lock_guard lock(run->mutex);
      run->report = std::move(report);
      run->at = clock.Wall();
      run->done = clock.Mono();
      run->came.notify_all();
    });
  }
  const std::shared_ptr<Run> run = run_;
  std::unique_lock lock(run->mutex);
  if (!run->came.wait_for(lock, patience_, [&run] { return run->report.has_value(); })) {
    web::Response reply;
    reply.status = 503;
    reply.body = "what is pending is being counted: ask again soon\n";
    return reply;
  }
  run_.reset();
  head_.at = base::FormatRfc3339(run->at);
  web::Response reply;
  reply.content_type = "application/json";
  reply.body = RenderPending(head_, *run->report, kMaxBytes);
  return reply;
}

}  // namespace carillon::admin
