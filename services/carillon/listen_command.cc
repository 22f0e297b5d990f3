#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "api_session.h"
#include "carillon/base/clock.h"
#include "carillon/base/random.h"
#include "carillon/base/text.h"
#include "carillon/client/explain.h"
#include "carillon/client/table.h"
#include "carillon/signing/signer.h"
#include "carillon/v1/destination.pb.h"
#include "commands.h"
#include "exit_codes.h"
#include "listener.h"

namespace carillon::cli {
namespace {

constexpr size_t kMaxShownBody = 64u << 10;
constexpr char kListenLabel[] = "carillon/listen";

struct ListenFlags {
  ApiFlags api;
  std::vector<std::string> types;
  std::string address = "127.0.0.1:0";
  std::string public_url;
  std::string forward;
  uint64_t limit = 0;
  std::string expire_after = "10m";
};

/// So often within `expire_after` the time is put off.
constexpr int kRenewals = 5;
constexpr std::chrono::seconds kMinExpireAfter{10};

absl::StatusOr<std::chrono::milliseconds> ExpireAfterOf(const ListenFlags& flags) {
  absl::StatusOr<std::chrono::milliseconds> after =
      ParseDurationFlag("--expire-after", flags.expire_after);
  if (!after.ok() || *after >= kMinExpireAfter) return after;
  return absl::InvalidArgumentError("--expire-after must be 10s or more");
}

std::string MakeName() {
  uint8_t random[4];
  base::FillRandom(random);
  std::string name = "listen-";
  for (const uint8_t byte : random) absl::StrAppend(&name, absl::Hex(byte, absl::kZeroPad2));
  return name;
}

const char* WordOf(SignatureVerdict verdict) {
  switch (verdict) {
    case SignatureVerdict::kGood:
      return "signature verified";
    case SignatureVerdict::kWrong:
      return "WRONG SIGNATURE";
    case SignatureVerdict::kNone:
      break;
  }
  return "not signed";
}

std::string Heading(const Arrived& arrived, const std::string& time) {
  const auto id = arrived.request.headers.Find("webhook-id").value_or("");
  std::string text = absl::StrCat(time, " ", base::Printable(arrived.request.path), " ",
                                  base::Printable(id), ": ", WordOf(arrived.verdict));
  if (!arrived.forwarded) return text;
  const Forwarded& forwarded = *arrived.forwarded;
  absl::StrAppend(&text, forwarded.status == 0
                             ? absl::StrCat("; --forward ", base::Printable(forwarded.error))
                             : absl::StrCat("; forwarded, answered ", forwarded.status));
  return text;
}

/// A line of JSON for one request.
std::string JsonLine(const Arrived& arrived, const std::string& time) {
  nlohmann::ordered_json line = {{"time", time},
                                 {"path", arrived.request.path},
                                 {"verified", arrived.verdict == SignatureVerdict::kGood},
                                 {"status", arrived.status}};
  if (arrived.forwarded && arrived.forwarded->status == 0) {
    line["forward_error"] = arrived.forwarded->error;
  }
  for (const auto& [name, value] : arrived.request.headers.fields()) line["headers"][name] = value;
  line["body"] = arrived.request.body;
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

/// The destination and the subscription, for as long as it lives.
class Registration {
 public:
  /// It goes `expire_after` the last renewal, however this process ends.
  Registration(ApiSession& session, std::chrono::milliseconds expire_after)
      : session_(session), expire_after_(expire_after), id_(MakeName()) {}
  ~Registration() { Remove(); }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

  /// Returns the keys that requests are signed with, decoded.
  absl::StatusOr<std::vector<base::Secret>> Make(const std::string& url, const ListenFlags& flags);

  /// Puts the time off at which it goes. NOT_FOUND: it is gone.
  absl::Status Renew() {
    v1::Destination destination;
    destination.set_name(Name("destinations"));
    SetExpireTime(destination);
    return session_.resources()
        .Update(*client::FindKind("destination"), destination, {"expire_time"})
        .status();
  }

  /// Deletes both; says how to do it by hand if that fails.
  void Remove() {
    if (!made_) return;
    made_ = false;
    const absl::StatusOr<client::Answer> answer =
        session_.resources().Delete(*client::FindKind("destination"), Name("destinations"),
                                    {.allow_missing = true, .force = true});
    if (answer.ok()) return;
    session_.Fail(answer.status());
    Say(
        absl::StrCat("left behind; it is deleted at its expire_time, or now by: carillon delete "
                     "destination ",
                     Name("destinations"), " --force"));
  }

 private:
  std::string Name(const char* collection) const {
    return absl::StrCat("tenants/", session_.tenant(), "/", collection, "/", id_);
  }

  void SetExpireTime(v1::Destination& destination) const {
    const base::WallTime end = base::SystemClock().Wall() + expire_after_;
    destination.mutable_expire_time()->set_seconds(base::ToUnixSeconds(end));
  }

  ApiSession& session_;
  const std::chrono::milliseconds expire_after_;
  const std::string id_;
  bool made_ = false;
};

absl::StatusOr<std::vector<base::Secret>> Registration::Make(const std::string& url,
                                                             const ListenFlags& flags) {
  const std::string parent = absl::StrCat("tenants/", session_.tenant());
  v1::Destination destination;
  destination.set_url(url);
  destination.set_display_name("carillon listen");
  SetExpireTime(destination);
  (*destination.mutable_labels())[kListenLabel] = "true";
  const auto made =
      session_.resources().Create(*client::FindKind("destination"), parent, id_, destination);
  if (!made.ok()) return made.status();
  made_ = true;
  v1::Subscription subscription;
  for (const std::string& type : flags.types) subscription.add_types(type);
  if (flags.types.empty()) subscription.add_types("*");
  subscription.add_destinations(Name("destinations"));
  (*subscription.mutable_labels())[kListenLabel] = "true";
  const auto subscribed =
      session_.resources().Create(*client::FindKind("subscription"), parent, id_, subscription);
  if (!subscribed.ok()) return subscribed.status();
  std::vector<base::Secret> keys;
  for (const v1::Key& key : static_cast<const v1::Destination&>(**made).keys()) {
    absl::StatusOr<base::Secret> secret = signing::ParseSecret(key.secret().value());
    if (secret.ok()) keys.push_back(*std::move(secret));
  }
  return keys;
}

class ListenRun {
 public:
  ListenRun(const ListenFlags& flags, ApiSession& session)
      : flags_(flags), session_(session), signals_(io_, SIGINT, SIGTERM) {}

  int Execute() {
    const auto expire_after = ExpireAfterOf(flags_);
    if (!expire_after.ok()) return FailBefore(expire_after.status());
    std::optional<Forwarder> forwarder;
    if (!flags_.forward.empty()) {
      auto to = Forwarder::To(flags_.forward);
      if (!to.ok()) return FailBefore(to.status());
      forwarder = *std::move(to);
    }
    // From here on a signal ends it by the way that cleans up.
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (!error) io_.stop();
    });
    auto listener = Listener::Open(io_, flags_.address, std::move(forwarder),
                                   [this](const Arrived& arrived) { Tell(arrived); });
    if (!listener.ok()) return FailBefore(listener.status());
    listener_ = *std::move(listener);
    const std::string url = flags_.public_url.empty()
                                ? absl::StrCat("http://127.0.0.1:", listener_->port(), "/")
                                : flags_.public_url;
    Registration registration(session_, *expire_after);
    auto keys = registration.Make(url, flags_);
    if (!keys.ok()) return Explain(keys.status(), url);
    listener_->SetKeys(*std::move(keys));
    Say(absl::StrCat("listening: events of tenant ", session_.tenant(), " are sent to ", url,
                     "; Ctrl-C ends it"));
    RenewLater(registration, *expire_after / kRenewals);
    io_.run();
    return ending_;
  }

