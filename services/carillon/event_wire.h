#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace carillon::cli::wire {

// The protobuf wire form, written by hand: events are read from text and sent on without ever
// being messages in between. Fields that hold their default are left out, as protobuf does.

void AppendVarint(std::string& out, uint64_t value);
/// A length-delimited field: a string, bytes or a message.
void AppendBytes(std::string& out, int field, std::string_view value);
/// An int32, int64 or uint64 field.
void AppendInt(std::string& out, int field, int64_t value);

}  // namespace carillon::cli::wire
