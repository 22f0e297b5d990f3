#include "packed_entries.h"

#include <utility>

namespace carillon::control {
namespace {

constexpr char kBehindAll = '\x7f';  // no name has it

bool Expires(const google::protobuf::Message& message) {
  const google::protobuf::FieldDescriptor* const field =
      message.GetDescriptor()->FindFieldByName("expire_time");
  return field != nullptr && message.GetReflection()->HasField(message, field);
}

const google::protobuf::Message* PrototypeOf(const google::protobuf::Message& message) {
  return google::protobuf::MessageFactory::generated_factory()->GetPrototype(
      message.GetDescriptor());
}

}  // namespace

Entry PackedEntries::Found::Unpack() const {
  if (packed == nullptr) return {};
  std::shared_ptr<google::protobuf::Message> message(packed->prototype->New());
  const std::string_view bytes = packed->bytes.Reveal();
  // It was made of such a message in this process.
  (void)message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  return {name, revision, std::move(message)};
}

PackedEntries::PackedPtr PackedEntries::Pack(const google::protobuf::Message& message) {
  std::string bytes;
  bytes.reserve(message.ByteSizeLong());
  message.AppendToString(&bytes);
  return Pack(message, base::Secret(std::move(bytes)));
}

PackedEntries::PackedPtr PackedEntries::Pack(const google::protobuf::Message& message,
                                             base::Secret bytes) {
  return std::make_shared<const Packed>(
      Packed{PrototypeOf(message), Expires(message), std::move(bytes)});
}

void PackedEntries::Put(const std::string& name, uint64_t revision, PackedPtr packed) {
  if (packed == nullptr) {
    entries_.erase(name);
  } else {
    entries_.insert_or_assign(entries_.end(), name, Held{revision, std::move(packed)});
  }
}

void PackedEntries::SetRevision(std::string_view name, uint64_t revision) {
  if (const auto at = entries_.find(name); at != entries_.end()) at->second.revision = revision;
}

PackedEntries::Found PackedEntries::Find(std::string_view name) const {
  const auto at = entries_.find(name);
  return at == entries_.end() ? Found{} : Found{at->first, at->second.revision, at->second.packed};
}

std::vector<PackedEntries::Found> PackedEntries::List(std::string_view prefix) const {
  std::vector<Found> list;
  Walk(prefix, [&list](const std::string& name, const Held& held) {
    list.push_back({name, held.revision, held.packed});
  });
  return list;
}

std::vector<PackedEntries::Found> PackedEntries::ListOf(const google::protobuf::Message& prototype,
                                                        std::string_view prefix) const {
  std::vector<Found> list;
  Walk(prefix, [&](const std::string& name, const Held& held) {
    if (held.packed->prototype == &prototype) list.push_back({name, held.revision, held.packed});
  });
  return list;
}

std::vector<PackedEntries::Found> PackedEntries::Last(std::string_view prefix, size_t most) const {
  std::vector<Found> last;
  auto at = entries_.lower_bound(std::string(prefix) + kBehindAll);
  while (last.size() < most && at != entries_.begin()) {
    --at;
    if (!at->first.starts_with(prefix)) break;
    last.push_back({at->first, at->second.revision, at->second.packed});
  }
  return last;
}

std::vector<PackedEntries::Found> PackedEntries::ListExpiring(std::string_view prefix) const {
  std::vector<Found> list;
  Walk(prefix, [&list](const std::string& name, const Held& held) {
    if (held.packed->expires) list.push_back({name, held.revision, held.packed});
  });
  return list;
}

size_t PackedEntries::Count(std::string_view prefix) const {
  size_t count = 0;
  Walk(prefix, [&count](const std::string&, const Held&) { ++count; });
  return count;
}

void PackedEntries::Walk(std::string_view prefix,
                         const std::function<void(const std::string&, const Held&)>& visit) const {
  for (auto at = entries_.lower_bound(prefix);
       at != entries_.end() && at->first.starts_with(prefix); ++at) {
    visit(at->first, at->second);
  }
}

std::vector<Entry> Unpack(const std::vector<PackedEntries::Found>& found) {
  std::vector<Entry> entries;
  entries.reserve(found.size());
  for (const PackedEntries::Found& one : found) entries.push_back(one.Unpack());
  return entries;
}

}  // namespace carillon::control
