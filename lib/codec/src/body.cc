#include "carillon/codec/body.h"

#include <cstdio>
#include <cstdlib>

#include "carillon/base/text.h"
#include "carillon/codec/cloud_event.h"
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

// Beyond the strings and the payload: member names, punctuation, a time, the default source.
constexpr size_t kCloudEventBytes = 280;

size_t CloudEventBytes(const model::Event& event, std::string_view source) {
  return event.record().size() + event.attributes().size() * 6 + source.size() + kCloudEventBytes;
}

std::string CloudEvent(const model::Event& event, std::string_view source) {
  std::string out;
  out.reserve(CloudEventBytes(event, source));
  AppendCloudEvent(event, source, out);
  return out;
}

std::string CloudEvents(std::span<const model::Event* const> events, std::string_view source) {
  size_t size = 2;
  for (const model::Event* event : events) size += CloudEventBytes(*event, source) + 1;
  std::string out;
  out.reserve(size);
  out += '[';
  for (const model::Event* event : events) {
    if (out.size() > 1) out += ',';
    AppendCloudEvent(*event, source, out);
  }
  out += ']';
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

std::string EncodeBody(model::Format format, std::span<const model::Event* const> events,
                       std::string_view source) {
  switch (format) {
    case model::Format::kStandard:
      return Envelope(Only(events));
    case model::Format::kPayload:
    case model::Format::kCloudEventsBinary:
      return std::string(Only(events).payload());
    case model::Format::kArray:
      return Array(events);
    case model::Format::kCloudEvents:
      return CloudEvent(Only(events), source);
    case model::Format::kCloudEventsBatch:
      return CloudEvents(events, source);
  }
  std::abort();
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
