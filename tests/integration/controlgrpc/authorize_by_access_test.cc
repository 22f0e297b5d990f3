#include "carillon/controlgrpc/authorize_by_access.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "carillon/access/forwarded.h"
#include "carillon/aip/error.h"
#include "carillon/controlgrpc/control_services.h"
#include "carillon/v1/destination_service.grpc.pb.h"
#include "carillon/v1/portal_service.pb.h"
#include "carillon/v1/subscription_service.pb.h"

namespace carillon::controlgrpc {
namespace {

constexpr std::array kRoles{v1::ROLE_OPERATOR, v1::ROLE_TENANT_ADMIN, v1::ROLE_READER,
                            v1::ROLE_PUBLISHER};

class AuthorizeByAccessTest : public testing::Test {
 protected:
  AuthorizeByAccessTest() {
    std::vector<const google::protobuf::ServiceDescriptor*> services;
    for (const std::string& name : ControlServices::Names()) {
      services.push_back(
          google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(name));
    }
    auto methods = access::Methods::Create(services, {});
    EXPECT_TRUE(methods.ok()) << methods.status();
    methods_ = *std::move(methods);
  }
  void Be(v1::Role role, std::vector<std::string> tenants = {}) {
    access::Principal principal;
    principal.kind = access::PrincipalKind::kToken;
    principal.name = "token:tokens/t";
    principal.role = role;
    principal.all_tenants = tenants.empty();
    principal.tenants = std::move(tenants);
    authenticator_.SetTokens({{*access::HashToken(token_.Reveal()), std::move(principal)}});
  }
  absl::StatusOr<control::Caller> Call(std::string_view method,
                                       google::protobuf::Message& request) {
    const auto check =
        AuthorizeCall(*methods_, method, authenticator_, "Bearer " + std::string(token_.Reveal()),
                      [] { return std::string("10.0.0.1"); });
    if (!check.ok()) return check.status();
    return (*check)(request);
  }
  absl::StatusOr<control::Caller> Get(const std::string& name) {
    v1::GetDestinationRequest request;
    request.set_name(name);
    return Call("carillon.v1.DestinationService/GetDestination", request);
  }

