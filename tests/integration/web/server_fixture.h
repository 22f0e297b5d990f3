#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "carillon/web/server.h"
#include "web_client.h"

namespace carillon::web {

/// A server on a thread of its own. Whatever has no other route answers 203 and what it was asked.
class ServerTest : public testing::Test {
 protected:
  static constexpr size_t kLarge = 32u << 20;  // more than sockets buffer

  ~ServerTest() override { End(); }

  static Route Echo(std::string path) {
    return {.path = std::move(path),
            .methods = {"GET", "POST"},
            .handler = Immediate([](const Request& request) {
              const std::string target =
                  request.query.empty() ? request.path : request.path + "?" + request.query;
              return Response{.status = 203,
                              .content_type = "application/json",
                              .body = request.method + " " + target + " " + request.body + "."};
            })};
  }
  static Routes Usual() {
    Routes routes;
    routes.Add(Echo("/*"));
    Route quick = Echo("/quick");
    quick.body_timeout = std::chrono::milliseconds(100);
    routes.Add(std::move(quick));
    routes.Add({.path = "/large", .handler = Immediate([](const Request&) {
                                    return Response{.body = std::string(kLarge, 'x')};
                                  })});
    routes.Add({.path = "/throw", .handler = [](const Request&, const Responder&) {
                  throw std::runtime_error("secret");
                }});
    return routes;
  }
  void SetUp() override { Listen({}); }
  void Listen(const ServerOptions& options, Routes routes = Usual()) {
    auto server = Server::Listen(io_, "127.0.0.1:0", std::move(routes), options);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    thread_ = std::thread([this] { io_.run(); });
  }
  void ListenAnew(const ServerOptions& options, Routes routes = Usual()) {
    End();
    io_.restart();
    Listen(options, std::move(routes));
  }
  void End() {
    if (!thread_.joinable()) return;
    boost::asio::post(io_, [this] { server_->Stop(); });
    thread_.join();  // the loop ends: nothing is left in it
  }
  /// Whether `holds`, given a time, in the end returns true. For what has to happen within a
  /// timeout that is to pass a moment later: on a machine that is busy both get more and more.
  template <typename F>
  static bool WithSomeTime(F holds) {
    for (std::chrono::milliseconds time(500); time < std::chrono::seconds(60); time *= 2) {
      if (holds(time)) return true;
    }
    return false;
  }
  bool Answers() {
    Client client(server_->port());
    client.Send("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
    return client.ReadToEnd().find("GET / .") != std::string::npos;
  }

  boost::asio::io_context io_{1};
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

}  // namespace carillon::web
