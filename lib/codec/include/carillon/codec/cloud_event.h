#pragma once

#include <string>
#include <string_view>

#include "carillon/model/event.h"

namespace carillon::codec {

// CloudEvents 1.0. An event's id, type and time are the context attributes of the same name (time
// is when it happened), its ordering key is `partitionkey`. An attribute of the event goes along
// under its own key where CloudEvents takes it: 1-20 of [a-z0-9], no name that CloudEvents gives a
// meaning (but `subject`), the value neither empty nor with control characters. Others are left
// out: names are never altered, so no two can become one.
//
// An event that belongs to a trace carries it in the attributes of the Distributed Tracing
// extension, `traceparent` and `tracestate`: where the event comes from, the same in every attempt.
// Attributes of these names that the event has itself are left out then.
//
// `source` is a URI reference. Where it is empty, `/carillon/` and the event's tenant stand for it.

/// Bytes of extension attributes in a head: receivers commonly take 8 KiB of head in all.
inline constexpr size_t kMaxExtensionHeaderBytes = 4096;

/// Appends the JSON object of structured mode; the payload is its `data`.
void AppendCloudEvent(const model::Event& event, std::string_view source, std::string& out);

/// Appends the header lines of binary mode: `ce-NAME: VALUE`, each ending in CR LF, values
/// percent-encoded. Extensions that do not fit kMaxExtensionHeaderBytes any more are left out.
void AppendCloudEventHeaders(const model::Event& event, std::string_view source, std::string& out);

}  // namespace carillon::codec
