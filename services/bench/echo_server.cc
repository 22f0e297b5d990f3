// Answers EventPublisher.Publish at once, storing nothing: the ceiling that gRPC itself sets for
// publishing on this machine.
#include <grpcpp/grpcpp.h>

#include <iostream>
#include <memory>
#include <string>

#include "carillon/v1/publisher.grpc.pb.h"

namespace carillon {
namespace {

class EchoService final : public v1::EventPublisher::CallbackService {
 public:
  grpc::ServerUnaryReactor* Publish(grpc::CallbackServerContext* context,
                                    const v1::PublishRequest* request,
                                    v1::PublishResponse* response) override {
    for (int i = 0; i < request->events_size(); ++i) {
      v1::PublishResult& result = *response->add_results();
      result.set_id("0191d3a0-0000-7000-8000-000000000000");
      result.set_position(static_cast<uint64_t>(i) + 1);
    }
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

int Run() {
  EchoService service;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) {
    std::cerr << "carillon-bench-echo: cannot listen on 127.0.0.1\n";
    return 1;
  }
  std::cout << "{\"port\":" << port << "}" << std::endl;
  server->Wait();  // until a signal ends the process
  return 0;
}

}  // namespace
}  // namespace carillon

int main() { return carillon::Run(); }
