#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "carillon/connect/bridge.h"
#include "carillon/web/server.h"
#include "echo_service.h"
#include "stream_envelope.h"
#include "web_client.h"

namespace carillon::connect {

struct HttpAnswer {
  int status = 0;
  std::map<std::string, std::string> headers;  // names as they came
  std::string body;

  nlohmann::json json() const { return nlohmann::json::parse(body); }
};

using Fields = std::vector<std::pair<std::string, std::string>>;

/// A bridge between an HTTP server and a gRPC server, all in this process.
class BridgeTest : public testing::Test {
 protected:
  void SetUp() override { Begin({}); }
  ~BridgeTest() override { End(); }

  void Begin(const Bounds& bounds) {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &grpc_port_);
    grpc_ = builder.BuildAndStart();
    bridge_ = Bridge::Create(clock_, bounds);
    web::Routes routes;
    bridge_->AddTo(routes);
    auto server = web::Server::Listen(io_, "127.0.0.1:0", std::move(routes), {});
    ASSERT_TRUE(server.ok()) << server.status();
    web_ = *std::move(server);
    thread_ = std::thread([this] { io_.run(); });
  }
  void Serve() {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(16 << 20);
    ASSERT_TRUE(bridge_->Start(grpc_->InProcessChannel(arguments), {"carillon.test.v1.Echo"}).ok());
  }
  void Anew(const Bounds& bounds) {
    End();
    io_.restart();
    Begin(bounds);
  }
  void End() {
    if (!thread_.joinable()) return;
    bridge_->Stop();
    boost::asio::post(io_, [this] { web_->Stop(); });
    thread_.join();
    web_.reset();
    bridge_.reset();
    grpc_->Shutdown();
  }

  static std::string Request(const std::string& line, const std::string& body, const Fields& more) {
    std::string text =
        line + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
    for (const auto& [name, value] : more) text += name + ": " + value + "\r\n";
    return text + "\r\n" + body;
  }
  static HttpAnswer Parse(const std::string& text) {
    HttpAnswer answer;
    const size_t end = text.find("\r\n\r\n");
    if (text.size() < 12 || end == std::string::npos) return answer;
    answer.status = std::stoi(text.substr(9, 3));
    std::istringstream lines(text.substr(0, end));
    for (std::string line; std::getline(lines, line);) {
      const size_t colon = line.find(": ");
      if (colon == std::string::npos) continue;
      answer.headers[line.substr(0, colon)] = line.substr(colon + 2, line.find('\r') - colon - 2);
    }
    answer.body = text.substr(end + 4);
    if (answer.headers["Transfer-Encoding"] == "chunked") answer.body = Dechunk(answer.body);
    return answer;
  }
  static std::string Dechunk(const std::string& text) {
    std::string body;
    for (size_t at = 0; at < text.size();) {
      const size_t line = text.find("\r\n", at);
      const size_t size = std::stoul(text.substr(at, line - at), nullptr, 16);
      body += text.substr(line + 2, size);
      at = line + 2 + size + 2;
      if (size == 0) break;
    }
    return body;
  }
  HttpAnswer Call(const std::string& line, const std::string& body, Fields more) {
    web::Client client(web_->port());
    more.emplace_back("Connection", "close");
    client.Send(Request(line, body, more));
    return Parse(client.ReadToEnd());
  }
  /// POSTs JSON to a method of Echo.
  HttpAnswer Post(const std::string& method, const std::string& body, Fields more = {}) {
    more.emplace_back("Content-Type", "application/json");
    return Call("POST /carillon.test.v1.Echo/" + method, body, std::move(more));
  }
  HttpAnswer Get(const std::string& target, Fields more = {}) {
    return Call("GET /carillon.test.v1.Echo/" + target, "", std::move(more));
  }
  static std::string Reason(const HttpAnswer& answer) {
    return answer.json()["details"][0]["debug"]["reason"];
  }
  /// Asks until the answer is yes, and not again after it: asking may change something.
  template <typename F>
  static void Eventually(F holds, const char* what) {
    for (int i = 0; i < 12'000; ++i) {
      if (holds()) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    ADD_FAILURE() << what;
  }

  const base::SystemClock clock_;
  EchoService service_;
  int grpc_port_ = 0;
  std::unique_ptr<grpc::Server> grpc_;
  boost::asio::io_context io_{1};
  std::unique_ptr<Bridge> bridge_;
  std::unique_ptr<web::Server> web_;
  std::thread thread_;
};

}  // namespace carillon::connect