 private:
  int Explain(const absl::Status& status, const std::string& url) {
    const int ending = session_.Fail(status);
    if (absl::IsInvalidArgument(status)) {
      Say(absl::StrCat("the server must be able, and allowed, to send to ", url,
                       ": its configuration allows addresses by guard.allow_networks and "
                       "guard.allow_ports; --public-url names another way to here"));
    }
    return ending;
  }

  // What arrives meanwhile waits as long as the call takes.
  void RenewLater(Registration& registration, std::chrono::milliseconds wait) {
    renewal_.expires_after(wait);
    renewal_.async_wait([this, &registration, wait](const boost::system::error_code& error) {
      if (error) return;
      const absl::Status status = registration.Renew();
      if (absl::IsNotFound(status)) {
        Say("the destination is gone: somebody deleted it, or this machine slept past its "
            "expire_time; listen again");
        ending_ = session_.Fail(status);
        return io_.stop();
      }
      if (!status.ok()) session_.Fail(status);
      RenewLater(registration, wait);
    });
  }

  void Tell(const Arrived& arrived) {
    const std::string time = base::FormatRfc3339(clock_.Wall());
    if (session_.form() == client::OutputForm::kJson) {
      ApiSession::Print(JsonLine(arrived, time));
    } else {
      const bool wrong = arrived.verdict == SignatureVerdict::kWrong;
      const bool good = arrived.verdict == SignatureVerdict::kGood;
      const client::Tone tone = wrong  ? client::Tone::kBad
                                : good ? client::Tone::kGood
                                       : client::Tone::kPlain;
      ApiSession::Print(client::Toned(Heading(arrived, time), tone, session_.color()) + "\n" +
                        base::Printable(arrived.request.body, kMaxShownBody) + "\n");
    }
    std::fflush(stdout);
    if (++arrived_ == flags_.limit) StopWhenAnswered();
  }

