#pragma once

#include <functional>
#include <memory>
#include <string>

#include "courier_context.h"
#include "stream.h"

namespace carillon::http {

/// How dialling ended: a stream ready for requests, or why there is none.
struct Dialed {
  model::Outcome outcome = model::Outcome::kSuccess;
  std::string error;
  std::unique_ptr<Stream> stream;
};

/// Makes one connection: looks the name up, tries the addresses in order, shakes hands for TLS, all
/// within the connect time-out. An address that does not answer gets its share of the time that is
/// left, so that the next is tried too.
class Dialer final : public LookupUser,
                     public Deadline,
                     public std::enable_shared_from_this<Dialer> {
 public:
  /// Called once, from the event loop, unless cancelled before.
  using Done = std::function<void(Dialed)>;

  Dialer(CourierContext& context, std::shared_ptr<const EndpointOptions> options,
         EndpointId endpoint, Done done);

  void Start();
  /// `done` will not be called.
  void Cancel();

  void OnResolved(absl::StatusOr<Addresses> answer) override;
  void OnDeadline() override;

 private:
  enum class Stage { kResolving, kConnecting, kHandshaking, kOver };

  void TryNextAddress();
  void OnConnected(ErrorCode ec, size_t address);
  void Handshake();
  void OnHandshake(ErrorCode ec);
  void Finish(model::Outcome outcome, std::string error);

  CourierContext& context_;
  const std::shared_ptr<const EndpointOptions> options_;
  const EndpointId endpoint_;
  Done done_;
  Stage stage_ = Stage::kResolving;
  base::MonoTime must_end_{};
  Addresses addresses_;
  size_t next_address_ = 0;  // the one tried now is the one before
  std::unique_ptr<Stream> stream_;
};

}  // namespace carillon::http
