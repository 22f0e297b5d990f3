#include "address_history.h"

#include <algorithm>
#include <chrono>

namespace carillon::http {
namespace {

constexpr size_t kMaxFailures = 256;
constexpr std::chrono::minutes kRemembered{10};

Addresses TakingTurns(const Addresses& addresses) {
  Addresses six;
  Addresses four;
  for (const auto& address : addresses) (address.is_v6() ? six : four).push_back(address);
  Addresses out;
  out.reserve(addresses.size());
  for (size_t i = 0; i < std::max(six.size(), four.size()); ++i) {
    if (i < six.size()) out.push_back(six[i]);
    if (i < four.size()) out.push_back(four[i]);
  }
  return out;
}

}  // namespace

size_t AddressHistory::FailureOf(const Address& address, base::MonoTime now) const {
  const auto at = std::ranges::find(failures_, address, &Failure::address);
  if (at == failures_.end() || now >= at->at + kRemembered) return 0;
  return static_cast<size_t>(at - failures_.begin()) + 1;
}

Addresses AddressHistory::Order(const Addresses& addresses, base::MonoTime now) const {
  Addresses out = TakingTurns(addresses);
  if (failures_.empty() || out.size() < 2) return out;
  struct Ranked {
    Address address;
    size_t failure;
    bool worked;
    size_t place;  // keeps the order of equals
  };
  std::vector<Ranked> ranked;
  bool any_failed = false;
  for (const Address& address : out) {
    const size_t failure = FailureOf(address, now);
    any_failed = any_failed || failure > 0;
    ranked.push_back({address, failure, worked_ == address, ranked.size()});
  }
  if (!any_failed) return out;
  std::ranges::sort(ranked, [](const Ranked& a, const Ranked& b) {
    if (a.failure != b.failure) return a.failure < b.failure;
    if (a.worked != b.worked) return a.worked;
    return a.place < b.place;
  });
  std::ranges::transform(ranked, out.begin(), &Ranked::address);
  return out;
}

void AddressHistory::Failed(const Address& address, base::MonoTime now) {
  std::erase_if(failures_, [&](const Failure& f) { return f.address == address; });
  if (failures_.size() >= kMaxFailures) failures_.erase(failures_.begin());
  failures_.push_back({address, now});
  if (worked_ == address) worked_.reset();
}

void AddressHistory::Worked(const Address& address) {
  worked_ = address;
  if (failures_.empty()) return;
  std::erase_if(failures_, [&](const Failure& f) { return f.address == address; });
}

}  // namespace carillon::http