  const base::SystemClock clock_;
  const base::Secret token_ = access::NewToken();
  access::Authenticator authenticator_{clock_};
  std::unique_ptr<const access::Methods> methods_;
};

/// Every method of the services with every role: what its option says, and nothing else.
TEST_F(AuthorizeByAccessTest, EachMethodTakesTheRolesOfItsOption) {
  for (const auto& [name, method] : methods_->all()) {
    const auto* const descriptor =
        google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(
            std::string(name).replace(name.find('/'), 1, "."));
    ASSERT_NE(descriptor, nullptr) << name;
    const v1::Access& option = descriptor->options().GetExtension(v1::access);
    for (const v1::Role role : kRoles) {
      Be(role);
      const std::unique_ptr<google::protobuf::Message> request(
          google::protobuf::MessageFactory::generated_factory()
              ->GetPrototype(descriptor->input_type())
              ->New());
      const auto caller = Call(name, *request);
      const bool listed = option.scope() == v1::SCOPE_CALLER ||
                          std::ranges::find(option.roles(), role) != option.roles().end();
      EXPECT_EQ(caller.ok(), listed) << name << " as " << v1::Role_Name(role);
      if (!listed) EXPECT_EQ(aip::ReasonOf(caller.status()), v1::ROLE_FORBIDDEN) << name;
    }
  }
}

TEST_F(AuthorizeByAccessTest, ACallerKeepsToItsTenants) {
  Be(v1::ROLE_TENANT_ADMIN, {"acme"});
  const auto caller = Get("tenants/acme/destinations/orders");
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_EQ(caller->principal, "token:tokens/t");
  EXPECT_EQ(caller->tenants, std::vector<std::string>{"acme"});
  EXPECT_FALSE(caller->is_operator);
  for (const char* const name :
       {"tenants/other/destinations/orders", "tenants/-/destinations/orders", "orders", ""}) {
    EXPECT_EQ(aip::ReasonOf(Get(name).status()), v1::TENANT_FORBIDDEN) << name;
  }
  v1::CreateSubscriptionRequest create;
  create.set_parent("tenants/acme");
  create.mutable_subscription()->add_destinations("tenants/other/destinations/orders");
  EXPECT_EQ(
      aip::ReasonOf(Call("carillon.v1.SubscriptionService/CreateSubscription", create).status()),
      v1::TENANT_FORBIDDEN);
}

TEST_F(AuthorizeByAccessTest, AnOperatorSeesAllTenants) {
  Be(v1::ROLE_OPERATOR);
  const auto caller = Get("tenants/acme/destinations/orders");
  ASSERT_TRUE(caller.ok());
  EXPECT_EQ(caller->tenants, std::vector<std::string>{"-"});
  EXPECT_TRUE(caller->is_operator);
}

TEST_F(AuthorizeByAccessTest, NobodyCallsWithoutACredentialOrWhatIsNotListed) {
  const auto address = [] { return std::string("10.0.0.1"); };
  const auto call = [&](std::string_view method) {
    return aip::ReasonOf(AuthorizeCall(*methods_, method, authenticator_, "", address).status());
  };
  // While there are no tokens anybody may publish, and nothing else.
  EXPECT_EQ(call("carillon.v1.DestinationService/GetDestination"), v1::CREDENTIALS_MISSING);
  Be(v1::ROLE_OPERATOR);
  EXPECT_EQ(call("carillon.v1.DestinationService/GetDestination"), v1::CREDENTIALS_MISSING);
  EXPECT_EQ(call("carillon.v1.NoService/Get"), v1::ROLE_FORBIDDEN);
}

TEST_F(AuthorizeByAccessTest, ATokenThatGoesWhileTheMessageComesIsNoMore) {
  Be(v1::ROLE_OPERATOR);
  const auto check = AuthorizeCall(*methods_, "carillon.v1.DestinationService/GetDestination",
                                   authenticator_, "Bearer " + std::string(token_.Reveal()),
                                   [] { return std::string("10.0.0.1"); });
  ASSERT_TRUE(check.ok()) << check.status();
  authenticator_.SetTokens({});
  v1::GetDestinationRequest request;
  request.set_name("tenants/acme/destinations/orders");
  EXPECT_EQ(aip::ReasonOf((*check)(request).status()), v1::CREDENTIALS_INVALID);
}

TEST_F(AuthorizeByAccessTest, AMethodWhoseRequestIsItsCredentialIsOpen) {
  Be(v1::ROLE_OPERATOR);
  auto trail = std::make_shared<control::CallTrail>();
  trail->remote_address = "10.0.0.1";
  const auto check = AuthorizeCall(
      *methods_, "carillon.v1.PortalService/OpenPortalSession", authenticator_, "",
      [] { return std::string("10.0.0.1"); }, trail);
  ASSERT_TRUE(check.ok()) << check.status();
  v1::OpenPortalSessionRequest request;
  request.set_link("abc");
  const auto caller = (*check)(request);
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_EQ(caller->principal, "");
  EXPECT_TRUE(caller->tenants.empty()) << "it sees nobody's";
  EXPECT_FALSE(caller->is_operator);
  EXPECT_EQ(caller->trail, trail);
  EXPECT_TRUE(trail->changes);
}

/// Says who may call it, and nothing else.
class AskingService final : public v1::DestinationService::CallbackService {
 public:
  explicit AskingService(Authorize authorize) : authorize_(std::move(authorize)) {}
  grpc::ServerUnaryReactor* GetDestination(grpc::CallbackServerContext* context,
                                           const v1::GetDestinationRequest*,
                                           v1::Destination*) override {
    const auto check = authorize_("carillon.v1.DestinationService/GetDestination", *context);
    const google::rpc::Status rpc = aip::ToRpc(check.status());
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish({static_cast<grpc::StatusCode>(rpc.code()), rpc.message(),
                     check.ok() ? "" : rpc.SerializeAsString()});
    return reactor;
  }

