#pragma once

#include <google/protobuf/duration.pb.h>

#include <chrono>

namespace carillon::resource {

inline std::chrono::nanoseconds ToChrono(const google::protobuf::Duration& d) {
  return std::chrono::seconds(d.seconds()) + std::chrono::nanoseconds(d.nanos());
}

}  // namespace carillon::resource
