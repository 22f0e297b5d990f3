#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "api_session.h"
#include "carillon/client/kinds.h"
#include "carillon/client/resources.h"
#include "resource_flags.h"

namespace carillon::cli {

/// What a command that creates, updates or deletes is given.
struct ChangeFlags {
  ApiFlags api;
  ResourceFlags resource;
  client::ChangeOptions options;
  std::vector<std::string> names;
  std::string overlap;    ///< of rotating
  std::string algorithm;  ///< of rotating
  bool no_wait = false;   ///< of deleting a tenant
};

/// Adds --dry-run and --request-id.
void AddChangeFlags(CLI::App& app, ChangeFlags& flags);

// Each returns the exit code.
int RunCreate(const client::Kind& kind, const ChangeFlags& flags);
int RunUpdate(const client::Kind& kind, const ChangeFlags& flags);
int RunDelete(const client::Kind& kind, const ChangeFlags& flags);
int RunRotate(const ChangeFlags& flags);

/// Prints what a change answered, and the secrets that were made, which are in no other answer.
void PrintChanged(const ApiSession& session, const client::Kind& kind,
                  const google::protobuf::Message& resource);

/// The second alone.
void PrintSecrets(const ApiSession& session, const google::protobuf::Message& resource);

}  // namespace carillon::cli
