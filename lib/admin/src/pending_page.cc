#include "carillon/admin/pending_page.h"

#include <algorithm>
#include <memory>
#include <tuple>
#include <utility>

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

void PendingPage::Answer(web::Responder responder) {
  if (kept_ && clock_.Mono() - kept_->since > kFresh) kept_.reset();
  if (kept_) {
    const Kept kept = *std::exchange(kept_, std::nullopt);
    return responder.Reply(Render(kept.report, kept.at));
  }
  const uint64_t number = ++asked_;
  responder.WhenGone([this, number] { waiting_.erase(number); });
  waiting_.emplace(number, std::move(responder));
  if (std::exchange(counting_, true)) return;
  list_([this](model::PendingReport report) {
    post_([this, report = std::move(report), at = clock_.Wall()]() mutable {
      OnReport(std::move(report), at);
    });
  });
}

void PendingPage::OnReport(model::PendingReport report, base::WallTime at) {
  counting_ = false;
  if (waiting_.empty()) {
    kept_ = Kept{std::move(report), at, clock_.Mono()};
    return;
  }
  const web::Response page = Render(report, at);
  for (auto& [number, responder] : std::exchange(waiting_, {})) responder.Reply(page);
}

web::Response PendingPage::Render(const model::PendingReport& report, base::WallTime at) {
  head_.at = base::FormatRfc3339(at);
  web::Response page;
  page.content_type = "application/json";
  page.body = RenderPending(head_, report, kMaxBytes);
  return page;
}

web::Response PendingPage::StillCounting() {
  return {.status = 503, .body = "what is pending is being counted: ask again soon\n"};
}

}  // namespace carillon::admin
