#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>

#include "carillon/control/call_trail.h"

namespace carillon::controlgrpc {

/// Adds to what the audit log writes down of a call what its request says: the resource that it
/// names, its `request_id` and `reason`. A request with `validate_only` changes nothing.
void DescribeRequest(const google::protobuf::Message& request, control::CallTrail& trail);

/// The trace id of a `traceparent`; empty: it has none.
std::string TraceIdOf(std::string_view traceparent);

}  // namespace carillon::controlgrpc
