#pragma once

#include <optional>
#include <string>
#include <vector>

#include "connect_error.h"
#include "echo.pb.h"
#include "google/rpc/error_details.pb.h"

namespace carillon::connect {

inline const google::protobuf::Descriptor& SayRequest() {
  return *test::v1::SayRequest::descriptor();
}

/// The detail of that type, or an empty one.
template <typename Detail>
Detail Get(const Error& error) {
  Detail found;
  for (const auto& each : error.details()) {
    if (each.Is<Detail>()) each.UnpackTo(&found);
  }
  return found;
}

/// `field REASON` of each violation.
inline std::vector<std::string> Fields(const std::optional<Error>& error) {
  std::vector<std::string> fields;
  if (!error) return fields;
  const auto bad = Get<google::rpc::BadRequest>(*error);
  for (const auto& each : bad.field_violations()) {
    fields.push_back(each.field() + " " + each.reason());
  }
  return fields;
}

}  // namespace carillon::connect
