#pragma once

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace carillon::resource {

/// Where the secrets and certificates are that a message names (`secret: {file: ...}`)
/// rather than holds. Used by one thread while a message is validated.
class References {
 public:
  virtual ~References() = default;
  /// False: what is named is neither read nor checked, and `Skip` is told of it.
  virtual bool Reads() const { return true; }
  virtual void Skip() {}
  /// Reads a file of at most `max_bytes`. Errors do not name it.
  virtual absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes) = 0;
  /// Returns the value of an environment variable; null: it is not set.
  virtual absl::StatusOr<const char*> ReadVariable(const std::string& name) = 0;
};

/// Refuses both: for messages of callers, who must not read the server's files and environment.
class NoReferences final : public References {
 public:
  absl::StatusOr<std::string> ReadFile(const std::string&, size_t) override { return Refusal(); }
  absl::StatusOr<const char*> ReadVariable(const std::string&) override { return Refusal(); }

 private:
  static absl::Status Refusal() {
    return absl::PermissionDeniedError("may stand in the configuration file only");
  }
};

}  // namespace carillon::resource
