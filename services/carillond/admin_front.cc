#include "admin_front.h"

#include <pthread.h>

#include <boost/asio/post.hpp>
#include <future>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/base/short_slices.h"

namespace carillon::server {
namespace {

// How long answers may take that are on their way when the program stops.
constexpr int kMaxLooks = 100;
constexpr std::chrono::milliseconds kLookInterval{5};
constexpr size_t kMaxHeadBytes = 16u << 10;  // a URL of the API, and a token

}  // namespace

AdminFront::AdminFront(const admin::Health& health, admin::MetricsPage::Render render,
                       admin::PendingPage::List list, admin::PendingHead head,
                       const base::Clock& clock)
    : api_(connect::Bridge::Create(clock)),
      pending_(
          std::move(list),
          [this](absl::AnyInvocable<void()> work) { boost::asio::post(io_, std::move(work)); },
          std::move(head), clock),
      scrapes_(std::move(render)),
      pages_(
          health, [this](web::Responder responder) { scrapes_.Answer(std::move(responder)); },
          [this](web::Responder responder) { Pending(std::move(responder)); }) {}

AdminFront::~AdminFront() { Stop(); }

absl::Status AdminFront::Listen(const std::string& address, size_t max_connections,
                                web::ServerTlsPtr tls) {
  web::Routes routes;
  pages_.AddTo(routes);
  api_->AddTo(routes);
  if (console_) console::Site::AddTo(routes, *std::exchange(console_, std::nullopt));
  auto server = web::Server::Listen(
      io_, address, std::move(routes),
      {.max_connections = max_connections, .max_head_bytes = kMaxHeadBytes, .tls = std::move(tls)});
  if (!server.ok()) {
    return absl::Status(server.status().code(),
                        absl::StrCat("server.admin_address: ", server.status().message()));
  }
  asked_ = address;
  server_ = *std::move(server);
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "admin");
    base::AskForShortSlices();  // people wait for it
    io_.run();
  });
  return absl::OkStatus();
}

void AdminFront::SetTls(web::ServerTlsPtr tls) {
  boost::asio::post(io_,
                    [this, tls = std::move(tls)]() mutable { server_->SetTls(std::move(tls)); });
}

void AdminFront::Every(std::chrono::milliseconds interval, std::function<void()> look) {
  boost::asio::post(
      io_, [this, interval, look = std::make_shared<std::function<void()>>(std::move(look))] {
        Wait(interval, look);
      });
}

void AdminFront::Wait(std::chrono::milliseconds interval,
                      std::shared_ptr<std::function<void()>> look) {
  timer_.expires_after(interval);
  timer_.async_wait([this, interval, look = std::move(look)](boost::system::error_code error) {
    if (error) return;
    (*look)();
    Wait(interval, look);
  });
}

void AdminFront::AwaitAnswers() {
  for (int i = 0; i < kMaxLooks && thread_.joinable(); ++i) {
    std::promise<bool> busy;
    boost::asio::post(io_, [&] { busy.set_value(server_->answering() > 0); });
    if (!busy.get_future().get()) return;
    std::this_thread::sleep_for(kLookInterval);
  }
}

void AdminFront::Stop() {
  AwaitAnswers();
  io_.stop();
  if (thread_.joinable()) thread_.join();
  scrapes_.Stop();
}

void AdminFront::Pending(web::Responder responder) {
  if (started()) return pending_.Answer(std::move(responder));
  responder.Reply({.status = 503, .body = "not ready: starting\n"});
}

std::string AdminFront::address() const { return WithPort(asked_, server_->port()); }

std::string WithPort(const std::string& address, uint16_t port) {
  return absl::StrCat(address.substr(0, address.rfind(':') + 1), port);
}

}  // namespace carillon::server
