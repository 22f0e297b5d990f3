// What all services of the control plane have in common, and the server's own.

#include "control_services_fixture.h"

namespace carillon::controlgrpc {
namespace {

using ::testing::HasSubstr;

TEST_F(ControlServicesTest, EveryMethodIsServed) {
  std::vector<std::string> names;
  for (const rpc::Guest& guest : services_->guests()) names.push_back(guest.name);
  EXPECT_THAT(names, testing::UnorderedElementsAreArray(ControlServices::Names()));
  for (const rpc::Guest& guest : services_->guests()) {
    const auto* const service =
        google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(guest.name);
    ASSERT_NE(service, nullptr) << guest.name;
    std::vector<std::string> served;
    for (const rpc::GuestMethod& method : guest.methods) served.push_back(method.name);
    std::vector<std::string> contract;
    for (int i = 0; i < service->method_count(); ++i) {
      contract.push_back(absl::StrCat(guest.name, "/", service->method(i)->name()));
    }
    EXPECT_THAT(served, testing::UnorderedElementsAreArray(contract));
  }
}

/// Calls a method by its name.
template <typename Response, typename Request>
grpc::Status CallNamed(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                       const Request& request, Response& response) {
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  const auto call = grpc::TemplatedGenericStub<Request, Response>(channel).PrepareUnaryCall(
      &context, "/carillon.v1." + method, request, &queue);
  call->StartCall();
  grpc::Status status;
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  EXPECT_TRUE(queue.Next(&tag, &ok));
  return status;
}

TEST_F(ControlServicesTest, TheServerSaysWhatItIs) {
  ASSERT_TRUE(Create(CreateText("orders")).ok());
  v1::ServerInfo info;
  EXPECT_TRUE(
      CallNamed(channel_, "ServerService/GetServerInfo", v1::GetServerInfoRequest(), info).ok());
  EXPECT_EQ(info.version(), "1.2.3");
  EXPECT_EQ(info.applied_revision(), Get(kOrders)->revision());
  auto settings = std::make_shared<v1::Config>();
  settings->mutable_server()->set_max_batch_events(7);
  facts_.SetSettings(settings, std::make_shared<v1::SettingSources>());
  v1::Config shown;
  EXPECT_TRUE(
      CallNamed(channel_, "ServerService/GetSettings", v1::GetSettingsRequest(), shown).ok());
  EXPECT_EQ(shown.server().max_batch_events(), 7u);
}

TEST_F(ControlServicesTest, ACallerIsToldWhatItMayCall) {
  v1::Caller caller;
  EXPECT_TRUE(CallNamed(channel_, "TokenService/GetCaller", v1::GetCallerRequest(), caller).ok());
  EXPECT_EQ(caller.role(), v1::ROLE_OPERATOR);
  EXPECT_THAT(caller.methods(), testing::Contains("carillon.v1.KeyService/RotateKey"));
}

TEST_F(ControlServicesTest, WhatCannotBeReadIsRefused) {
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  grpc::Slice slice("\x0a\x05", 2);  // a name of five bytes, of which none comes
  const grpc::ByteBuffer request(&slice, 1);
  const auto call = grpc::GenericStub(channel_).PrepareUnaryCall(
      &context, "/carillon.v1.DestinationService/GetDestination", request, &queue);
  call->StartCall();
  grpc::ByteBuffer response;
  grpc::Status status;
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  ASSERT_TRUE(queue.Next(&tag, &ok));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("GetDestinationRequest"));
}

TEST_F(ControlServicesTest, ErrorsCarryTheirDetails) {
  const auto missing = Create("parent: \"tenants/acme\"");
  EXPECT_EQ(aip::ReasonOf(missing.status()), v1::FIELD_INVALID);
  google::rpc::BadRequest bad;
  ASSERT_TRUE(aip::GetDetail(missing.status(), bad));
  EXPECT_EQ(bad.field_violations(0).field(), "destination");
  EXPECT_EQ(aip::ReasonOf(Get(kOrders).status()), v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(aip::ReasonOf(Get("").status()), v1::FIELD_INVALID);
}

TEST_F(ControlServicesTest, NothingRunsForWhoMayNot) {
  refused_ = "carillon.v1.DestinationService/CreateDestination";
  EXPECT_EQ(aip::ReasonOf(Create(CreateText("orders")).status()), v1::ROLE_FORBIDDEN);
  EXPECT_EQ(aip::ReasonOf(Create("").status()), v1::ROLE_FORBIDDEN);
  EXPECT_EQ(aip::ReasonOf(Get(kOrders).status()), v1::RESOURCE_NOT_FOUND);
  refused_ = "carillon.v1.DestinationService/GetDestination";
  EXPECT_EQ(aip::ReasonOf(Get(kOrders).status()), v1::ROLE_FORBIDDEN);
}

TEST_F(ControlServicesTest, TokensAreMadeAndRevoked) {
  const auto stub = v1::TokenService::NewStub(channel_);
  const auto made =
      Call<v1::Token>(*stub, &v1::TokenService::Stub::CreateToken,
                      Made<v1::CreateTokenRequest>("parent: \"tenants/acme\" token_id: \"ci\" "
                                                   "token { role: ROLE_PUBLISHER }"));
  ASSERT_TRUE(made.ok()) << made.status();
  const std::string bearer = "Bearer " + made->token();
  const auto nowhere = [] { return std::string("192.0.2.1"); };
  EXPECT_TRUE(authenticator_.Authenticate(bearer, nowhere).ok());
  v1::ListTokensRequest list;
  list.set_parent("tenants/acme");
  const auto listed =
      Call<v1::ListTokensResponse>(*stub, &v1::TokenService::Stub::ListTokens, list);
  ASSERT_TRUE(listed.ok()) << listed.status();
  ASSERT_EQ(listed->tokens_size(), 1);
  EXPECT_EQ(listed->tokens(0).token(), "");
  v1::UpdateTokenRequest update;
  update.mutable_token()->set_name(made->name());
  update.mutable_token()->set_display_name("CI");
  const auto updated = Call<v1::Token>(*stub, &v1::TokenService::Stub::UpdateToken, update);
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->display_name(), "CI");
  v1::DeleteTokenRequest deletion;
  deletion.set_name(made->name());
  const auto deleted =
      Call<google::protobuf::Empty>(*stub, &v1::TokenService::Stub::DeleteToken, deletion);
  EXPECT_TRUE(deleted.ok()) << deleted.status();
  EXPECT_FALSE(authenticator_.Authenticate(bearer, nowhere).ok() && authenticator_.asks());
  v1::GetTokenRequest get;
  get.set_name(made->name());
  const auto gone = Call<v1::Token>(*stub, &v1::TokenService::Stub::GetToken, get);
  EXPECT_EQ(aip::ReasonOf(gone.status()), v1::RESOURCE_NOT_FOUND);
}

TEST_F(ControlServicesTest, WhatIsNoConfigurationIsWrittenDownOnceItIsDone) {
  ASSERT_TRUE(Create(R"(parent: "tenants/acme" destination_id: "orders"
      destination { url: "https://receiver.example/hooks" })")
                  .ok());
  const auto destinations = v1::DestinationService::NewStub(channel_);
  const auto audit = v1::AuditService::NewStub(channel_);
  const auto entries = [&] {
    return Call<v1::ListAuditEntriesResponse>(*audit, &v1::AuditService::Stub::ListAuditEntries,
                                              v1::ListAuditEntriesRequest())
        .value();
  };
  const int before = entries().audit_entries_size();
  const auto enable = [&](const std::string& more) {
    return Call<v1::Destination>(
               *destinations, &v1::DestinationService::Stub::EnableDestination,
               Made<v1::EnableDestinationRequest>(absl::StrCat("name: \"", kOrders, "\" ", more)))
        .status();
  };
  ASSERT_TRUE(enable("request_id: \"r1\"").ok());
  const auto found = entries();
  ASSERT_EQ(found.audit_entries_size(), before + 1);
  const v1::AuditEntry& entry = found.audit_entries(0);
  EXPECT_EQ(entry.method(), "carillon.v1.DestinationService/EnableDestination");
  EXPECT_EQ(entry.changes(0).resource(), kOrders);
  ASSERT_TRUE(enable("request_id: \"r1\"").ok());
  EXPECT_FALSE(enable("etag: \"x\"").ok());
  EXPECT_EQ(entries().audit_entries_size(), before + 1) << "neither had an effect";
}

}  // namespace
}  // namespace carillon::controlgrpc
