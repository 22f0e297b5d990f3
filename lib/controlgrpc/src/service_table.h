#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "carillon/control/caller.h"
#include "carillon/control/standard_methods.h"
#include "carillon/rpc/guest.h"
#include "control_calls.h"

namespace carillon::controlgrpc {

/// A service under construction: its methods are added to it, each by the type of its request,
/// which no other method has.
///
///     ServiceTable table("carillon.v1.KeyService", calls);
///     table.Read<v1::GetKeyRequest, v1::Key>(
///         [&keys](const v1::GetKeyRequest& request, const control::Caller&, v1::Key& key) {
///           return Take(keys.Get(request.name()), key);
///         });
///     table.Change<v1::CreateKeyRequest, v1::Key>(
///         [&keys](const v1::CreateKeyRequest& request, const control::Caller& caller, auto done) {
///           keys.Create(request, caller, std::move(done));
///         });
///     return std::move(table).Done();
///
/// A method that is not the service's, or answers with another type, ends the program: it is wrong
/// whenever it starts.
class ServiceTable {
 public:
  /// `service`: its full name. `calls` outlives what is made.
  ServiceTable(const std::string& service, ControlCalls& calls);

  /// A method that looks something up: `handler(request, caller, response)` returns a status. It
  /// runs on the thread that reads.
  template <typename Request, typename Response, typename Handler>
  void Read(Handler handler) {
    Add(calls_.Read(NameOf(*Request::descriptor(), *Response::descriptor()),
                    Request::default_instance(), Response::default_instance(),
                    [handler = std::move(handler)](const ControlCalls::Message& request,
                                                   const control::Caller& caller,
                                                   ControlCalls::Message& response) {
                      return handler(static_cast<const Request&>(request), caller,
                                     static_cast<Response&>(response));
                    }));
  }

  /// A method that looks something up where it may have to wait: `handler(request, caller, done)`
  /// begins it on the thread that reads, without blocking it, and `done` as that of `Change`.
  template <typename Request, typename Response, typename Handler>
  void ReadLater(Handler handler) {
    Add(calls_.ReadLater(
        NameOf(*Request::descriptor(), *Response::descriptor()), Request::default_instance(),
        [handler = std::move(handler)](const ControlCalls::Message& request,
                                       const control::Caller& caller, control::Methods::Done done) {
          handler(static_cast<const Request&>(request), caller, std::move(done));
        }));
  }

  /// A method that changes something, or waits for something: `handler(request, caller, done)`
  /// begins it without blocking, and `done` (control::Methods::Done) is called once, on any thread,
  /// with a `Response` or an error. `request` is there until then, `caller` until the handler
  /// returns.
  template <typename Request, typename Response, typename Handler>
  void Change(Handler handler) {
    Add(calls_.Change(
        NameOf(*Request::descriptor(), *Response::descriptor()), Request::default_instance(),
        [handler = std::move(handler)](const ControlCalls::Message& request,
                                       const control::Caller& caller, control::Methods::Done done) {
          handler(static_cast<const Request&>(request), caller, std::move(done));
        }));
  }

  /// A method that streams its answers: `handler(request, caller, stream)` begins it without
  /// blocking; `stream` (std::unique_ptr<control::AnswerStream>) takes any number of `Response`.
  template <typename Request, typename Response, typename Handler>
  void Stream(Handler handler) {
    Add(calls_.Stream(NameOf(*Request::descriptor(), *Response::descriptor()),
                      Request::default_instance(),
                      [handler = std::move(handler)](
                          const ControlCalls::Message& request, const control::Caller& caller,
                          std::unique_ptr<control::AnswerStream> stream) {
                        handler(static_cast<const Request&>(request), caller, std::move(stream));
                      }));
  }

  rpc::Guest Done() && { return std::move(guest_); }

 private:
  /// The full name of the service's method that takes one and answers the other.
  std::string NameOf(const google::protobuf::Descriptor& request,
                     const google::protobuf::Descriptor& response) const;
  void Add(rpc::GuestMethod method) { guest_.methods.push_back(std::move(method)); }

  ControlCalls& calls_;
  const google::protobuf::ServiceDescriptor& service_;
  rpc::Guest guest_;
};

}  // namespace carillon::controlgrpc
