#include "stored_entries.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "awaited.h"
#include "carillon/base/mutex.h"
#include "carillon/base/text.h"
#include "carillon/base/worker.h"
#include "carillon/sealing/aead.h"
#include "layer_builder.h"
#include "stored_resource.h"

namespace carillon::control {
namespace {

constexpr char kServerKey[] = "server/key";

/// Threads that decode pages at once: more would wait for the one that reads them.
constexpr size_t kMaxReaders = 4;

/// Nothing is looked up while resources are read again.
class EmptyView final : public View {
 public:
  Entry Find(std::string_view) const override { return {}; }
  std::vector<Entry> List(std::string_view) const override { return {}; }
  resource::SnapshotPtr file() const override { return empty_; }
  resource::SnapshotPtr stored() const override { return empty_; }

 private:
  const resource::SnapshotPtr empty_ = std::make_shared<const resource::Snapshot>();
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

/// What a page of the store has, decoded; entries and edits in the order of their names.
struct DecodedPage {
  absl::Status status;  // where it is not OK the rest counts for nothing
  std::vector<PackedEntries::Found> entries;
  std::vector<Edit> edits;
  std::vector<std::pair<std::string, Remembered::Call>> calls;
};

/// Decodes pages, one after another. One thread.
class PageDecoder {
 public:
  explicit PageDecoder(const RepositoryOptions& options) : options_(options) {}

  DecodedPage Decode(const store::ConfigPage& page) {
    DecodedPage decoded;
    for (const store::ConfigEntry& entry : page.entries) {
      if (entry.key.starts_with(kResourcePrefix)) {
        decoded.status = AddResource(entry, decoded);
        if (!decoded.status.ok()) break;
      } else if (entry.key.starts_with(Remembered::kPrefix)) {
        if (auto call = Remembered::DecodeHead(entry.value)) {
          decoded.calls.emplace_back(entry.key, *std::move(call));
        }
      }
    }
    return decoded;
  }

 private:
  /// Adds one resource and its value.
  absl::Status AddResource(const store::ConfigEntry& stored, DecodedPage& to) {
    std::string name = stored.key.substr(kResourcePrefix.size());
    const ResourceType* const type = TypeOf(options_, name);
    if (type == nullptr) {
      return absl::FailedPreconditionError(absl::StrCat(
          "'", base::Printable(name), "' is of a kind that this version does not know"));
    }
    absl::StatusOr<base::Secret> bytes = DecodeBytes(options_.keys, stored.key, stored.value);
    if (!bytes.ok()) return bytes.status();
    google::protobuf::Message& message = MessageOf(*type);
    if (!ParseFrom(*bytes, message)) {
      return absl::DataLossError(
          absl::StrCat("'", base::Printable(stored.key), "' cannot be parsed"));
    }
    absl::StatusOr<Value> value = type->Read(message, view_, true);
    if (!value.ok()) {
      return absl::DataLossError(
          absl::StrCat("'", base::Printable(name), "': ", value.status().message()));
    }
    to.entries.push_back({name, stored.revision, PackedEntries::Pack(message, *std::move(bytes))});
    // Of the message only that there is one counts from here on.
    to.edits.push_back(
        {std::move(name), MessagePtr(MessagePtr(), &type->prototype()), *std::move(value)});
    return absl::OkStatus();
  }

  /// One for all of a kind: each is parsed into the memory of the one before.
  google::protobuf::Message& MessageOf(const ResourceType& type) {
    std::unique_ptr<google::protobuf::Message>& message = messages_[&type];
    if (message == nullptr) message.reset(type.prototype().New());
    return *message;
  }

  const RepositoryOptions& options_;
  const EmptyView view_;
  std::map<const ResourceType*, std::unique_ptr<google::protobuf::Message>> messages_;
};

/// Reads all that begins with a prefix: pages in their order, each decoded by the thread that took
/// it while others take the next, and added in their order again. At most one page a thread, and
/// those that wait for an earlier one, are in memory.
class StoredReading {
 public:
  /// All outlive it.
  StoredReading(const RepositoryOptions& options, StoredEntries& to, std::vector<Edit>& edits)
      : options_(options), to_(to), edits_(edits) {}

