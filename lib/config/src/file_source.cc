#include "carillon/config/file_source.h"

#include <utility>

namespace carillon::config {

resource::SnapshotPtr TakeSnapshot(uint64_t revision, Config& config,
                                   const resource::Snapshot* before) {
  resource::OperatorSettings settings{
      .egress = std::move(config.egress),
      .max_in_flight = config.limits.max_in_flight(),
      .max_in_flight_per_tenant = config.limits.max_in_flight_per_tenant(),
      .hash = config.hash};
  return resource::MakeSnapshot(revision, std::move(settings), std::exchange(config.types, {}),
                                std::exchange(config.destinations, {}),
                                std::exchange(config.subscriptions, {}), before);
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
  on_reload_ = std::move(on_reload);
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
  Reload reload{.status = config.status(), .config = nullptr, .snapshot = nullptr, .took = {}};
  if (config.ok()) Offer(*config, reload);
  reload.took = clock_.Mono() - start;
  on_reload_(reload);
}

void FileSource::Offer(Config& config, Reload& reload) {
  const resource::SnapshotPtr before = current();
  reload.config = &config;
  reload.snapshot = TakeSnapshot(before->revision + 1, config, before.get());
  const base::MutexLock lock(taking_);
  if (take_ != nullptr) reload.status = take_(reload.snapshot);
  if (!reload.status.ok()) return;
  const base::MutexLock current_lock(mutex_);
  current_ = reload.snapshot;
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
