#include "carillon/control/server_facts.h"

#include <google/protobuf/util/time_util.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/v1/resource.pb.h"
#include "metadata.h"

namespace carillon::control {
namespace {

google::protobuf::Timestamp ToTimestamp(base::WallTime time) {
  return google::protobuf::util::TimeUtil::NanosecondsToTimestamp(
      std::chrono::nanoseconds(time.time_since_epoch()).count());
}

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

/// What is in a file of this name.
class Locator {
 public:
  Locator(std::string file, const config::ResourceLines& lines)
      : file_(std::move(file)), lines_(lines) {}

  /// The message, if it is a resource, and those in its lists.
  void Locate(Message& message) const {
    const auto& reflection = *message.GetReflection();
    const auto& type = *message.GetDescriptor();
    if (const FieldDescriptor* const origin = OriginOf(type)) SetLocation(message, *origin);
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor* const list = type.field(i);
      if (!list->is_repeated() || list->message_type() == nullptr) continue;
      if (OriginOf(*list->message_type()) == nullptr) continue;
      for (int k = 0; k < reflection.FieldSize(message, list); ++k) {
        Locate(*reflection.MutableRepeatedMessage(&message, list, k));
      }
    }
  }

 private:
  static const FieldDescriptor* OriginOf(const google::protobuf::Descriptor& type) {
    const FieldDescriptor* const origin = type.FindFieldByName("origin");
    const bool is = origin != nullptr && origin->message_type() == v1::Origin::descriptor();
    return is ? origin : nullptr;
  }

  void SetLocation(Message& resource, const FieldDescriptor& field) const {
    const auto& reflection = *resource.GetReflection();
    if (!reflection.HasField(resource, &field)) return;
    auto& origin = static_cast<v1::Origin&>(*reflection.MutableMessage(&resource, &field));
    if (origin.kind() != v1::Origin::FILE) return;
    const auto line = lines_.Of(GetText(resource, "name"));
    if (line) origin.set_location(absl::StrCat(file_, ":", *line));
  }

  const std::string file_;
  const config::ResourceLines& lines_;
};

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

void ServerFacts::SetLines(LinesPtr lines) {
  const base::MutexLock lock(mutex_);
  lines_.swap(lines);
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

void ServerFacts::Locate(Message& answer) const {
  SourcesPtr sources;
  LinesPtr lines;
  {
    const base::MutexLock lock(mutex_);
    sources = sources_;
    lines = lines_;
  }
  const std::string& path = sources->file();
  Locator(path.substr(path.rfind('/') + 1), *lines).Locate(answer);
}

}  // namespace carillon::control
