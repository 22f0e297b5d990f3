#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "../common/arguments.h"
#include "carillon/base/clock.h"
#include "carillon/signing/signer.h"
#include "sink.h"

namespace carillon::sink {
namespace {

constexpr int kCouldNotStart = 1;
constexpr int kWrongArguments = 2;

/// The flags as they were typed.
struct Flags {
  std::vector<std::string> secrets;
  std::vector<std::string> modes;
  bool print = false;
  std::string jsonl;
};

void AddFlags(CLI::App& app, Flags& flags, SinkOptions& options) {
  app.add_option("--address", options.address, "Where to listen; port 0: any free port")
      ->capture_default_str();
  app.add_option("--secret", flags.secrets, "whsec_...: verify signatures with it (repeatable)");
  app.add_flag("--print", flags.print, "Print head and body of every request");
  app.add_option("--jsonl", flags.jsonl, "Append a JSON line per request to this file (-: stdout)");
  app.add_option("--mode", flags.modes,
                 "Default behaviour (hang), or that of a path (/x=status/503); repeatable");
  app.add_option("--default-status", options.default_status, "Status of ordinary answers")
      ->check(CLI::Range(200, 999))
      ->capture_default_str();
  app.add_option("--max-ids", options.max_ids, "webhook-ids remembered to find duplicates")
      ->capture_default_str();
  app.add_option("--max-body", options.bounds.body_bytes, "Largest body taken, in bytes")
      ->check(CLI::Range(size_t{0}, size_t{1} << 30))
      ->capture_default_str();
}

absl::Status Interpret(const Flags& flags, SinkOptions& options) {
  for (const std::string& text : flags.secrets) {
    auto secret = signing::ParseSecret(text);
    if (!secret.ok()) return secret.status();
    options.secrets.push_back(*std::move(secret));
  }
  options.default_behaviour.status = options.default_status;
  for (const std::string& text : flags.modes) {
    const size_t equals = text.find('=');
    const bool of_path = equals != std::string::npos;
    auto behaviour =
        ParseBehaviour(of_path ? text.substr(equals + 1) : text, options.default_status);
    if (!behaviour.ok()) return behaviour.status();
    (of_path ? options.behaviours[text.substr(0, equals)] : options.default_behaviour) =
        *std::move(behaviour);
  }
  return absl::OkStatus();
}

int Fail(const absl::Status& status, int code) {
  std::fprintf(stderr, "carillon-sink: %s\n", std::string(status.message()).c_str());
  return code;
}

int Run(int argc, char** argv) {
  CLI::App app(
      "A receiver for Carillon: verifies signatures, tells what came, misbehaves on request.",
      "carillon-sink");
  app.footer(std::string(BehaviourHelp()));
  app.set_version_flag("--version", "carillon-sink " CARILLON_VERSION);
  Flags flags;
  SinkOptions options;
  AddFlags(app, flags, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return arguments::Explain(app, error, argc, argv) ? 0 : kWrongArguments;
  }
  if (const absl::Status status = Interpret(flags, options); !status.ok()) {
    return Fail(status, kWrongArguments);
  }
  auto recorder = Recorder::Open(flags.print, flags.jsonl);
  if (!recorder.ok()) return Fail(recorder.status(), kCouldNotStart);

  const base::SystemClock clock;
  Sink sink(std::move(options), *std::move(recorder), clock);
  boost::asio::io_context io(1);
  boost::asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&io](const boost::system::error_code& ec, int) {
    if (!ec) io.stop();
  });
  const auto address = Listen(io, sink);
  if (!address.ok()) {
    return Fail(address.status(),
                absl::IsInvalidArgument(address.status()) ? kWrongArguments : kCouldNotStart);
  }
  std::printf("{\"message\":\"ready\",\"address\":\"%s\"}\n", address->c_str());
  std::fflush(stdout);
  io.run();
  return 0;
}

}  // namespace
}  // namespace carillon::sink

int main(int argc, char** argv) {
  try {
    return carillon::sink::Run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "carillon-sink: %s\n", error.what());
    return 1;
  }
}
