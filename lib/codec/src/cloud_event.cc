#include "carillon/codec/cloud_event.h"

#include <algorithm>
#include <array>

#include "carillon/base/text.h"
#include "carillon/codec/json_writer.h"

namespace carillon::codec {
namespace {

constexpr size_t kMaxNameBytes = 20;
constexpr std::string_view kPartitionKey = "partitionkey";
constexpr std::string_view kTraceparent = "traceparent";
constexpr std::string_view kTracestate = "tracestate";
// Names that CloudEvents gives a meaning which an attribute of an event need not have.
constexpr std::array<std::string_view, 9> kTaken = {
    "data",   "datacontenttype", "dataschema", "id",  "partitionkey",
    "source", "specversion",     "time",       "type"};

bool IsName(std::string_view s) {
  return !s.empty() && s.size() <= kMaxNameBytes && std::ranges::all_of(s, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  }) && std::ranges::find(kTaken, s) == kTaken.end();
}

/// Whether valid UTF-8 is a String of CloudEvents: no control characters (C0, DEL, C1), no code
/// points that Unicode calls noncharacters.
bool IsString(std::string_view s) {
  const auto byte = [s](size_t i) {
    return i < s.size() ? static_cast<uint8_t>(s[i]) : uint8_t{0};
  };
  for (size_t i = 0; i < s.size(); ++i) {
    const uint8_t c = byte(i);
    if (c < 0x20 || c == 0x7F) return false;
    if (c == 0xC2 && byte(i + 1) < 0xA0) return false;
    if (c == 0xEF && byte(i + 1) == 0xB7 && byte(i + 2) >= 0x90 && byte(i + 2) <= 0xAF) {
      return false;  // U+FDD0 to U+FDEF
    }
    if (c == 0xEF && byte(i + 1) == 0xBF && byte(i + 2) >= 0xBE) return false;
    if (c >= 0xF0 && (byte(i + 1) & 0x0F) == 0x0F && byte(i + 2) == 0xBF && byte(i + 3) >= 0xBE) {
      return false;  // U+nFFFE and U+nFFFF
    }
  }
  return true;
}

/// The attributes that every event has, in their order.
template <typename Visit>
void VisitRequired(const model::Event& event, std::string_view source, Visit visit) {
  visit("specversion", "1.0");
  visit("id", event.id());
  if (source.empty()) {
    visit("source", std::string("/carillon/").append(event.tenant()));
  } else {
    visit("source", source);
  }
  visit("type", event.type());
  visit("time", base::FormatRfc3339(event.occurred_at()));
}

template <typename Visit>
void VisitTrace(const model::Event& event, Visit visit) {
  const auto trace = event.trace();
  if (!trace) return;
  std::string parent;
  model::AppendTraceparent(*trace, trace->span_id, parent);
  visit(kTraceparent, parent);
  if (!trace->state.empty()) visit(kTracestate, trace->state);
}

template <typename Visit>
void VisitExtensions(const model::Event& event, Visit visit) {
  const bool traced = event.traced();
  if (traced) VisitTrace(event, visit);
  const std::string_view key = event.ordering_key();
  if (!key.empty() && IsString(key)) visit(kPartitionKey, key);
  for (const auto& [name, value] : event.attributes()) {
    if (traced && (name == kTraceparent || name == kTracestate)) continue;
    if (IsName(name) && !value.empty() && IsString(value)) visit(name, value);
  }
}

/// As CloudEvents' HTTP binding says: what is not printable ASCII, space, `"` and `%`.
void AppendPercentEncoded(std::string_view value, std::string& out) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  for (const char c : value) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte > 0x20 && byte < 0x7F && c != '"' && c != '%') {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 0xF];
    }
  }
}

void AppendLine(std::string_view name, std::string_view value, std::string& out) {
  out.append("ce-").append(name).append(": ");
  AppendPercentEncoded(value, out);
  out += "\r\n";
}

}  // namespace

void AppendCloudEvent(const model::Event& event, std::string_view source, std::string& out) {
  JsonWriter writer(out);
  const auto write = [&](std::string_view name, std::string_view value) {
    writer.String(name, value);
  };
  VisitRequired(event, source, write);
  writer.String("datacontenttype", "application/json");
  VisitExtensions(event, write);
  writer.Raw("data", event.payload());
  writer.End();
}

void AppendCloudEventHeaders(const model::Event& event, std::string_view source, std::string& out) {
  VisitRequired(event, source, [&](std::string_view name, std::string_view value) {
    AppendLine(name, value, out);
  });
  const size_t begin = out.size();
  VisitExtensions(event, [&](std::string_view name, std::string_view value) {
    const size_t before = out.size();
    AppendLine(name, value, out);
    if (out.size() - begin > kMaxExtensionHeaderBytes) out.resize(before);
  });
}

}  // namespace carillon::codec
