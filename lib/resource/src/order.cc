#include "order.h"

#include "field_rules.h"
#include "member_rules.h"

namespace carillon::resource {
namespace {

model::Ordering ToModel(v1::Ordering by) {
  switch (by) {
    case v1::ORDERING_KEY:
      return model::Ordering::kKey;
    case v1::ORDERING_STRICT:
      return model::Ordering::kStrict;
    default:
      return model::Ordering::kNone;
  }
}

model::Order ToModel(const v1::Order& given, const Path& path, Errors& errors) {
  const bool hold = given.after_dead() == v1::AFTER_DEAD_HOLD;
  const model::Order order{
      .by = ToModel(given.by()),
      .after_dead = hold ? model::AfterDead::kHold : model::AfterDead::kContinue};
  if (given.after_dead() != v1::AFTER_DEAD_UNSPECIFIED && order.by == model::Ordering::kNone) {
    errors.Add(path.Member("after_dead"), "needs by: key or by: strict");
  }
  return order;
}

model::Batch ToModel(v1::Batch given, const Path& path, Errors& errors) {
  ApplyRules(given, path, errors);
  return {.max_events = given.max_events(),
          .max_bytes = given.max_bytes(),
          .max_wait = Millis(given.max_wait())};
}

bool IsArray(model::Format format) {
  return format == model::Format::kArray || format == model::Format::kCloudEventsBatch;
}

}  // namespace

void ReadOrder(const v1::Destination& given, model::Destination& to, const Path& path,
               Errors& errors) {
  to.order = ToModel(given.order(), path.Member("order"), errors);
  if (to.order.by == model::Ordering::kStrict) to.concurrency = 1;
  if (!given.has_batch()) return;
  const Path batch = path.Member("batch");
  if (!IsArray(to.format)) errors.Add(batch, "needs the format array or cloudevents_batch");
  to.batch = ToModel(given.batch(), batch, errors);
}

}  // namespace carillon::resource
