#include "carillon/model/event.h"

#include <cstring>

namespace carillon::model {
namespace {

// A record, all numbers little-endian:
//   u8 version (1) | i64 occurred_at, Unix ns | u16 number of attributes
//   then fields of u32 length + bytes: id, type, tenant, ordering_key, {key, value}..., payload
constexpr uint8_t kVersion = 1;
constexpr size_t kFixedBytes = 1 + 8 + 2;
constexpr uint16_t kMaxAttributes = 1024;

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
  bool done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace

std::shared_ptr<Event> Event::Create(const Parts& parts) {
  size_t size = kFixedBytes + 5 * 4 + parts.id.size() + parts.type.size() + parts.tenant.size() +
                parts.ordering_key.size() + parts.payload.size();
  for (const auto& [key, value] : parts.attributes) size += 8 + key.size() + value.size();
  std::string record;
  record.reserve(size);
  Put(record, kVersion);
  Put(record, base::ToUnixNanos(parts.occurred_at));
  Put(record, static_cast<uint16_t>(parts.attributes.size()));
  PutField(record, parts.id);
  PutField(record, parts.type);
  PutField(record, parts.tenant);
  PutField(record, parts.ordering_key);
  for (const auto& [key, value] : parts.attributes) {
    PutField(record, key);
    PutField(record, value);
  }
  PutField(record, parts.payload);
  auto event = std::make_shared<Event>(Token{}, std::move(record));
  event->SetViews();
  return event;
}

absl::StatusOr<std::shared_ptr<Event>> Event::Parse(std::string_view record) {
  auto event = std::make_shared<Event>(Token{}, std::string(record));
  if (!event->SetViews()) return absl::InvalidArgumentError("not an event record");
  return event;
}

bool Event::SetViews() {
  Reader reader(record_);
  uint8_t version = 0;
  int64_t occurred_at = 0;
  uint16_t attributes = 0;
  if (!reader.Get(version) || version != kVersion || !reader.Get(occurred_at) ||
      !reader.Get(attributes) || attributes > kMaxAttributes) {
    return false;
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
