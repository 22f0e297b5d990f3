#include "carillon/web/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <thread>
#include <vector>

#include "few_descriptors.h"
#include "server_fixture.h"
#include "web_client.h"

namespace carillon::web {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

TEST_F(ServerTest, AnswersAndKeepsTheConnection) {
  Client client(server_->port());
  for (int i = 0; i < 3; ++i) {
    client.Send("POST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody");
    const std::string reply = client.ReadUntil("POST /a?b=c body.");
    EXPECT_THAT(reply, StartsWith("HTTP/1.1 203 "));
    EXPECT_THAT(reply, HasSubstr("Content-Type: application/json\r\n"));
    EXPECT_THAT(reply, HasSubstr("Content-Length: 17\r\n"));
  }
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  Client client(server_->port());
  client.Send("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\nConnection: close\r\n\r\n");
  const std::string replies = client.ReadToEnd();
  EXPECT_LT(replies.find("GET /1 ."), replies.find("GET /2 ."));
  EXPECT_NE(replies.find("GET /2 ."), std::string::npos);
}

TEST_F(ServerTest, HeadHasNoBody) {
  Client client(server_->port());
  client.Send("HEAD /x HTTP/1.1\r\nConnection: close\r\n\r\n");
  const std::string reply = client.ReadToEnd();
  EXPECT_THAT(reply, HasSubstr("Content-Length: 9\r\n"));
  EXPECT_TRUE(reply.ends_with("\r\n\r\n")) << reply;
}

TEST_F(ServerTest, ClosesAfterHttp10) {
  Client client(server_->port());
  client.Send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(client.ReadToEnd(), HasSubstr("GET / ."));
}

TEST_F(ServerTest, RefusesWhatIsTooLongOrNoHttp) {
  const std::pair<std::string, std::string> cases[] = {
      {"POST / HTTP/1.1\r\nContent-Length: 65537\r\n\r\n" + std::string(65'537, 'x'), "413"},
      {"GET / HTTP/1.1\r\nX: " + std::string(17'000, 'x') + "\r\n\r\n", "431"},
      {"no http\r\n\r\n", "400"}};
  for (const auto& [request, status] : cases) {
    Client client(server_->port());
    client.Send(request);
    EXPECT_THAT(client.ReadToEnd(), StartsWith("HTTP/1.1 " + status + " "));
  }
}

TEST_F(ServerTest, ARouteMayRefuseInAFormOfItsOwn) {
  Routes routes = Usual();
  Route own = Echo("/own");
  own.refusal = [](Response response) {
    response.content_type = "application/json";
    response.body = "\"" + response.body.substr(0, response.body.size() - 1) + "\"";
    return response;
  };
  routes.Add(std::move(own));
  ListenAnew({}, std::move(routes));
  const std::pair<std::string, std::string> cases[] = {
      {"POST /own HTTP/1.1\r\nContent-Length: 65537\r\n\r\n" + std::string(65'537, 'x'),
       "\"the request body is over 65536 bytes\""},
      {"PUT /own HTTP/1.1\r\nConnection: close\r\n\r\n", "\"only GET, HEAD, POST\""}};
  for (const auto& [request, body] : cases) {
    Client client(server_->port());
    client.Send(request);
    EXPECT_THAT(client.ReadToEnd(),
                testing::AllOf(HasSubstr("Content-Type: application/json\r\n"), EndsWith(body)));
  }
}

TEST_F(ServerTest, TellsNothingOfWhatWasThrown) {
  Client client(server_->port());
  client.Send("GET /throw HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.ReadToEnd(),
              testing::AllOf(StartsWith("HTTP/1.1 500 "), testing::Not(HasSubstr("secret"))));
}

TEST_F(ServerTest, TheOneThatWasIdleForLongestGivesWay) {
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 256; ++i) {
    clients.push_back(std::make_unique<Client>(server_->port()));
    clients.back()->Send("GET / HTTP/1.1\r\n\r\n");
    EXPECT_THAT(clients.back()->ReadUntil("GET / ."), StartsWith("HTTP/1.1 203 "));
  }
  clients[0]->Send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_THAT(clients[0]->ReadUntil("GET / ."), StartsWith("HTTP/1.1 203 "));
  EXPECT_TRUE(Answers());
  EXPECT_EQ(clients[1]->ReadToEnd(), "");
  clients[0]->Send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_THAT(clients[0]->ReadUntil("GET / ."), StartsWith("HTTP/1.1 203 "));
}

TEST_F(ServerTest, ABoundOfNoConnectionServesOne) {
  ListenAnew({.max_connections = 0});
  EXPECT_TRUE(Answers());
}

TEST_F(ServerTest, HalfSentRequestsKeepNobodyOut) {
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 256; ++i) {
    clients.push_back(std::make_unique<Client>(server_->port()));
    clients.back()->Send(i % 2 == 0 ? "GET / HT" : "");
  }
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Answers());
}

TEST_F(ServerTest, ARequestHasLittleTimeAndAPauseBetweenTwoHasMore) {
  ListenAnew({.head_timeout = std::chrono::milliseconds(100)});
  Client half(server_->port());
  half.Send("GET / HTTP/1.1\r\nX: ");
  EXPECT_EQ(half.ReadToEnd(), "");
  ListenAnew({.head_timeout = std::chrono::hours(1)});
  Client body(server_->port());
  body.Send("POST /quick HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf");
  EXPECT_EQ(body.ReadToEnd(), "");
  EXPECT_TRUE(WithSomeTime([this](std::chrono::milliseconds time) {
    ListenAnew({.head_timeout = time});
    Client idle(server_->port());
    idle.Send("GET / HTTP/1.1\r\n\r\n");
    if (!idle.ReadUntil("GET / .").starts_with("HTTP/1.1 203 ")) return false;
    std::this_thread::sleep_for(time + time / 4);
    idle.Send("GET / HTTP/1.1\r\n\r\n");
    return idle.ReadUntil("GET / .").starts_with("HTTP/1.1 203 ");
  }));
}

TEST_F(ServerTest, TheSecondRequestHasNoMoreTimeThanTheFirst) {
  EXPECT_TRUE(WithSomeTime([this](std::chrono::milliseconds time) {
    ListenAnew({.head_timeout = time, .idle = std::chrono::hours(1)});
    Client client(server_->port());
    client.Send("GET / HTTP/1.1\r\n\r\n");
    if (!client.ReadUntil("GET / .").starts_with("HTTP/1.1 203 ")) return false;
    client.Send("GET / HTTP/1.1\r\nX: ");
    EXPECT_EQ(client.ReadToEnd(), "");
    return true;
  }));
}

TEST_F(ServerTest, ABodyThatTricklesHasNoMoreTime) {
  ListenAnew({.head_timeout = std::chrono::hours(1)});
  Client client(server_->port());
  client.Send("POST /quick HTTP/1.1\r\nContent-Length: 60000\r\n\r\n");
  bool closed = false;
  for (int i = 0; i < 1'000 && !closed; ++i) {
    client.Send("x");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    char c;
    const ssize_t n = recv(client.fd(), &c, 1, MSG_DONTWAIT);
    closed = n == 0 || (n < 0 && errno != EAGAIN);
  }
  EXPECT_TRUE(closed);
}

TEST_F(ServerTest, WhoDoesNotReadItsAnswerGivesWayToWhoDoes) {
  ListenAnew({.max_held_bytes = kLarge + kLarge / 2, .write_timeout = std::chrono::seconds(120)});
  Client stuck(server_->port());
  stuck.Send("GET /large HTTP/1.1\r\n\r\n");
  EXPECT_EQ(stuck.ReadUntil("HTTP/1.1"), "HTTP/1.1");
  Client other(server_->port());
  other.Send("GET /large HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_GT(other.CountToEnd(), kLarge);
  EXPECT_LT(stuck.CountToEnd(), kLarge);
}

TEST_F(ServerTest, AnAnswerThatIsNotReadInTimeEnds) {
  ListenAnew({.write_timeout = std::chrono::milliseconds(200)});
  EXPECT_TRUE(WithSomeTime([this](std::chrono::milliseconds time) {
    Client stuck(server_->port());
    stuck.Send("GET /large HTTP/1.1\r\nConnection: close\r\n\r\n");
    std::this_thread::sleep_for(time);
    return stuck.CountToEnd() < kLarge;
  }));
}

TEST_F(ServerTest, WithoutADescriptorAnIdleOneGivesWay) {
  Client idle(server_->port());
  idle.Send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_THAT(idle.ReadUntil("GET / ."), StartsWith("HTTP/1.1 203 "));
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const http::NoDescriptors none;
  Client late(server_->port(), fd);
  late.Send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_THAT(late.ReadUntil("GET / ."), StartsWith("HTTP/1.1 203 "));
  EXPECT_EQ(idle.ReadToEnd(), "");
}

TEST_F(ServerTest, StoppingClosesEverything) {
  Client client(server_->port());
  client.Send("GET / HTTP/1.1\r\n\r\n");
  client.ReadUntil("GET / .");
  boost::asio::post(io_, [this] { server_->Stop(); });
  EXPECT_EQ(client.ReadToEnd(), "");
}

TEST(ServerListenTest, SaysWhatIsWrongWithAnAddress) {
  boost::asio::io_context io;
  for (const char* address : {"", "127.0.0.1", "localhost:80", "127.0.0.1:x", "127.0.0.1:65536",
                              "127.0.0.1:", "::1:80", "[127.0.0.1]:80", "[::1:80"}) {
    EXPECT_EQ(Server::Listen(io, address, {}).status().code(), absl::StatusCode::kInvalidArgument)
        << address;
  }
  const auto first = Server::Listen(io, "127.0.0.1:0", {});
  ASSERT_TRUE(first.ok());
  const std::string taken = "127.0.0.1:" + std::to_string((*first)->port());
  EXPECT_EQ(Server::Listen(io, taken, {}).status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace carillon::web
