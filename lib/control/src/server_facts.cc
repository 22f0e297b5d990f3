#include "carillon/control/server_facts.h"

#include <google/protobuf/util/time_util.h>

#include <chrono>
#include <utility>

namespace carillon::control {
namespace {

google::protobuf::Timestamp ToTimestamp(base::WallTime time) {
  return google::protobuf::util::TimeUtil::NanosecondsToTimestamp(
      std::chrono::nanoseconds(time.time_since_epoch()).count());
}

}  // namespace

ServerFacts::ServerFacts(std::string version, SettingsPtr settings, SourcesPtr sources,
                         const base::Clock& clock)
    : clock_(clock), settings_(std::move(settings)), sources_(std::move(sources)) {
  info_.set_version(std::move(version));
  *info_.mutable_start_time() = ToTimestamp(clock_.Wall());
  info_.set_max_payload_bytes(settings_->server().max_payload_bytes());
  info_.set_max_batch_events(settings_->server().max_batch_events());
}

void ServerFacts::SetSettings(SettingsPtr settings, SourcesPtr sources) {
  const base::MutexLock lock(mutex_);
  settings_.swap(settings);  // those before are destroyed without the lock
  sources_.swap(sources);
}

void ServerFacts::SetPublishAddress(std::string address) {
  const base::MutexLock lock(mutex_);
  info_.set_publish_address(std::move(address));
}

v1::ServerInfo ServerFacts::Info(uint64_t revision) const {
  v1::ServerInfo info;
  {
    const base::MutexLock lock(mutex_);
    info = info_;
  }
  info.set_applied_revision(static_cast<int64_t>(revision));
  *info.mutable_current_time() = ToTimestamp(clock_.Wall());
  return info;
}

ServerFacts::SettingsPtr ServerFacts::settings() const {
  const base::MutexLock lock(mutex_);
  return settings_;
}

ServerFacts::SourcesPtr ServerFacts::sources() const {
  const base::MutexLock lock(mutex_);
  return sources_;
}

}  // namespace carillon::control
