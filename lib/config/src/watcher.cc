#include "carillon/config/watcher.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/hash/hash.h"
#include "carillon/base/mutex.h"
#include "file.h"

namespace carillon::config {
namespace {

/// A write within the granularity of the file system's clock leaves the times as they were: the
/// content of a file as young as this is compared too.
constexpr std::chrono::seconds kRacyAge(2);

bool IsYoung(const FileIdentity& identity) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::nanoseconds(identity.changed_ns) + kRacyAge >= now;
}

/// Looks at one file again and again. A file that is not there, or cannot be read, is as it was
/// last seen.
class FileState {
 public:
  explicit FileState(std::string path) : path_(std::move(path)) { Changed(); }

  /// Whether the content differs from that of the last look.
  bool Changed() {
    struct stat info{};
    if (::stat(path_.c_str(), &info) != 0) return false;
    if (identity_ && *identity_ == FileIdentity::Of(info) && !young_) return false;
    const absl::StatusOr<std::string> text = ReadFile(path_, kMaxConfigBytes, &info);
    // A file too large to read is told apart by its size.
    if (!text.ok() && !absl::IsInvalidArgument(text.status())) return false;
    identity_ = FileIdentity::Of(info);
    young_ = IsYoung(*identity_);
    const size_t digest =
        text.ok() ? absl::HashOf(*text) : absl::HashOf(static_cast<int64_t>(info.st_size));
    return std::exchange(digest_, digest) != digest;
  }

 private:
  std::string path_;
  std::optional<FileIdentity> identity_;
  bool young_ = false;
  std::optional<size_t> digest_;
};

/// Looks at the files that a configuration names, some at a time.
class NamedFiles {
 public:
  explicit NamedFiles(std::vector<WatchedFile> files) : files_(std::move(files)) {}

  /// Whether one of those that are looked at now differs from its last look.
  bool Changed() {
    bool changed = false;
    for (size_t n = std::min(files_.size(), kMostAtOnce); n > 0; --n) {
      WatchedFile& file = files_[next_++ % files_.size()];
      const FileIdentity now = FileIdentity::Look(file.path);
      // One that is gone is about to come back, or is missed at the next reload.
      if (now == file.identity || now == FileIdentity{}) continue;
      file.identity = now;
      changed = true;
    }
    return changed;
  }

 private:
  static constexpr size_t kMostAtOnce = 1'000;
  std::vector<WatchedFile> files_;
  size_t next_ = 0;
};

class PollingWatcher final : public Watcher {
 public:
  PollingWatcher(const std::string& path, std::chrono::milliseconds interval,
                 std::vector<WatchedFile> files, OnChange on_change)
      : file_(path),
        named_(std::move(files)),
        interval_(interval),
        on_change_(std::move(on_change)) {
    thread_ = std::thread([this] { Run(); });
  }

  ~PollingWatcher() override {
    {
      const base::MutexLock lock(mutex_);
      stopping_ = true;
    }
    wake_.NotifyOne();
    thread_.join();
  }

  void Poke() override {
    {
      const base::MutexLock lock(mutex_);
      poked_ = true;
    }
    wake_.NotifyOne();
  }

 private:
  void Run() {
    base::MutexLock lock(mutex_);
    while (!stopping_) {
      const auto next = std::chrono::steady_clock::now() + interval_;
      while (!stopping_ && !poked_ && wake_.WaitUntil(mutex_, next)) {
      }
      if (stopping_) return;
      const bool poked = std::exchange(poked_, false);
      lock.Unlock();
      const bool named_changed = named_.Changed();
      const bool changed = file_.Changed() || named_changed;
      unsettled_ |= changed;
      if (poked || (unsettled_ && !changed)) {
        unsettled_ = false;
        named_ = NamedFiles(on_change_());
      }
      lock.Lock();
    }
  }

  FileState file_;  ///< after the constructor, the thread's own, as what follows
  NamedFiles named_;
  bool unsettled_ = false;  ///< it changed, and may be half written
  const std::chrono::milliseconds interval_;
  const OnChange on_change_;
  base::Mutex mutex_;
  base::CondVar wake_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool poked_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Watcher> Watcher::Start(const std::string& path, int interval_ms,
                                        std::vector<WatchedFile> files, OnChange on_change) {
  return std::make_unique<PollingWatcher>(path, std::chrono::milliseconds(interval_ms),
                                          std::move(files), std::move(on_change));
}

}  // namespace carillon::config
