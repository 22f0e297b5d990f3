#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "../common/arguments.h"
#include "absl/strings/str_cat.h"
#include "carillon/base/clock.h"
#include "carillon/signing/signer.h"
#include "sink.h"

namespace carillon::sink {
namespace {

constexpr int kCouldNotStart = 1;
constexpr int kWrongArguments = 2;
constexpr int kDidNotCome = 3;

/// The flags as they were typed.
struct Flags {
  std::vector<std::string> secrets;
  std::vector<std::string> modes;
  bool print = false;
  std::string jsonl;
  std::vector<std::string> expect;
  int within = 60;
};

void AddFlags(CLI::App& app, Flags& flags, SinkOptions& options) {
  app.add_option("--address", options.address, "Where to listen; port 0: any free port")
      ->capture_default_str();
  app.add_option("--secret", flags.secrets, "whsec_...: verify signatures with it (repeatable)");
  app.add_flag("--print", flags.print, "Print head and body of every request");
  app.add_option("--jsonl", flags.jsonl, "Append a JSON line per request to this file (-: stdout)");
  app.add_option("--mode", flags.modes,
                 "Default behavior (hang), or that of a path (/x=status/503); repeatable");
  app.add_option("--expect", flags.expect,
                 "Wait for the delivery of this webhook-id (repeatable); end with 0 when all came "
                 "and were answered with 2xx, their signatures not wrong; with 3 when time is up");
  app.add_option("--within", flags.within, "Seconds until then, for --expect")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
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
  options.default_behavior.status = options.default_status;
  for (const std::string& text : flags.modes) {
    const size_t equals = text.find('=');
    const bool of_path = equals != std::string::npos;
    auto behavior = ParseBehavior(of_path ? text.substr(equals + 1) : text, options.default_status);
    if (!behavior.ok()) return behavior.status();
    (of_path ? options.behaviors[text.substr(0, equals)] : options.default_behavior) =
        *std::move(behavior);
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
  app.footer(std::string(BehaviorHelp()));
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
  boost::asio::io_context* running = nullptr;  // is gone before the sink, which its work uses
  Sink sink(std::move(options), *std::move(recorder),
            Expected(flags.expect, [&running] { running->stop(); }), clock);
  boost::asio::io_context io(1);
  running = &io;
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
  boost::asio::steady_timer patience(io);
  bool late = false;
  if (!flags.expect.empty()) {
    patience.expires_after(std::chrono::seconds(flags.within));
    patience.async_wait([&](const boost::system::error_code& ec) {
      if (ec) return;
      late = true;
      io.stop();
    });
  }
  io.run();
  if (!late) return 0;
  return Fail(absl::DeadlineExceededError(
                  absl::StrCat("not within ", flags.within, " s: ", sink.expected().Missing())),
              kDidNotCome);
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