 private:
  const Authorize authorize_;
};

TEST_F(AuthorizeByAccessTest, ACertificateOfAClientOfThisProcessIsBelievedAndNoOther) {
  access::Principal shop;
  shop.kind = access::PrincipalKind::kCertificate;
  shop.role = v1::ROLE_READER;
  shop.tenants = {"acme"};
  authenticator_.SetCertificates({{"CN=shop", shop}});
  const auto shown = std::make_shared<const base::PeerCertificate>(
      base::PeerCertificate{{"sha256:00", "CN=shop"}, base::WallTime::max()});
  base::PeerCertificatePtr of_socket;
  AskingService service(AuthorizeByAccess(
      authenticator_, *methods_, [](const std::string&) { return "198.51.100.9"; },
      [&](const std::string&) { return of_socket; }));
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  const auto inside = v1::DestinationService::NewStub(server->InProcessChannel({}));
  const auto outside = v1::DestinationService::NewStub(
      grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials()));
  const auto call = [&](v1::DestinationService::Stub& stub, bool says) {
    grpc::ClientContext context;
    if (says) {
      context.AddMetadata(access::kForwardedCertificate, access::EncodePeerCertificate(*shown));
    }
    v1::GetDestinationRequest request;
    request.set_name("tenants/acme/destinations/orders");
    v1::Destination response;
    return stub.GetDestination(&context, request, &response).ok();
  };
  EXPECT_TRUE(call(*inside, true));
  EXPECT_FALSE(call(*inside, false));
  EXPECT_FALSE(call(*outside, true)) << "anybody can send the metadata";
  of_socket = shown;
  EXPECT_TRUE(call(*outside, false));
  server->Shutdown();
}

TEST_F(AuthorizeByAccessTest, ALongCallCanAskWhetherItsTokenStillHolds) {
  Be(v1::ROLE_OPERATOR);
  const auto check = AuthorizeCall(*methods_, "carillon.v1.DestinationService/GetDestination",
                                   authenticator_, "Bearer " + std::string(token_.Reveal()),
                                   [] { return std::string("10.0.0.1"); });
  ASSERT_TRUE(check.ok()) << check.status();
  v1::GetDestinationRequest request;
  request.set_name("tenants/acme/destinations/orders");
  const auto caller = (*check)(request);
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_TRUE(caller->check().ok());
  authenticator_.SetTokens({});
  EXPECT_EQ(aip::ReasonOf(caller->check()), v1::CREDENTIALS_INVALID);
}

TEST_F(AuthorizeByAccessTest, OverGrpcItIsTheMetadataAndOnlyThisProcessSaysForWhom) {
  Be(v1::ROLE_READER, {"acme"});
  AskingService service(AuthorizeByAccess(
      authenticator_, *methods_, [](const std::string&) { return "198.51.100.9"; },
      [](const std::string&) { return nullptr; }));
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  const auto inside = v1::DestinationService::NewStub(server->InProcessChannel({}));
  const auto outside = v1::DestinationService::NewStub(
      grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials()));
  const std::string right(token_.Reveal());
  const std::string wrong = "car_" + std::string(43, 'A');
  const auto call = [](v1::DestinationService::Stub& stub, const std::string& token,
                       const std::string& peer) {
    grpc::ClientContext context;
    context.AddMetadata("authorization", "Bearer " + token);
    context.AddMetadata("carillon-peer", peer);
    v1::GetDestinationRequest request;
    request.set_name("tenants/acme/destinations/orders");
    v1::Destination response;
    const grpc::Status status = stub.GetDestination(&context, request, &response);
    google::rpc::Status rpc;
    EXPECT_TRUE(rpc.ParseFromString(status.error_details()));
    return status.ok() ? v1::ERROR_REASON_UNSPECIFIED : aip::ReasonOf(aip::FromRpc(rpc));
  };
  EXPECT_EQ(call(*inside, right, "192.0.2.1"), v1::ERROR_REASON_UNSPECIFIED);
  EXPECT_EQ(call(*outside, right, "192.0.2.1"), v1::ERROR_REASON_UNSPECIFIED);
  int tries = 0;
  while (call(*inside, wrong, "192.0.2.1") != v1::LOGIN_THROTTLED && ++tries < 1000) {
  }
  EXPECT_GE(tries, 10);
  EXPECT_EQ(call(*inside, wrong, "192.0.2.2"), v1::CREDENTIALS_INVALID);
  EXPECT_EQ(call(*outside, wrong, "192.0.2.1"), v1::CREDENTIALS_INVALID) << "it was believed";
  server->Shutdown();
}

}  // namespace
}  // namespace carillon::controlgrpc
