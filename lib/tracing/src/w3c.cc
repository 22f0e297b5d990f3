#include "carillon/tracing/w3c.h"

#include <algorithm>
#include <span>
#include <vector>

namespace carillon::tracing {
namespace {

using model::TraceContext;

constexpr size_t kBytes = 55;  // of version 00
constexpr size_t kMaxMembers = 32;
constexpr size_t kMaxKeyBytes = 256;
constexpr size_t kMaxTenantBytes = 241;
constexpr size_t kMaxSystemBytes = 14;
constexpr size_t kMaxValueBytes = 256;
constexpr size_t kLongMemberBytes = 128;

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsBlank(char c) { return c == ' ' || c == '\t'; }

std::string_view Trim(std::string_view s) {
  while (!s.empty() && IsBlank(s.front())) s.remove_prefix(1);
  while (!s.empty() && IsBlank(s.back())) s.remove_suffix(1);
  return s;
}

/// Lower case only.
int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool ReadHex(std::string_view digits, std::span<uint8_t> out) {
  for (size_t i = 0; i < out.size(); ++i) {
    const int high = HexDigit(digits[2 * i]);
    const int low = HexDigit(digits[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return true;
}

bool HasKeyChars(std::string_view s) {
  return std::ranges::all_of(s, [](char c) {
    return IsLower(c) || IsDigit(c) || c == '_' || c == '-' || c == '*' || c == '/';
  });
}

bool IsKey(std::string_view key) {
  const size_t at = key.find('@');
  if (at == key.npos) {
    return !key.empty() && key.size() <= kMaxKeyBytes && IsLower(key[0]) && HasKeyChars(key);
  }
  const std::string_view tenant = key.substr(0, at);
  const std::string_view system = key.substr(at + 1);
  return !tenant.empty() && tenant.size() <= kMaxTenantBytes &&
         (IsLower(tenant[0]) || IsDigit(tenant[0])) && HasKeyChars(tenant) && !system.empty() &&
         system.size() <= kMaxSystemBytes && IsLower(system[0]) && HasKeyChars(system);
}

bool IsValue(std::string_view value) {
  return !value.empty() && value.size() <= kMaxValueBytes && value.back() != ' ' &&
         std::ranges::all_of(value,
                             [](char c) { return c >= 0x20 && c <= 0x7E && c != ',' && c != '='; });
}

/// Returns the members, each `key=value`, or nullopt when one is wrong, stands twice, or is one too
/// many.
std::optional<std::vector<std::string_view>> ReadMembers(std::string_view rest) {
  std::vector<std::string_view> members;
  std::vector<std::string_view> keys;
  for (bool more = true; more;) {
    const size_t comma = rest.find(',');
    more = comma != rest.npos;
    const std::string_view member = Trim(rest.substr(0, comma));
    if (more) rest.remove_prefix(comma + 1);
    if (member.empty()) continue;
    const size_t equals = member.find('=');
    if (equals == member.npos || members.size() == kMaxMembers) return std::nullopt;
    const std::string_view key = member.substr(0, equals);
    if (!IsKey(key) || !IsValue(member.substr(equals + 1)) ||
        std::ranges::find(keys, key) != keys.end()) {
      return std::nullopt;
    }
    members.push_back(member);
    keys.push_back(key);
  }
  return members;
}

size_t JoinedBytes(const std::vector<std::string_view>& members) {
  size_t bytes = members.empty() ? 0 : members.size() - 1;
  for (const std::string_view member : members) bytes += member.size();
  return bytes;
}

}  // namespace

std::optional<TraceContext> ParseTraceparent(std::string_view value) {
  value = Trim(value);
  uint8_t version = 0;
  if (value.size() < kBytes || !ReadHex(value, {&version, 1}) || version == 0xFF) {
    return std::nullopt;
  }
  if (value.size() > kBytes && (version == 0 || value[kBytes] != '-')) return std::nullopt;
  if (value[2] != '-' || value[35] != '-' || value[52] != '-') return std::nullopt;
  TraceContext context;
  if (!ReadHex(value.substr(3), context.trace_id) || !ReadHex(value.substr(36), context.span_id) ||
      !ReadHex(value.substr(53), {&context.flags, 1})) {
    return std::nullopt;
  }
  if (context.trace_id == model::TraceId{} || context.span_id == model::SpanId{}) {
    return std::nullopt;
  }
  context.flags &= TraceContext::kKnownFlags;
  return context;
}

std::optional<std::string> ParseTracestate(std::string_view value) {
  std::optional<std::vector<std::string_view>> members = ReadMembers(value);
  if (!members) return std::nullopt;
  for (size_t i = members->size();
       i-- > 0 && JoinedBytes(*members) > TraceContext::kMaxStateBytes;) {
    if ((*members)[i].size() > kLongMemberBytes) {
      members->erase(members->begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  while (JoinedBytes(*members) > TraceContext::kMaxStateBytes) members->pop_back();
  std::string joined;
  joined.reserve(JoinedBytes(*members));
  for (const std::string_view member : *members) {
    if (!joined.empty()) joined += ',';
    joined += member;
  }
  return joined;
}

Received ReadTrace(std::string_view traceparent, std::string_view tracestate) {
  Received received;
  if (traceparent.empty()) return received;
  received.context = ParseTraceparent(traceparent);
  received.bad_traceparent = !received.context;
  if (!received.context || tracestate.empty()) return received;
  std::optional<std::string> state = ParseTracestate(tracestate);
  received.bad_tracestate = !state;
  if (state) received.context->state = *std::move(state);
  return received;
}

}  // namespace carillon::tracing
