#include "event_wire.h"

namespace carillon::cli::wire {
namespace {

constexpr uint64_t kVarint = 0;
constexpr uint64_t kLengthDelimited = 2;

void AppendTag(std::string& out, int field, uint64_t type) {
  AppendVarint(out, static_cast<uint64_t>(field) << 3 | type);
}

}  // namespace

void AppendVarint(std::string& out, uint64_t value) {
  while (value >= 0x80) {
    out += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

void AppendBytes(std::string& out, int field, std::string_view value) {
  AppendTag(out, field, kLengthDelimited);
  AppendVarint(out, value.size());
  out.append(value);
}

void AppendInt(std::string& out, int field, int64_t value) {
  if (value == 0) return;
  AppendTag(out, field, kVarint);
  AppendVarint(out, static_cast<uint64_t>(value));
}

}  // namespace carillon::cli::wire
