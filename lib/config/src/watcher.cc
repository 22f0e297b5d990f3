#include "carillon/config/watcher.h"

#include <sys/stat.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "absl/hash/hash.h"
#include "file.h"

namespace carillon::config {
namespace {

/// A write within the granularity of the file system's clock leaves the times as they were: the
/// content of a file as young as this is compared too.
constexpr std::chrono::seconds kRacyAge(2);

/// What tells without reading whether a file may have changed.
struct Identity {
  dev_t device;
  ino_t inode;
  off_t size;
  int64_t changed_ns;
  friend bool operator==(const Identity&, const Identity&) = default;
};

Identity ToIdentity(const struct stat& info) {
  return {info.st_dev, info.st_ino, info.st_size,
          int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec};
}

bool IsYoung(const Identity& identity) {
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
    if (identity_ && *identity_ == ToIdentity(info) && !young_) return false;
    const absl::StatusOr<std::string> text = ReadFile(path_, kMaxConfigBytes, &info);
    // A file too large to read is told apart by its size.
    if (!text.ok() && !absl::IsInvalidArgument(text.status())) return false;
    identity_ = ToIdentity(info);
    young_ = IsYoung(*identity_);
    const size_t digest =
        text.ok() ? absl::HashOf(*text) : absl::HashOf(static_cast<int64_t>(info.st_size));
    return std::exchange(digest_, digest) != digest;
  }

 private:
  std::string path_;
  std::optional<Identity> identity_;
  bool young_ = false;
  std::optional<size_t> digest_;
};

class PollingWatcher final : public Watcher {
 public:
  PollingWatcher(const std::string& path, std::chrono::milliseconds interval,
                 std::function<void()> on_change)
      : file_(path), interval_(interval), on_change_(std::move(on_change)) {
    thread_ = std::thread([this] { Run(); });
  }

  ~PollingWatcher() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

  void Poke() override {
    {
      const std::lock_guard lock(mutex_);
      poked_ = true;
    }
    wake_.notify_one();
  }

 private:
  void Run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      wake_.wait_for(lock, interval_, [this] { return stopping_ || poked_; });
      if (stopping_) return;
      const bool poked = std::exchange(poked_, false);
      lock.unlock();
      const bool changed = file_.Changed();
      unsettled_ |= changed;
      if (poked || (unsettled_ && !changed)) {
        unsettled_ = false;
        on_change_();
      }
      lock.lock();
    }
  }

  FileState file_;          ///< after the constructor, the thread's own
  bool unsettled_ = false;  ///< it changed, and may be half written; the thread's own
  const std::chrono::milliseconds interval_;
  const std::function<void()> on_change_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  bool poked_ = false;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Watcher> Watcher::Start(const std::string& path, int interval_ms,
                                        std::function<void()> on_change) {
  return std::make_unique<PollingWatcher>(path, std::chrono::milliseconds(interval_ms),
                                          std::move(on_change));
}

}  // namespace carillon::config
