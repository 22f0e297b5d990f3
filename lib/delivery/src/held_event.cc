#include "held_event.h"

#include "carillon/codec/body.h"

namespace carillon::delivery {

const std::shared_ptr<const std::string>& HeldRef::Body(model::Format format) const {
  auto& body = held_->bodies[static_cast<size_t>(format)];
  if (body == nullptr) {
    const model::Event* event = held_->event.get();
    body = std::make_shared<const std::string>(codec::EncodeBody(format, {&event, 1}));
    held_->bytes += body->size();
    held_->owner->bytes_ += body->size();
  }
  return body;
}

void HeldRef::Release() { held_->owner->Release(held_); }

HeldRef HeldEvents::Hold(model::EventPtr event) {
  std::unique_ptr<HeldRef::Held> held;
  if (spares_.empty()) {
    held = std::make_unique<HeldRef::Held>();
    held->owner = this;
  } else {
    held = std::move(spares_.back());
    spares_.pop_back();
  }
  held->bytes = event->bytes();
  held->event = std::move(event);
  bytes_ += held->bytes;
  return HeldRef(held.release());
}

void HeldEvents::Release(HeldRef::Held* held) {
  std::unique_ptr<HeldRef::Held> owned(held);
  bytes_ -= owned->bytes;
  owned->event.reset();
  owned->bodies = {};
  if (spares_.size() < kSpares) spares_.push_back(std::move(owned));
}

}  // namespace carillon::delivery
