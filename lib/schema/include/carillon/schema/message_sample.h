#pragma once

#include <string>

#include "carillon/schema/message_type.h"

namespace carillon::schema {

inline constexpr size_t kMaxSampleBytes = 64 * 1024;

/// A payload of the type as JSON, to look at: every field set, of each `oneof` the first; messages
/// within each other five deep; lists and maps with one element. 64-bit integers are
/// 9007199254740993, which only those who read them exactly can tell from its neighbors. The same
/// each time. One that would be over the bound has less in it.
std::string MakeSample(const MessageType& type);

}  // namespace carillon::schema
