#include "subjects.h"

#include <algorithm>
#include <utility>

namespace carillon::statistics {

Subjects::Subjects(size_t max) : max_(std::max<size_t>(max, 1)) {
  known_[kAll] = {};
  unsaved_.push_back(kAll);
}

const std::string& Subjects::KeyOf(std::string_view tenant, std::string_view destination,
                                   std::string_view uid) {
  key_.assign(tenant);
  key_.push_back('\0');
  key_.append(destination);
  key_.push_back('\0');
  key_.append(uid);
  return key_;
}

const std::string& Subjects::KeyOf(const Subject& subject) {
  return KeyOf(subject.tenant, subject.destination, subject.uid.value_or(""));
}

void Subjects::Restore(uint32_t number, const Subject& subject, int64_t last_hour) {
  if (number == kAll) {
    known_[kAll].saved = true;
    std::erase(unsaved_, kAll);
    return;
  }
  uint32_t sum = kAll;
  if (!subject.destination.empty()) {
    const auto tenant = numbers_.find(KeyOf(subject.tenant, {}, {}));
    if (tenant != numbers_.end()) sum = tenant->second;
  }
  numbers_[KeyOf(subject)] = number;
  known_[number] = {subject, sum, last_hour, true};
  next_ = std::max(next_, number + 1);
}

uint32_t Subjects::Of(std::string_view tenant, std::string_view destination, std::string_view uid) {
  if (const auto found = numbers_.find(KeyOf(tenant, destination, uid)); found != numbers_.end()) {
    return found->second;
  }
  const auto known = numbers_.find(KeyOf(tenant, {}, {}));
  uint32_t sum = known != numbers_.end() ? known->second : 0;
  if (sum == 0) sum = Make({std::string(tenant), {}}, kAll);
  if (sum == 0) return kAll;
  if (destination.empty()) return sum;
  const uint32_t made =
      Make({std::string(tenant), std::string(destination), std::string(uid)}, sum);
  return made != 0 ? made : sum;
}

uint32_t Subjects::Make(const Subject& subject, uint32_t sum) {
  if (known_.size() > max_) return 0;  // kAll is beside them
  const uint32_t number = next_++;
  numbers_[KeyOf(subject)] = number;
  known_[number] = {subject, sum, 0, false};
  unsaved_.push_back(number);
  return number;
}

void Subjects::Touch(uint32_t number, int64_t hour) {
  Known& known = known_.at(number);
  if (hour <= known.last_hour) return;
  known.last_hour = hour;
  if (std::exchange(known.saved, false)) unsaved_.push_back(number);
}

std::vector<uint32_t> Subjects::TakeUnsaved() {
  for (const uint32_t number : unsaved_) known_.at(number).saved = true;
  return std::exchange(unsaved_, {});
}

void Subjects::GiveBack(const std::vector<uint32_t>& unsaved) {
  for (const uint32_t number : unsaved) {
    known_.at(number).saved = false;
    unsaved_.push_back(number);
  }
}

std::vector<uint32_t> Subjects::Forget(int64_t before_hour) {
  std::vector<uint32_t> gone;
  for (const auto& [number, known] : known_) {
    if (number != kAll && known.saved && known.last_hour < before_hour) gone.push_back(number);
  }
  for (const uint32_t number : gone) {
    const Subject& subject = known_.at(number).subject;
    numbers_.erase(KeyOf(subject));
    known_.erase(number);
  }
  return gone;
}

}  // namespace carillon::statistics
