#include "carillon/codec/body.h"

#include "carillon/base/text.h"
#include "carillon/codec/cloud_event.h"
#include "carillon/codec/json_writer.h"

namespace carillon::codec {
namespace {

/// Beyond the strings themselves: member names, punctuation, a time with nanoseconds.
constexpr size_t kEnvelopeBytes = 80;

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

// Beyond the strings and the payload: member names, punctuation, a time, the default source.
constexpr size_t kCloudEventBytes = 280;
/// A trace is longer as text than it is in the record.
constexpr size_t kTraceBytes = 64;

size_t CloudEventBytes(const model::Event& event, std::string_view source) {
  return event.record().size() + event.attributes().size() * 6 + source.size() + kCloudEventBytes +
         (event.traced() ? kTraceBytes : 0);
}

std::string CloudEvent(const model::Event& event, std::string_view source) {
  std::string out;
  out.reserve(CloudEventBytes(event, source));
  AppendCloudEvent(event, source, out);
  return out;
}

std::string One(model::Format format, const model::Event& event, std::string_view source) {
  switch (format) {
    case model::Format::kStandard:
      return Envelope(event);
    case model::Format::kCloudEvents:
    case model::Format::kCloudEventsBatch:
      return CloudEvent(event, source);
    default:
      return std::string(event.payload());
  }
}

size_t OneBytes(model::Format format, const model::Event& event, std::string_view source) {
  return HasSource(format) ? CloudEventBytes(event, source) : event.payload().size();
}

std::string Array(model::Format format, std::span<const model::Event* const> events,
                  std::string_view source) {
  size_t size = 2;
  for (const model::Event* event : events) size += OneBytes(format, *event, source) + 1;
  std::string out;
  out.reserve(size);
  out += '[';
  for (const model::Event* event : events) {
    if (out.size() > 1) out += ',';
    if (HasSource(format)) {
      AppendCloudEvent(*event, source, out);
    } else if (format == model::Format::kStandard) {
      out += Envelope(*event);
    } else {
      out += event->payload();
    }
  }
  out += ']';
  return out;
}

}  // namespace

std::string EncodeBody(model::Format format, std::span<const model::Event* const> events,
                       std::string_view source) {
  const bool alone = events.size() == 1 && !IsBatchFormat(format);
  return alone ? One(format, *events[0], source) : Array(format, events, source);
}

bool HasSource(model::Format format) {
  return format == model::Format::kCloudEvents || format == model::Format::kCloudEventsBatch;
}

bool IsBatchFormat(model::Format format) {
  return format == model::Format::kArray || format == model::Format::kCloudEventsBatch;
}

std::string_view ContentType(model::Format format) {
  switch (format) {
    case model::Format::kCloudEvents:
      return "application/cloudevents+json";
    case model::Format::kCloudEventsBatch:
      return "application/cloudevents-batch+json";
    default:
      return "application/json";
  }
}

}  // namespace carillon::codec
