#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "carillon/http/asio_courier.h"
#include "receiver.h"

namespace carillon::http {

using model::Outcome;
using std::chrono::milliseconds;

/// A resolver that has its answers, or none at all.
class FakeResolver final : public Resolver {
 public:
  void Resolve(const std::string& host, const std::string& tenant, ResolveDone done) override;

  std::map<std::string, absl::StatusOr<Addresses>> answers;
  std::vector<ResolveDone> unanswered;  ///< look-ups of what is not in `answers`
};

/// A courier, its loop, and what it reported.
class CourierTest : public testing::Test, public CourierListener {
 public:
  void OnResponse(uint64_t token, const Response& response) override;

 protected:
  CourierTest();
  ~CourierTest() override;

  /// In place of the one that is there. Where `options` name no egress, it may go anywhere.
  void MakeCourier(const CourierOptions& options = {}, TlsClient* tls = nullptr);

  static EndpointOptions To(uint16_t port, const std::string& host = "127.0.0.1", bool tls = false);
  /// Starts a POST and gives its token.
  uint64_t Post(EndpointId endpoint, std::string body = "{}");
  /// Runs the loop until that many reports came in all; fails the test after 20 s.
  void RunUntilReported(size_t count);
  /// Runs the loop until `done`; fails the test after 20 s.
  void RunUntil(const std::function<bool()>& done);
  /// Posts and waits for the report.
  Response Ask(EndpointId endpoint);
  Response AskOnce(const EndpointOptions& options);

  boost::asio::io_context io_{1};
  net::EgressSwitch anywhere_{{.rules = guard::Rules::Unrestricted()}};
  FakeResolver resolver_;
  std::unique_ptr<TlsClient> tls_;
  std::unique_ptr<Courier> courier_;
  std::map<uint64_t, std::vector<Response>> responses_;
  size_t reported_ = 0;
  std::function<void(uint64_t)> on_response_;
  bool in_courier_ = false;

 private:
  uint64_t next_token_ = 1;
};

}  // namespace carillon::http
