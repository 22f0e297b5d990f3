#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <chrono>

#include "carillon/base/clock.h"

namespace carillon::control {

/// Whether a WallTime can say it: it is in the years 1970 to 2261.
inline bool IsExpireTime(const google::protobuf::Timestamp& time) {
  constexpr int64_t kYear2262 = 9'214'646'400;
  constexpr int32_t kSecond = 1'000'000'000;
  return time.seconds() >= 0 && time.seconds() < kYear2262 && time.nanos() >= 0 &&
         time.nanos() < kSecond;
}

/// Of one that IsExpireTime.
inline base::WallTime ExpireTimeOf(const google::protobuf::Timestamp& time) {
  return base::WallTime(std::chrono::seconds(time.seconds()) +
                        std::chrono::nanoseconds(time.nanos()));
}

}  // namespace carillon::control
