#include "batch.h"

#include "carillon/v1/publisher.pb.h"
#include "event_wire.h"

namespace carillon::cli {

void Batch::Add(std::string_view id, std::string_view rest, uint64_t line) {
  items_.push_back({.begin = request_.size(), .line = line});
  std::string front;
  wire::AppendBytes(front, v1::Event::kIdFieldNumber, id);
  // Tag and length of the event, then the event itself in two pieces.
  request_ += static_cast<char>(v1::PublishRequest::kEventsFieldNumber << 3 | 2);
  wire::AppendVarint(request_, front.size() + rest.size());
  request_.append(front).append(rest);
}

void Batch::Remove(size_t index) {
  const size_t begin = items_[index].begin;
  const size_t end = index + 1 < items_.size() ? items_[index + 1].begin : request_.size();
  request_.erase(begin, end - begin);
  items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(index));
  for (size_t i = index; i < items_.size(); ++i) items_[i].begin -= end - begin;
}

void Batch::Clear() {
  request_.clear();
  items_.clear();
}

}  // namespace carillon::cli
