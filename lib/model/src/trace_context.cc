#include "carillon/model/trace_context.h"

#include <span>

namespace carillon::model {
namespace {

constexpr size_t kTraceparentBytes = 55;

void AppendHex(std::span<const uint8_t> bytes, std::string& out) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (const uint8_t byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 0xF];
  }
}

}  // namespace

SpanId ToSpanId(uint64_t bits) {
  SpanId id;
  if (bits == 0) bits = 1;
  for (size_t i = id.size(); i-- > 0; bits >>= 8) id[i] = static_cast<uint8_t>(bits);
  return id;
}

std::string TraceIdText(const TraceId& id) {
  std::string text;
  text.reserve(2 * id.size());
  AppendHex(id, text);
  return text;
}

void AppendTraceparent(const TraceContext& context, const SpanId& sender, std::string& out) {
  out.reserve(out.size() + kTraceparentBytes);
  out += "00-";
  AppendHex(context.trace_id, out);
  out += '-';
  AppendHex(sender, out);
  out += '-';
  const uint8_t flags = context.flags & TraceContext::kKnownFlags;
  AppendHex({&flags, 1}, out);
}

}  // namespace carillon::model
