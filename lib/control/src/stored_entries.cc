#include "stored_entries.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "awaited.h"
#include "carillon/base/text.h"
#include "carillon/sealing/aead.h"
#include "layer_builder.h"
#include "stored_resource.h"

namespace carillon::control {
namespace {

constexpr char kServerKey[] = "server/key";

/// Nothing is looked up while resources are read again.
class EmptyView final : public View {
 public:
  Entry Find(std::string_view) const override { return {}; }
  std::vector<Entry> List(std::string_view) const override { return {}; }
  resource::SnapshotPtr file() const override {
    return std::make_shared<const resource::Snapshot>();
  }
  resource::SnapshotPtr stored() const override { return file(); }
};

absl::StatusOr<base::Secret> ServerKey(store::ConfigStore& store) {
  Awaited<store::ConfigEntry> got;
  store.Get(kServerKey, got.callback());
  const absl::StatusOr<store::ConfigEntry> entry = got.Wait();
  if (entry.ok() && entry->value.size() != sealing::kKeyBytes) {
    return absl::DataLossError(absl::StrCat("'", kServerKey, "' is damaged"));
  }
  if (entry.ok()) return base::Secret(entry->value);
  if (!absl::IsNotFound(entry.status())) return entry.status();
  base::Secret key = sealing::MakeKey();
  Awaited<uint64_t> written;
  store.Write({{kServerKey, std::string(key.Reveal()), 0}}, written.callback());
  if (const auto revision = written.Wait(); !revision.ok()) return revision.status();
  return key;
}

const ResourceType* TypeOf(const RepositoryOptions& options, std::string_view name) {
  for (const ResourceType* type : options.types) {
    if (type->pattern().Match(name)) return type;
  }
  return nullptr;
}

/// Adds one resource; `edits` get its value.
absl::Status AddResource(const RepositoryOptions& options, const store::ConfigEntry& stored,
                         StoredEntries& to, std::vector<Edit>& edits) {
  const std::string name = stored.key.substr(kResourcePrefix.size());
  const ResourceType* type = TypeOf(options, name);
  if (type == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat("'", base::Printable(name), "' is of a kind that this version does not know"));
  }
  const std::unique_ptr<google::protobuf::Message> message(type->prototype().New());
  absl::Status status = DecodeStored(options.keys, stored.key, stored.value, *message);
  if (!status.ok()) return status;
  absl::StatusOr<Value> value = type->Read(*message, EmptyView(), true);
  if (!value.ok()) {
    return absl::DataLossError(
        absl::StrCat("'", base::Printable(name), "': ", value.status().message()));
  }
  to.entries.Put(name, stored.revision, PackedEntries::Pack(*message));
  // Of the message only that there is one counts from here on: it need not stay until all are read.
  edits.push_back({name, MessagePtr(MessagePtr(), &type->prototype()), *std::move(value)});
  return absl::OkStatus();
}

absl::Status AddPage(const RepositoryOptions& options, const store::ConfigPage& page,
                     StoredEntries& to, std::vector<Edit>& edits) {
  for (const store::ConfigEntry& entry : page.entries) {
    if (entry.key.starts_with(kResourcePrefix)) {
      absl::Status status = AddResource(options, entry, to, edits);
      if (!status.ok()) return status;
    } else if (entry.key.starts_with(Remembered::kPrefix)) {
      if (auto call = Remembered::DecodeHead(entry.value)) {
        to.calls.emplace_back(entry.key, *std::move(call));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<StoredEntries> ReadStored(const RepositoryOptions& options) {
  StoredEntries stored;
  absl::StatusOr<base::Secret> key = ServerKey(options.store);
  if (!key.ok()) return key.status();
  stored.key = *std::move(key);
  std::vector<Edit> edits;
  // The audit log, which may be the most of it, is left out.
  for (const std::string_view prefix : {Remembered::kPrefix, kResourcePrefix}) {
    store::ConfigQuery query{.prefix = std::string(prefix)};
    while (true) {
      Awaited<store::ConfigPage> page;
      options.store.List(query, page.callback());
      const absl::StatusOr<store::ConfigPage> got = page.Wait();
      if (!got.ok()) return got.status();
      absl::Status status = AddPage(options, *got, stored, edits);
      if (!status.ok()) return status;
      stored.revision = got->revision;
      if (!got->more || got->entries.empty()) break;
      query.after = got->entries.back().key;
    }
  }
  stored.snapshot = LayerBuilder().Next(edits, stored.revision);
  return stored;
}

}  // namespace carillon::control
