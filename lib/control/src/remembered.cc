#include "remembered.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/control/repository.h"
#include "carillon/sealing/aead.h"

namespace carillon::control {
namespace {

std::string WithLengths(std::initializer_list<std::string_view> texts) {
  std::string all;
  for (const std::string_view text : texts) {
    absl::StrAppend(&all, text.size(), ":", base::ToAbsl(text));
  }
  return all;
}

}  // namespace

std::string Remembered::KeyOf(const ChangeCall& call) const {
  return absl::StrCat(base::ToAbsl(kPrefix),
                      absl::BytesToHexString(sealing::Mac(
                          key_, WithLengths({call.principal, call.method, call.request_id}))));
}

std::string Remembered::DigestOf(const ChangeCall& call) const {
  return sealing::Mac(key_, WithLengths({"request", call.request}));
}

void Remembered::Add(const std::string& key, Call call) {
  Remove(key);
  by_time_.emplace(call.made, key);
  calls_.emplace(key, std::move(call));
}

const Remembered::Call* Remembered::Find(const std::string& key, base::WallTime now) const {
  const auto found = calls_.find(key);
  if (found == calls_.end() || now - found->second.made >= Repository::kRemembered) return nullptr;
  return &found->second;
}

std::vector<std::string> Remembered::Expired(size_t count, size_t more, base::WallTime now) const {
  std::vector<std::string> expired;
  for (const auto& [made, key] : by_time_) {
    const bool too_many = calls_.size() - expired.size() + more > max_;
    if (expired.size() == count || !(too_many || now - made >= Repository::kRemembered)) break;
    expired.push_back(key);
  }
  return expired;
}

void Remembered::Remove(const std::string& key) {
  const auto found = calls_.find(key);
  if (found == calls_.end()) return;
  auto [at, end] = by_time_.equal_range(found->second.made);
  while (at != end && at->second != key) ++at;
  if (at != end) by_time_.erase(at);
  calls_.erase(found);
}

std::string Remembered::EncodeHead(const Call& call) {
  std::string bytes;
  const auto nanos = static_cast<uint64_t>(call.made.time_since_epoch().count());
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(nanos >> shift & 0xff);
  return bytes + call.digest;
}

std::optional<Remembered::Call> Remembered::DecodeHead(std::string_view bytes) {
  if (bytes.size() < kHeadBytes) return std::nullopt;
  uint64_t nanos = 0;
  for (const char c : bytes.substr(0, 8)) nanos = nanos << 8 | static_cast<uint8_t>(c);
  return Call{base::WallTime(std::chrono::nanoseconds(static_cast<int64_t>(nanos))),
              std::string(bytes.substr(8, kHeadBytes - 8))};
}

}  // namespace carillon::control
