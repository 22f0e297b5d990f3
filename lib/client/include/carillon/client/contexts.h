#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

// Contexts: which server, as whom, in which tenant. The user's file, or the environment.
namespace carillon::client {

/// One context. A member that is empty says nothing.
struct Context {
  std::string name;
  std::string server;  ///< HOST:PORT
  std::string tenant;
  std::string token;
  std::string token_file;  ///< in place of `token`: a file that holds it
  bool tls = false;        ///< also where one of the files is named
  std::string ca_file;
  std::string certificate_file;
  std::string key_file;
};

/// What the user's file holds.
struct ContextFile {
  std::string current;  ///< the name of the one that is taken when none is named
  std::vector<Context> contexts;

  const Context* Find(std::string_view name) const;
};

/// At most this many bytes, so that no other file is taken for it.
inline constexpr size_t kMaxContextFileBytes = 1u << 20;

/// YAML: `current` and `contexts`, each a mapping of the members above. INVALID_ARGUMENT names the
/// member.
absl::StatusOr<ContextFile> ParseContexts(const std::string& yaml);
std::string FormatContexts(const ContextFile& file);

/// The value of an environment variable; nullopt: it is not set.
using Environment = std::function<std::optional<std::string>(const char*)>;

/// CARILLON_CONTEXT_FILE, else carillon/config.yaml in XDG_CONFIG_HOME, else in ~/.config. Empty:
/// there is no home.
std::string ContextPath(const Environment& environment);

/// No file is an empty one. Errors begin with the path.
absl::StatusOr<ContextFile> LoadContexts(const std::string& path);
/// Replaces the file, which only its owner may read; makes its folder.
absl::Status SaveContexts(const std::string& path, const ContextFile& file);

/// Fills what `context` leaves open from the file: from its context of that name, or, without a
/// name, from the current one. NOT_FOUND: it has none of that name.
absl::Status FillFrom(const ContextFile& file, Context& context);

}  // namespace carillon::client
