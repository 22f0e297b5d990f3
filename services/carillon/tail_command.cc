#include <grpcpp/support/proto_buffer_reader.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "api_session.h"
#include "carillon/base/text.h"
#include "carillon/client/explain.h"
#include "carillon/client/table.h"
#include "carillon/config/to_yaml.h"
#include "carillon/v1/delivery_service.pb.h"
#include "channel.h"
#include "commands.h"
#include "exit_codes.h"
#include "grpc_caller.h"

namespace carillon::cli {
namespace {

using std::chrono::seconds;

constexpr char kTail[] = "/carillon.v1.DeliveryService/TailAttempts";
// The server gives a sign of life every 15 s.
constexpr seconds kSilence{45};
constexpr seconds kReconnectEvery{1};

struct TailFlags {
  ApiFlags api;
  std::string outer;
  std::string filter;
  bool full = false;
  uint64_t limit = 0;
};

std::string TextLine(const v1::Attempt& attempt, bool color) {
  const auto cell = [&attempt](const char* path) { return client::CellText(attempt, path); };
  const client::Kind& kind = *client::FindKind("attempts");
  const bool good = attempt.outcome() == v1::OUTCOME_SUCCESS;
  const std::string outcome = absl::StrFormat("%-16s", cell("outcome"));
  std::string line = absl::StrCat(
      cell("start_time"), "  ",
      client::Toned(outcome, good ? client::Tone::kGood : client::Tone::kBad, color), "  ",
      absl::StrFormat("%3s %8s", cell("response.status"), cell("phases.total")), "  ",
      client::ShortName(kind, attempt.name()), "  ", base::Printable(attempt.event_type()), "  ",
      base::Printable(attempt.event_id()));
  if (!attempt.message().empty()) absl::StrAppend(&line, "  ", base::Printable(attempt.message()));
  return line + "\n";
}

/// Cancels the stream at a signal, and breaks it when the server has been silent for too long. Has
/// a thread of its own.
class TailWatch {
 public:
  TailWatch() : signals_(io_, SIGINT, SIGTERM), timer_(io_) {
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      Stop();
    });
    Wait();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~TailWatch() {
    io_.stop();
    thread_.join();
  }
  TailWatch(const TailWatch&) = delete;
  TailWatch& operator=(const TailWatch&) = delete;

  CallCanceller& canceller() { return canceller_; }
  bool stopped() const { return stopped_.load(); }
  void Heard() { heard_.store(std::chrono::steady_clock::now()); }
  void Stop() {
    stopped_.store(true);
    canceller_.Cancel();
  }

 private:
  void Wait() {
    timer_.expires_after(seconds(1));
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      if (std::chrono::steady_clock::now() - heard_.load() > kSilence) {
        Heard();
        canceller_.Break();
      }
      Wait();
    });
  }

  boost::asio::io_context io_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer timer_;
  CallCanceller canceller_;
  std::atomic<bool> stopped_{false};
  std::atomic<std::chrono::steady_clock::time_point> heard_{std::chrono::steady_clock::now()};
  std::thread thread_;
};

/// Reads the stream, and again after the connection was lost, until it is stopped.
class TailRun {
 public:
  TailRun(const TailFlags& flags, const ApiSession& session) : flags_(flags), session_(session) {}

  int Execute(const std::string& parent) {
    auto channel = Channel::Open(session_.target().connection, session_.target().deadline);
    if (!channel.ok()) return FailBefore(channel.status());
    request_.set_parent(parent);
    request_.set_filter(flags_.filter);
    request_.set_view(flags_.full ? v1::DELIVERY_VIEW_FULL : v1::DELIVERY_VIEW_BASIC);
    while (true) {
      watch_.Heard();
      const grpc::Status ended =
          (*channel)->Stream(kTail, request_.SerializeAsString(), watch_.canceller(),
                             [this](grpc::ByteBuffer& answer) { Take(answer); });
      if (watch_.stopped()) return client::kEndDone;
      const absl::Status status = WithDetails(ended);
      const bool lost = absl::IsUnavailable(status) || absl::IsCancelled(status) || status.ok();
      if (!lost || !begun_) return session_.Fail(status);
      if (!std::exchange(silent_, true)) Say("the connection was lost; it goes on when it is back");
      std::this_thread::sleep_for(kReconnectEvery);
    }
  }

 private:
  void Take(grpc::ByteBuffer& bytes) {
    watch_.Heard();
    v1::TailAttemptsResponse answer;
    grpc::ProtoBufferReader reader(&bytes);
    if (watch_.stopped() || !answer.ParseFromZeroCopyStream(&reader)) return;
    if (!std::exchange(begun_, true)) Say("attempts from now on; Ctrl-C ends it");
    if (std::exchange(silent_, false)) Say("connected again");
    request_.set_resume_token(answer.resume_token());
    if (answer.dropped_count() > 0) {
      Say(absl::StrCat(answer.dropped_count(), " attempts were left out: this reads too slowly"));
    }
    for (const v1::Attempt& attempt : answer.attempts()) {
      Print(attempt);
      if (++shown_ == flags_.limit) return watch_.Stop();
    }
  }

  void Print(const v1::Attempt& attempt) {
    const client::OutputForm form = session_.form();
    if (form == client::OutputForm::kJson) {
      ApiSession::Print(client::ToJsonLine(attempt));
    } else if (form == client::OutputForm::kYaml) {
      ApiSession::Print("---\n" + config::ToYaml(attempt));
    } else if (form == client::OutputForm::kName) {
      ApiSession::Print(attempt.name() + "\n");
    } else {
      ApiSession::Print(TextLine(attempt, session_.color()));
    }
    std::fflush(stdout);
  }

  const TailFlags& flags_;
  const ApiSession& session_;
  TailWatch watch_;
  v1::TailAttemptsRequest request_;
  uint64_t shown_ = 0;
  bool begun_ = false;
  bool silent_ = false;  ///< the connection is lost, and that was said
};

int Tail(const TailFlags& flags) {
  return WithSession(flags.api, [&](const ApiSession& session) -> int {
    const auto parent =
        client::ParentName(*client::FindKind("attempts"), flags.outer, session.tenant());
    if (!parent.ok()) return FailBefore(parent.status());
    return TailRun(flags, session).Execute(*parent);
  });
}

}  // namespace

void AddTailCommand(CLI::App& group, Command& chosen) {
  CLI::App* command = group.add_subcommand("tail", "Show attempts as they end, until Ctrl-C");
  command->footer(std::string("A lost connection is made anew, and goes on where it was.\n"
                              "Example: carillon deliveries tail orders --filter "
                              "'outcome != OUTCOME_SUCCESS'\n") +
                  kApiExitCodeHelp);
  const auto flags = std::make_shared<TailFlags>();
  command->add_option("OUTER", flags->outer, "Only those of a destination");
  command->add_option("--filter", flags->filter, "Only those that match (AIP-160)");
  command->add_flag("--full", flags->full, "With what was sent and what came back");
  command->add_option("--limit", flags->limit, "End after so many (default: never)");
  AddApiFlags(*command, flags->api);
  command->callback([&chosen, flags] { chosen = [flags] { return Tail(*flags); }; });
}

}  // namespace carillon::cli
