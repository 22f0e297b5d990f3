#include "carillon/codec/body.h"

#include <cstdio>
#include <cstdlib>

#include "carillon/base/text.h"
#include "carillon/codec/json_writer.h"

namespace carillon::codec {
namespace {

/// Beyond the strings themselves: member names, punctuation, a time with nanoseconds.
constexpr size_t kEnvelopeBytes = 80;

const model::Event& Only(std::span<const model::Event* const> events) {
  if (events.size() != 1) {
    std::fprintf(stderr, "carillon: %zu events for a body that holds exactly one\n", events.size());
    std::abort();
  }
  return *events[0];
}

std::string Envelope(const model::Event& event) {
  std::string out;
  out.reserve(event.type().size() + event.payload().size() + kEnvelopeBytes);
  JsonWriter writer(out);
  writer.String("type", event.type());
  writer.String("timestamp", base::FormatRfc3339(event.occurred_at()));
  writer.Raw("data", event.payload());
  writer.End();
  return out;
}

std::string Array(std::span<const model::Event* const> events) {
  size_t size = 2;
  for (const model::Event* event : events) size += event->payload().size() + 1;
  std::string out;
  out.reserve(size);
  out += '[';
  for (const model::Event* event : events) {
    if (out.size() > 1) out += ',';
    out += event->payload();
  }
  out += ']';
  return out;
}

}  // namespace

std::string EncodeBody(model::Format format, std::span<const model::Event* const> events) {
  switch (format) {
    case model::Format::kStandard:
      return Envelope(Only(events));
    case model::Format::kPayload:
      return std::string(Only(events).payload());
    case model::Format::kArray:
      return Array(events);
  }
  std::abort();
}

bool IsBatchFormat(model::Format format) { return format == model::Format::kArray; }

std::string_view ContentType(model::Format) { return "application/json"; }

}  // namespace carillon::codec
