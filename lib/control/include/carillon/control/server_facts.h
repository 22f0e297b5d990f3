#pragma once

#include <google/protobuf/message.h>

#include <cstdint>
#include <memory>
#include <string>

#include "carillon/base/clock.h"
#include "carillon/base/mutex.h"
#include "carillon/config/resource_lines.h"
#include "carillon/v1/config.pb.h"
#include "carillon/v1/server_service.pb.h"

namespace carillon::control {

/// What the server says of itself. Thread-safe.
class ServerFacts {
 public:
  using SettingsPtr = std::shared_ptr<const v1::Config>;
  using SourcesPtr = std::shared_ptr<const v1::SettingSources>;
  using LinesPtr = std::shared_ptr<const config::ResourceLines>;

  /// The server starts now, under `settings`, which come from `sources`; `clock` outlives it.
  ServerFacts(std::string version, SettingsPtr settings, SourcesPtr sources,
              const base::Clock& clock);

  /// The file says this from now on; what only a start takes is in force as it was.
  void SetSettings(SettingsPtr settings, SourcesPtr sources);
  /// On which lines its resources are, from now on.
  void SetLines(LinesPtr lines);
  /// Where publishers connect, once it is known.
  void SetPublishAddress(std::string address);

  /// `revision` is what is in force.
  v1::ServerInfo Info(uint64_t revision) const;
  SettingsPtr settings() const;
  /// Where those come from.
  SourcesPtr sources() const;
  /// Says of the resources in an answer that are of the file where they are:
  /// `origin.location` becomes `carillon.yaml:17`. For operators.
  void Locate(google::protobuf::Message& answer) const;

 private:
  const base::Clock& clock_;
  mutable base::Mutex mutex_;
  v1::ServerInfo info_ ABSL_GUARDED_BY(mutex_);
  SettingsPtr settings_ ABSL_GUARDED_BY(mutex_);
  SourcesPtr sources_ ABSL_GUARDED_BY(mutex_);
  LinesPtr lines_ ABSL_GUARDED_BY(mutex_) = std::make_shared<const config::ResourceLines>();
};

}  // namespace carillon::control
