#include <unistd.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "carillon/base/text.h"
#include "commands.h"
#include "connection_flags.h"
#include "event_flags.h"
#include "event_source.h"
#include "exit_codes.h"
#include "publish_client.h"
#include "publisher.h"
#include "trace_flags.h"

namespace carillon::cli {
namespace {

constexpr uint64_t kMostBadLinesTold = 20;

struct PublishFlags {
  EventFlags event;
  TraceFlags trace;
  PublishOptions options;
  ConnectionFlags connection;
  std::string file;
  std::string output = "text";
  std::string retry_for;
  size_t batch = 100;
  uint64_t repeat = 1;
};

void AddFileFlags(CLI::App& app, PublishFlags& flags) {
  const std::string group = "Many events";
  app.add_option("--file", flags.file,
                 "JSON lines, each a carillon.v1.Event with any JSON under \"json\"; -: stdin")
      ->group(group);
  app.add_option("--batch", flags.batch, "Events in one call")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str()
      ->group(group);
  app.add_option("--in-flight", flags.options.in_flight,
                 "Calls under way at once; 1 keeps the order of the lines")
      ->check(CLI::Range(1, 256))
      ->capture_default_str()
      ->group(group);
  app.add_option("--rate", flags.options.rate, "Events a second; 0: as fast as possible")
      ->check(CLI::Range(0.0, 1e9))
      ->group(group);
  app.add_option("--repeat", flags.repeat, "Send the file this many times, with new ids")
      ->check(CLI::Range(uint64_t{1}, uint64_t{1'000'000'000}))
      ->group(group);
  app.add_flag("--progress", flags.options.progress,
               "A line a second on stderr (on a terminal always)")
      ->group(group);
}

void AddFlags(CLI::App& app, PublishFlags& flags) {
  AddConnectionFlags(app, flags.connection);
  app.add_flag("--retry", flags.options.retry,
               "Try again, with the same ids, while the server is away or has no room");
  app.add_option("--retry-for", flags.retry_for, "For how long, e.g. 30s (implies --retry)");
  app.add_option("--output", flags.output, "json: a line {id,position,duplicate} for each event")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  AddTraceFlags(app, flags.trace);
  AddEventFlags(app, flags.event);
  AddFileFlags(app, flags);
}

/// Counts lines that cannot be read, and tells of the first ones.
struct BadLines {
  uint64_t count = 0;
  void Tell(uint64_t line, const absl::Status& why) {
    if (++count > kMostBadLinesTold) return;
    Say(absl::StrCat("line ", line, ": ", base::Printable(base::ToStd(why.message()), 1024)));
  }
};

absl::StatusOr<std::unique_ptr<Source>> OpenSource(const PublishFlags& flags, BadLines& bad,
                                                   const base::Clock& clock) {
  if (flags.file.empty()) {
    auto event = MakeEvent(flags.event);
    if (!event.ok()) return event.status();
    std::vector<EncodedEvent> events;
    events.push_back(*std::move(event));
    return MakeMemorySource(std::move(events), flags.repeat, flags.batch, clock);
  }
  auto reader = LineReader::Open(flags.file);
  if (!reader.ok()) return reader.status();
  const auto tell = [&bad](uint64_t line, const absl::Status& why) { bad.Tell(line, why); };
  if (flags.repeat == 1) {
    return MakeLineSource(*std::move(reader), flags.batch, clock, tell);
  }
  auto events = ReadAll(**reader, tell);
  if (!events.ok()) return events.status();
  if (events->empty()) return absl::InvalidArgumentError("--file holds no event");
  return MakeMemorySource(*std::move(events), flags.repeat, flags.batch, clock);
}

absl::Status Interpret(PublishFlags& flags, const Target& target) {
  const EventFlags& event = flags.event;
  const bool payload = !event.session.empty() || !event.json.empty() || !event.json_file.empty();
  if (flags.file.empty() && !payload) {
    return absl::InvalidArgumentError(
        "nothing to publish: give --session, --json or --json-file, or many events with --file "
        "(see carillon publish --help)");
  }
  if (!flags.file.empty() && event.any()) {
    return absl::InvalidArgumentError("--file and the flags of one event exclude each other");
  }
  if (!flags.retry_for.empty()) {
    const auto retry_for = ParseDurationFlag("--retry-for", flags.retry_for);
    if (!retry_for.ok()) return retry_for.status();
    flags.options.retry = true;
    flags.options.retry_for = *retry_for;
  }
  flags.options.address = target.connection.address;
  if (flags.file.empty() && flags.event.tenant.empty()) flags.event.tenant = target.tenant;
  flags.options.print_results = flags.output == "json";
  flags.options.progress |= isatty(STDERR_FILENO) == 1;
  return absl::OkStatus();
}

/// `many`: there may be events that were not sent after a failure.
void Summarize(const PublishReport& report, const BadLines& bad, bool many) {
  const double seconds = std::chrono::duration<double>(report.took).count();
  if (report.accepted == 1 && report.refused == 0 && report.failed == 0 && bad.count == 0) {
    Say(absl::StrFormat("%s: id %s, position %d, in %.3f s",
                        report.duplicates == 0 ? "accepted" : "a duplicate, known already",
                        report.last_id, report.last_position, seconds));
    return;
  }
  Say(absl::StrFormat(
      "%d accepted (%d duplicates), %d refused, %d failed, %d lines not read, in %.3f s: %.0f "
      "events/s%s",
      report.accepted, report.duplicates, report.refused, report.failed, bad.count, seconds,
      seconds > 0 ? static_cast<double>(report.accepted) / seconds : 0.0,
      many && report.failed > 0 ? "; stopped there: what follows was not sent" : ""));
}

int Publish(PublishFlags& flags) {
  const auto target = Resolve(flags.connection);
  if (!target.ok()) return Fail(std::string(target.status().message()), kExitWrongInput);
  if (const absl::Status status = Interpret(flags, *target); !status.ok()) {
    return Fail(std::string(status.message()), kExitWrongInput);
  }
  const base::SystemClock clock;
  BadLines bad;
  const auto source = OpenSource(flags, bad, clock);
  if (!source.ok()) return Fail(std::string(source.status().message()), kExitWrongInput);
  const auto client =
      Client::Connect(target->connection, target->deadline, MetadataOf(flags.trace));
  if (!client.ok()) return Fail(std::string(client.status().message()), kExitWrongInput);
  const PublishReport report = PublishAll(**source, **client, flags.options, clock);
  Summarize(report, bad, !flags.file.empty() || flags.repeat > 1);
  if (report.refused > 0 || report.failed > 0) return kExitRefused;
  return bad.count > 0 ? kExitSomeLines : kExitDone;
}

}  // namespace

void AddPublishCommand(CLI::App& app, Command& chosen) {
  CLI::App* command = app.add_subcommand("publish", "Publish one event, or a file of them");
  command->footer(std::string("Example: carillon publish --session uuid=a1,action=create,"
                              "location=Rome,stations=2,customerid=7\n") +
                  kExitCodeHelp);
  const auto flags = std::make_shared<PublishFlags>();
  AddFlags(*command, *flags);
  command->callback([&chosen, flags] { chosen = [flags] { return Publish(*flags); }; });
}

}  // namespace carillon::cli
