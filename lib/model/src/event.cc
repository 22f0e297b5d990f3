#include "carillon/model/event.h"

#include <cstring>
#include <utility>

namespace carillon::model {
namespace {

// A record, all numbers little-endian:
//   u8 version | i64 occurred_at, Unix ns | u16 number of attributes
//   only in version 2: 16 bytes of trace id | 8 of the parent's span id | u8 flags | a field (see
//   below): tracestate
//   then fields of u32 length + bytes: id, type, tenant, ordering_key, {key, value}..., payload
// An event without a trace is a record of version 1, as it was before there was another.
constexpr uint8_t kPlain = 1;
constexpr uint8_t kTraced = 2;
constexpr size_t kFixedBytes = 1 + 8 + 2;
constexpr size_t kTraceBytes = sizeof(TraceId) + sizeof(SpanId) + 1;
constexpr uint16_t kMaxAttributes = 1024;
/// Of a record, one part in so many may be memory that was reserved and is not used.
constexpr size_t kMostSpare = 8;

template <typename T>
void Put(std::string& out, T value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out.append(bytes, sizeof(T));
}

void PutField(std::string& out, std::string_view field) {
  Put(out, static_cast<uint32_t>(field.size()));
  out.append(field);
}

/// Takes fields off the front; false once there are not enough bytes.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  template <typename T>
  bool Get(T& value) {
    if (rest_.size() < sizeof(T)) return false;
    std::memcpy(&value, rest_.data(), sizeof(T));
    rest_.remove_prefix(sizeof(T));
    return true;
  }
  bool GetField(std::string_view& field) {
    uint32_t size = 0;
    if (!Get(size) || rest_.size() < size) return false;
    field = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }
  /// The context of a traced record; its ids may not be zero.
  bool GetTrace(TraceContext& trace) {
    std::string_view state;
    if (!Get(trace.trace_id) || !Get(trace.span_id) || !Get(trace.flags) || !GetField(state) ||
        state.size() > TraceContext::kMaxStateBytes) {
      return false;
    }
    trace.state = state;
    return trace.trace_id != TraceId{} && trace.span_id != SpanId{};
  }
  bool done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace

std::string& Event::Builder::Begin(const Parts& parts, size_t expected) {
  size_t size = kFixedBytes + 5 * 4 + parts.id.size() + parts.type.size() + parts.tenant.size() +
                parts.ordering_key.size() + expected;
  for (const auto& [key, value] : parts.attributes) size += 8 + key.size() + value.size();
  if (parts.trace != nullptr) size += kTraceBytes + 4 + parts.trace->state.size();
  std::string& record = record_;
  record.clear();
  record.reserve(size);
  Put(record, parts.trace != nullptr ? kTraced : kPlain);
  Put(record, base::ToUnixNanos(parts.occurred_at));
  Put(record, static_cast<uint16_t>(parts.attributes.size()));
  if (parts.trace != nullptr) {
    Put(record, parts.trace->trace_id);
    Put(record, parts.trace->span_id);
    Put(record, parts.trace->flags);
    PutField(record, parts.trace->state);
  }
  PutField(record, parts.id);
  PutField(record, parts.type);
  PutField(record, parts.tenant);
  PutField(record, parts.ordering_key);
  for (const auto& [key, value] : parts.attributes) {
    PutField(record, key);
    PutField(record, value);
  }
  Put(record, uint32_t{0});  // the payload's length, once it is known
  payload_at_ = record.size();
  return record;
}

std::shared_ptr<Event> Event::Builder::Finish() {
  const auto length = static_cast<uint32_t>(payload_bytes());
  std::memcpy(record_.data() + payload_at_ - sizeof(length), &length, sizeof(length));
  if (record_.capacity() - record_.size() > record_.size() / kMostSpare) record_.shrink_to_fit();
  auto event = std::make_shared<Event>(Token{}, std::exchange(record_, {}));
  event->SetViews();
  return event;
}

std::shared_ptr<Event> Event::Create(const Parts& parts) {
  Builder builder;
  builder.Begin(parts, parts.payload.size()).append(parts.payload);
  return builder.Finish();
}

absl::StatusOr<std::shared_ptr<Event>> Event::Parse(std::string_view record) {
  auto event = std::make_shared<Event>(Token{}, std::string(record));
  if (!event->SetViews()) return absl::InvalidArgumentError("not an event record");
  return event;
}

bool Event::traced() const { return static_cast<uint8_t>(record_.front()) == kTraced; }

bool Event::sampled() const {
  constexpr size_t kFlags = kFixedBytes + sizeof(TraceId) + sizeof(SpanId);
  return traced() && (static_cast<uint8_t>(record_[kFlags]) & TraceContext::kSampled) != 0;
}

std::optional<TraceContext> Event::trace() const {
  if (!traced()) return std::nullopt;
  std::optional<TraceContext> trace(std::in_place);
  Reader reader(std::string_view(record_).substr(kFixedBytes));
  reader.GetTrace(*trace);
  return trace;
}

bool Event::SetViews() {
  Reader reader(record_);
  uint8_t version = 0;
  int64_t occurred_at = 0;
  uint16_t attributes = 0;
  if (!reader.Get(version) || (version != kPlain && version != kTraced) ||
      !reader.Get(occurred_at) || !reader.Get(attributes) || attributes > kMaxAttributes) {
    return false;
  }
  if (version == kTraced) [[unlikely]] {
    TraceContext trace;
    if (!reader.GetTrace(trace)) return false;
  }
  occurred_at_ = base::FromUnixNanos(occurred_at);
  if (!reader.GetField(id_) || !reader.GetField(type_) || !reader.GetField(tenant_) ||
      !reader.GetField(ordering_key_)) {
    return false;
  }
  attributes_.resize(attributes);
  for (auto& [key, value] : attributes_) {
    if (!reader.GetField(key) || !reader.GetField(value)) return false;
  }
  return reader.GetField(payload_) && reader.done();
}

}  // namespace carillon::model
