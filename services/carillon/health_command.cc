#include <cstdio>
#include <memory>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "commands.h"
#include "connection_flags.h"
#include "exit_codes.h"
#include "publish_client.h"

namespace carillon::cli {
namespace {

struct HealthFlags {
  ConnectionFlags connection{.deadline = "5s"};
  std::string service;
};

int Health(const HealthFlags& flags) {
  const auto target = Resolve(flags.connection);
  if (!target.ok()) return Fail(std::string(target.status().message()), kExitWrongInput);
  const auto client = Client::Connect(target->connection, target->deadline);
  if (!client.ok()) return Fail(std::string(client.status().message()), kExitWrongInput);
  const auto healthy = (*client)->Healthy(flags.service);
  if (!healthy.ok()) {
    const absl::Status& status = healthy.status();
    return Fail(absl::StrCat(absl::StatusCodeToString(status.code()), ": ",
                             base::Printable(base::ToStd(status.message()), 1024),
                             WhatNext(status, target->connection.address)),
                kExitRefused);
  }
  std::puts(*healthy ? "SERVING" : "NOT_SERVING");
  return *healthy ? kExitDone : kExitRefused;
}

}  // namespace

void AddHealthCommand(CLI::App& app, Command& chosen) {
  CLI::App* command = app.add_subcommand("health", "Ask the gRPC health service");
  command->footer("Exit codes: 0 serving; 1 not serving or not reachable; 2 wrong arguments.");
  const auto flags = std::make_shared<HealthFlags>();
  AddConnectionFlags(*command, flags->connection);
  command->add_option("--service", flags->service,
                      "e.g. carillon.v1.EventPublisher (default: the whole server)");
  command->callback([&chosen, flags] { chosen = [flags] { return Health(*flags); }; });
}

}  // namespace carillon::cli