  absl::Status Read(std::string_view prefix) {
    {
      const base::MutexLock taking(taking_);
      query_ = {.prefix = std::string(prefix)};
      const base::MutexLock lock(mutex_);
      ended_ = false;
    }
    std::optional<Taken> first = Take();
    const size_t readers = first && first->more ? Readers() : 1;
    std::vector<std::jthread> others;  // they end before what they work with
    for (size_t i = 1; i < readers; ++i) {
      others.emplace_back([this] {
        base::NameThread("config-reader");
        Run(Take());
      });
    }
    Run(std::move(first));
    for (std::jthread& other : others) other.join();
    const base::MutexLock lock(mutex_);
    return status_;
  }

 private:
  struct Taken {
    size_t number = 0;
    bool more = false;  // pages come after it
    store::ConfigPage page;
  };

  static size_t Readers() {
    return std::clamp<size_t>(std::thread::hardware_concurrency(), 1, kMaxReaders);
  }

  void Run(std::optional<Taken> taken) {
    PageDecoder decoder(options_);
    for (; taken; taken = Take()) Add(taken->number, decoder.Decode(taken->page));
  }

  /// The next page; nullopt: there is none, or it could not be read. Waits for the store.
  std::optional<Taken> Take() {
    const base::MutexLock taking(taking_);
    if (ended()) return std::nullopt;
    Taken taken{.number = taken_++};
    Awaited<store::ConfigPage> page;
    options_.store.List(query_, page.callback());
    absl::StatusOr<store::ConfigPage> got = page.Wait();
    if (!got.ok()) {
      Add(taken.number, {.status = got.status()});
      return std::nullopt;
    }
    taken.page = *std::move(got);
    taken.more = taken.page.more && !taken.page.entries.empty();
    if (taken.more) query_.after = taken.page.entries.back().key;
    const base::MutexLock lock(mutex_);
    ended_ = ended_ || !taken.more;
    to_.revision = taken.page.revision;
    return taken;
  }

  bool ended() const {
    const base::MutexLock lock(mutex_);
    return ended_;
  }

  void Add(size_t number, DecodedPage page) {
    const base::MutexLock lock(mutex_);
    if (!page.status.ok()) ended_ = true;
    decoded_[number] = std::move(page);
    while (!decoded_.empty() && decoded_.begin()->first == added_) {
      Merge(std::move(decoded_.begin()->second));
      decoded_.erase(decoded_.begin());
      ++added_;
    }
  }

  void Merge(DecodedPage page) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    status_.Update(page.status);  // the first counts
    if (!status_.ok()) return;
    for (PackedEntries::Found& entry : page.entries) {
      to_.entries.Put(entry.name, entry.revision, std::move(entry.packed));
    }
    std::ranges::move(page.edits, std::back_inserter(edits_));
    std::ranges::move(page.calls, std::back_inserter(to_.calls));
  }

  const RepositoryOptions& options_;
  base::Mutex taking_;                                 // held before `mutex_`
  store::ConfigQuery query_ ABSL_GUARDED_BY(taking_);  // of the next page
  size_t taken_ ABSL_GUARDED_BY(taking_) = 0;          // pages
  mutable base::Mutex mutex_;
  StoredEntries& to_ ABSL_GUARDED_BY(mutex_);
  std::vector<Edit>& edits_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;  // no more is taken
  size_t added_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<size_t, DecodedPage> decoded_ ABSL_GUARDED_BY(mutex_);  // and not added yet
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::StatusOr<StoredEntries> ReadStored(const RepositoryOptions& options) {
  StoredEntries stored;
  absl::StatusOr<base::Secret> key = ServerKey(options.store);
  if (!key.ok()) return key.status();
  stored.key = *std::move(key);
  std::vector<Edit> edits;
  StoredReading reading(options, stored, edits);
  // The audit log, which may be the most of it, is left out.
  for (const std::string_view prefix : {Remembered::kPrefix, kResourcePrefix}) {
    if (absl::Status status = reading.Read(prefix); !status.ok()) return status;
  }
  stored.snapshot = LayerBuilder().Next(edits, stored.revision);
  return stored;
}

}  // namespace carillon::control
