#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "carillon/client/api_caller.h"

namespace carillon::client {

/// Answers calls by a function, and remembers them.
class FakeCaller final : public Caller {
 public:
  using Handler = std::function<absl::Status(const std::string& method,
                                             const google::protobuf::Message& request,
                                             google::protobuf::Message& answer)>;
  explicit FakeCaller(Handler handler) : handler_(std::move(handler)) {}

  absl::Status Call(const google::protobuf::MethodDescriptor& method,
                    const google::protobuf::Message& request,
                    google::protobuf::Message& answer) override {
    calls.push_back(method.name());
    return handler_(method.name(), request, answer);
  }

  std::vector<std::string> calls;

 private:
  Handler handler_;
};

}  // namespace carillon::client