  void StopWhenAnswered() {
    if (listener_->answering() == 0) return io_.stop();
    patience_.expires_after(std::chrono::milliseconds(5));
    patience_.async_wait([this](const boost::system::error_code& error) {
      if (!error) StopWhenAnswered();
    });
  }

  const ListenFlags& flags_;
  ApiSession& session_;
  const base::SystemClock clock_;
  boost::asio::io_context io_{1};
  boost::asio::signal_set signals_;
  boost::asio::steady_timer patience_{io_};
  boost::asio::steady_timer renewal_{io_};
  int ending_ = client::kEndDone;
  std::unique_ptr<Listener> listener_;
  uint64_t arrived_ = 0;
};

}  // namespace

void AddListenCommand(CLI::App& app, Command& chosen) {
  CLI::App* command = app.add_subcommand(
      "listen", "Receive events on this machine for as long as it runs, to try webhooks");
  command->footer(
      std::string("It makes a destination and a subscription (label carillon/listen), verifies and "
                  "prints what arrives, and deletes both at the end. What a kill leaves behind is "
                  "deleted by the server after --expire-after.\n"
                  "Example: carillon listen --type 'order.*' --forward 3000\n") +
      kApiExitCodeHelp);
  const auto flags = std::make_shared<ListenFlags>();
  command
      ->add_option("--type", flags->types,
                   "Event types, order.* or *; may be given again (default: *)")
      ->allow_extra_args(false);
  command->add_option(
      "--forward", flags->forward,
      "Send each on to this port, or http://HOST:PORT/PATH, and answer as that does");
  command
      ->add_option("--listen", flags->address, "Where to listen: HOST:PORT; port 0: any free one")
      ->capture_default_str();
  command->add_option("--public-url", flags->public_url,
                      "Where the server reaches it (default: http://127.0.0.1:PORT/)");
  command->add_option("--limit", flags->limit, "End after so many requests (default: never)");
  command
      ->add_option("--expire-after", flags->expire_after,
                   "How long the destination outlives this command where it is killed: 10s or "
                   "more; put off while it runs")
      ->capture_default_str();
  AddApiFlags(*command, flags->api);
  command->callback([&chosen, flags] {
    chosen = [flags] {
      return WithSession(flags->api, [&flags](ApiSession& session) {
        return ListenRun(*flags, session).Execute();
      });
    };
  });
}

}  // namespace carillon::cli
