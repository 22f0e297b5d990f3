#include "carillon/config/file_source.h"

#include <utility>

#include "carillon/resource/read_one.h"

namespace carillon::config {

resource::SnapshotPtr TakeSnapshot(uint64_t revision, Config& config,
                                   const resource::Snapshot* before) {
  resource::OperatorSettings settings{
      .egress = std::move(config.egress),
      .max_in_flight = config.limits.max_in_flight(),
      .tenant_defaults = resource::ReadLimits(config.limits.tenant_defaults()),
      .require_tenants = config.limits.require_tenants(),
      .hash = config.hash};
  return resource::MakeSnapshot(
      revision, std::move(settings), std::exchange(config.types, {}),
      std::exchange(config.destinations, {}), std::exchange(config.subscriptions, {}), before,
      std::exchange(config.tenants, {}), std::exchange(config.event_types, {}));
}

FileSource::FileSource(std::string path, Config& config, const base::Clock& clock)
    : path_(std::move(path)),
      clock_(clock),
      files_(std::exchange(config.files, {})),
      current_(TakeSnapshot(1, config, nullptr)) {}

FileSource::~FileSource() { StopWatching(); }

resource::SnapshotPtr FileSource::current() const {
  const base::MutexLock lock(mutex_);
  return current_;
}

void FileSource::Subscribe(Take take) {
  const base::MutexLock lock(taking_);
  take_ = std::move(take);
}

void FileSource::Watch(std::chrono::milliseconds interval, OnReload on_reload) {
  {
    const base::MutexLock lock(telling_);
    on_reload_ = std::move(on_reload);
  }
  watcher_ = Watcher::Start(path_, static_cast<int>(interval.count()), files_, [this] {
    Read();
    return files_;
  });
}

void FileSource::Read() {
  const base::MonoTime start = clock_.Mono();
  std::vector<WatchedFile> files;
  absl::StatusOr<Config> config = LoadConfig(path_, Secrets::kRead, &files);
  WatchThese(config.ok(), std::move(files));
  if (config.ok()) return Offer(*std::move(config), start);
  Tell({.status = config.status(), .config = nullptr, .snapshot = nullptr, .took = {}}, start);
}

// What is offered while another is on its way is compared with what is in force; with a revision
// of its own, since both may become it.
void FileSource::Offer(Config config, base::MonoTime start) {
  const resource::SnapshotPtr before = current();
  const resource::SnapshotPtr next = TakeSnapshot(++offered_, config, before.get());
  resource::Source::Done done = [this, config = std::make_shared<const Config>(std::move(config)),
                                 next, start](absl::Status status) {
    OnTaken(*config, next, start, std::move(status));
  };
  const base::MutexLock lock(taking_);
  if (take_ == nullptr) return done(absl::OkStatus());
  take_(next, std::move(done));
}

void FileSource::OnTaken(const Config& config, const resource::SnapshotPtr& snapshot,
                         base::MonoTime start, absl::Status status) {
  if (status.ok()) {
    const base::MutexLock lock(mutex_);
    current_ = snapshot;
  }
  Tell({.status = std::move(status), .config = &config, .snapshot = snapshot, .took = {}}, start);
}

void FileSource::Tell(Reload reload, base::MonoTime start) {
  reload.took = clock_.Mono() - start;
  const base::MutexLock lock(telling_);
  on_reload_(reload);
}

// Where the file could not be read, those of the configuration in force are watched as before.
void FileSource::WatchThese(bool good, std::vector<WatchedFile> files) {
  if (good || !files.empty()) {
    files_ = std::move(files);
    return;
  }
  for (WatchedFile& file : files_) file.identity = FileIdentity::Look(file.path);
}

}  // namespace carillon::config
