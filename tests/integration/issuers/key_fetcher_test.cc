// Key sets that are fetched from a real server.
#include "carillon/issuers/key_fetcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "carillon/web/server.h"

namespace carillon::issuers {
namespace {

using ::testing::HasSubstr;

// The public key of RFC 8037, appendix A.2.
constexpr char kKeySet[] =
    R"({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k1",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})";

/// Answers what it is told to.
class KeyServer {
 public:
  KeyServer() {
    web::Routes routes;
    routes.Add({.path = "/keys", .handler = web::Immediate([this](const web::Request& request) {
                                   const std::lock_guard lock(mutex_);
                                   query_ = request.query;
                                   return answer_;
                                 })});
    server_ = *web::Server::Listen(io_, "127.0.0.1:0", std::move(routes));
    thread_ = std::thread([this] { io_.run(); });
  }
  ~KeyServer() {
    io_.stop();
    thread_.join();
  }
  void Answer(int status, std::string body) {
    const std::lock_guard lock(mutex_);
    answer_.status = status;
    answer_.body = std::move(body);
  }
  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(server_->port()) + "/keys?of=all";
  }
  std::string query() {
    const std::lock_guard lock(mutex_);
    return query_;
  }

 private:
  std::mutex mutex_;
  web::Response answer_;
  std::string query_;
  boost::asio::io_context io_{1};
  std::unique_ptr<web::Server> server_;
  std::thread thread_;
};

class KeyFetcherTest : public testing::Test {
 protected:
  KeyFetcherTest() {
    auto made = KeyFetcher::Create({.clock = &clock_,
                                    .connections = nullptr,
                                    .resolver = {},
                                    .user_agent = "Carillon/test",
                                    .on_keys =
                                        [this](const std::string&, const access::JwkSet& keys) {
                                          const std::lock_guard lock(mutex_);
                                          sizes_.push_back(keys.size());
                                        },
                                    .on_fetch =
                                        [this](const std::string&, const std::string& error) {
                                          const std::lock_guard lock(mutex_);
                                          errors_.push_back(error);
                                          fetched_.notify_all();
                                        }});
    EXPECT_TRUE(made.ok()) << made.status();
    fetcher_ = *std::move(made);
  }
  /// What became of the fetch of that number.
  std::string Fetch(size_t number) {
    std::unique_lock lock(mutex_);
    fetched_.wait(lock, [&] { return errors_.size() > number; });
    return errors_[number];
  }
  size_t sets() {
    fetcher_->Stop();
    const std::lock_guard lock(mutex_);
    return sizes_.size();
  }

  const base::SystemClock clock_;
  std::mutex mutex_;
  std::condition_variable fetched_;
  std::vector<std::string> errors_;
  std::vector<size_t> sizes_;
  KeyServer server_;
  std::unique_ptr<KeyFetcher> fetcher_;
};

TEST_F(KeyFetcherTest, ASetIsFetchedAtOnceAndHandedOn) {
  server_.Answer(200, kKeySet);
  fetcher_->SetUrls({server_.url()});
  EXPECT_EQ(Fetch(0), "");
  EXPECT_EQ(server_.query(), "of=all");
  EXPECT_EQ(sets(), 1u);
}

TEST_F(KeyFetcherTest, WhatIsNoSetIsToldAndTriedAgain) {
  server_.Answer(503, kKeySet);
  fetcher_->SetUrls({server_.url()});
  EXPECT_EQ(Fetch(0), "it answered 503, not 200");
  server_.Answer(200, "{}");
  EXPECT_THAT(Fetch(1), HasSubstr("must be a JSON Web Key Set"));
  EXPECT_EQ(sets(), 0u);
}

TEST_F(KeyFetcherTest, MoreThanABoundIsNotTaken) {
  server_.Answer(200, std::string(access::JwkSet::kMaxBytes + 1, ' '));
  fetcher_->SetUrls({server_.url()});
  EXPECT_THAT(Fetch(0), HasSubstr("at most 256 KiB"));
  EXPECT_EQ(sets(), 0u);
}

TEST_F(KeyFetcherTest, WhoeverWantsItGetsItAnewAndNobodyAfterTheEnd) {
  server_.Answer(200, kKeySet);
  fetcher_->SetUrls({server_.url()});
  EXPECT_EQ(Fetch(0), "");
  for (int i = 0; i < 100; ++i) fetcher_->Want(server_.url());
  fetcher_->Want("https://nobody.example/");
  EXPECT_EQ(Fetch(1), "");  // ten seconds after the first
  EXPECT_EQ(sets(), 2u);
  fetcher_->Want(server_.url());
}

TEST_F(KeyFetcherTest, WhereNobodyListensIsToldAndItEndsAmidAFetch) {
  fetcher_->SetUrls({"http://127.0.0.1:1/keys"});
  EXPECT_NE(Fetch(0), "");
  fetcher_->SetUrls({server_.url()});
  fetcher_.reset();
}

}  // namespace
}  // namespace carillon::issuers
