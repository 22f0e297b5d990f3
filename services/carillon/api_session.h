#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "carillon/client/api_caller.h"
#include "carillon/client/render.h"
#include "carillon/client/resources.h"
#include "connection_flags.h"

namespace carillon::cli {

/// What every command that calls the API is given.
struct ApiFlags {
  ConnectionFlags connection;
  std::string output = "table";
};

/// Adds --output, --tenant and the flags of the connection.
void AddApiFlags(CLI::App& app, ApiFlags& flags);

/// One command's calls. Used by one thread.
class ApiSession {
 public:
  /// INVALID_ARGUMENT names the flag, the file or the context that is wrong. Nothing is called yet.
  static absl::StatusOr<std::unique_ptr<ApiSession>> Open(const ApiFlags& flags);

  client::Resources& resources() { return resources_; }
  const Target& target() const { return target_; }
  /// `default` where none is said.
  const std::string& tenant() const { return target_.tenant; }
  client::OutputForm form() const { return form_; }
  /// Standard output is a terminal and nobody wants it plain (NO_COLOR).
  bool color() const { return color_; }

  /// Writes to standard output.
  static void Print(const std::string& text);
  /// Prints the message where JSON or YAML is asked for; false: people are to read it.
  bool PrintAsData(const google::protobuf::Message& message) const;
  /// Explains an error on standard error, and returns the exit code.
  int Fail(const absl::Status& status) const;

 private:
  ApiSession(Target target, client::OutputForm form, std::unique_ptr<client::Caller> caller);

  const Target target_;
  const client::OutputForm form_;
  const bool color_;
  const std::unique_ptr<client::Caller> caller_;
  client::Resources resources_;
};

/// Opens a session and runs `command` in it; returns the exit code.
template <typename Command>
int WithSession(const ApiFlags& flags, const Command& command);

/// Says an error of arguments, files or contexts, and returns the exit code.
int FailBefore(const absl::Status& status);

template <typename Command>
int WithSession(const ApiFlags& flags, const Command& command) {
  const absl::StatusOr<std::unique_ptr<ApiSession>> session = ApiSession::Open(flags);
  if (!session.ok()) return FailBefore(session.status());
  return command(**session);
}

}  // namespace carillon::cli
