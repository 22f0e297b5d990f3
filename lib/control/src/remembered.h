#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/base/secret.h"
#include "carillon/control/change.h"

namespace carillon::control {

/// Calls that were answered, by their request ids: where the answer is stored, and of which request
/// it was. The answers themselves are in the store. Used by one thread.
class Remembered {
 public:
  /// Where answers are, in the store.
  static constexpr std::string_view kPrefix = "answers/";

  struct Call {
    base::WallTime made;
    std::string digest;  ///< of the request
  };

  /// `key` is what makes store keys of principals and ids. Not more than `max` are kept.
  Remembered(base::Secret key, size_t max) : key_(std::move(key)), max_(max) {}

  /// The store's key of the answer to that call.
  std::string KeyOf(const ChangeCall& call) const;
  std::string DigestOf(const ChangeCall& call) const;

  void Add(const std::string& key, Call call);
  /// Null: there was no such call, or it is as old as `kRemembered`.
  const Call* Find(const std::string& key, base::WallTime now) const;
  /// Takes out at most `count` that are too old, or too many for `more` to come.
  std::vector<std::string> Expired(size_t count, size_t more, base::WallTime now) const;
  void Remove(const std::string& key);

  /// A call as it stands before its answer, and the way back.
  static std::string EncodeHead(const Call& call);
  static constexpr size_t kHeadBytes = 8 + 32;
  static std::optional<Call> DecodeHead(std::string_view bytes);

 private:
  base::Secret key_;
  const size_t max_;
  std::map<std::string, Call> calls_;
  std::multimap<base::WallTime, std::string> by_time_;
};

}  // namespace carillon::control
