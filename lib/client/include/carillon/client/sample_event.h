#pragma once

#include <string>

#include "carillon/v1/event.pb.h"

namespace carillon::client {

/// A sample event. Of a built-in type the payload is its message, members set: texts say what they
/// are (`<location>`), whole numbers of 64 bits are beyond 2^53, so that receivers that round them
/// can be told. Of another type it is `json`; empty: `{"sample":true}`. Deterministic, without id
/// and time.
v1::Event MakeSample(const std::string& type, const std::string& json = "");

}  // namespace carillon::client
