// Deliveries, events and statistics over gRPC.

#include "control_services_fixture.h"

namespace carillon::controlgrpc {
namespace {

TEST_F(ControlServicesTest, DeliveriesAreReadFromTheLog) {
  const deliverylog::Detail detail{.response = "HTTP/1.1 503 No\r\nA: b\r\n", .body = "down"};
  log_->Add(0, {.figures = {.position = 7,
                            .started = clock_.Wall(),
                            .status = 503,
                            .outcome = model::Outcome::kHttp5xx,
                            .state = deliverylog::State::kDead},
                .tenant = "acme",
                .destination = "orders",
                .event_type = "a.b",
                .event_id = "e7",
                .detail = &detail});
  log_->Flush();
  const auto stub = v1::DeliveryService::NewStub(channel_);
  const auto listed = Call<v1::ListDeliveriesResponse>(
      *stub, &v1::DeliveryService::Stub::ListDeliveries,
      Made<v1::ListDeliveriesRequest>(
          "parent: 'tenants/acme/destinations/-' filter: 'state = DEAD'"));
  ASSERT_TRUE(listed.ok()) << listed.status();
  ASSERT_EQ(listed->deliveries_size(), 1);
  v1::GetDeliveryRequest get;
  get.set_name(listed->deliveries(0).name());
  const auto delivery = Call<v1::Delivery>(*stub, &v1::DeliveryService::Stub::GetDelivery, get);
  ASSERT_TRUE(delivery.ok()) << delivery.status();
  EXPECT_EQ(delivery->name(), absl::StrCat(kOrders, "/deliveries/7"));
  ASSERT_EQ(delivery->attempts_size(), 1);
  EXPECT_EQ(delivery->attempts(0).response().body(), "down");
  v1::GetAttemptRequest attempt;
  attempt.set_name(delivery->attempts(0).name());
  EXPECT_EQ(Call<v1::Attempt>(*stub, &v1::DeliveryService::Stub::GetAttempt, attempt)->event_id(),
            "e7");
  v1::ListAttemptsRequest attempts;
  attempts.set_parent("tenants/acme/destinations/orders/deliveries/-");
  EXPECT_EQ(
      Call<v1::ListAttemptsResponse>(*stub, &v1::DeliveryService::Stub::ListAttempts, attempts)
          ->attempts_size(),
      1);
  EXPECT_EQ(
      aip::ReasonOf(Call<v1::ListAttemptsResponse>(*stub, &v1::DeliveryService::Stub::ListAttempts,
                                                   v1::ListAttemptsRequest())
                        .status()),
      v1::FIELD_INVALID);
}

TEST_F(ControlServicesTest, AttemptsAreStreamedUntilTheReaderGoesOrTheServiceStops) {
  const auto stub = v1::DeliveryService::NewStub(channel_);
  const auto request =
      Made<v1::TailAttemptsRequest>("parent: 'tenants/acme/destinations/-/deliveries/-'");
  const auto add = [&](const std::string& id) {
    log_->Add(0, {.figures = {.position = 7, .started = clock_.Wall()},
                  .tenant = "acme",
                  .destination = "orders",
                  .event_type = "a.b",
                  .event_id = id});
  };
  grpc::ClientContext gone, stopped;
  const auto first = stub->TailAttempts(&gone, request);
  const auto second = stub->TailAttempts(&stopped, request);
  v1::TailAttemptsResponse answer;
  ASSERT_TRUE(first->Read(&answer));
  ASSERT_TRUE(second->Read(&answer));
  EXPECT_EQ(answer.attempts_size(), 0);
  EXPECT_NE(answer.resume_token(), "");
  add("e7");
  ASSERT_TRUE(first->Read(&answer));
  ASSERT_EQ(answer.attempts_size(), 1);
  EXPECT_EQ(answer.attempts(0).event_id(), "e7");
  gone.TryCancel();
  EXPECT_EQ(first->Finish().error_code(), grpc::StatusCode::CANCELLED);
  ASSERT_TRUE(second->Read(&answer));
  add("e8");
  ASSERT_TRUE(second->Read(&answer)) << "another reader that went is no hindrance";
  EXPECT_EQ(answer.attempts(0).event_id(), "e8");
  services_->Stop();
  EXPECT_FALSE(second->Read(&answer));
  EXPECT_EQ(second->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  const auto refusal = [&](const v1::TailAttemptsRequest& asked) {
    grpc::ClientContext context;
    const auto stream = stub->TailAttempts(&context, asked);
    EXPECT_FALSE(stream->Read(&answer));
    return stream->Finish().error_code();
  };
  EXPECT_EQ(refusal({}), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(refusal(request), grpc::StatusCode::UNAVAILABLE);
  refused_ = "carillon.v1.DeliveryService/TailAttempts";
  EXPECT_EQ(refusal(request), grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(ControlServicesTest, DeliveriesAreCounted) {
  const auto stub = v1::DeliveryService::NewStub(channel_);
  log_->Add(0, {.figures = {.position = 7, .started = clock_.Wall()},
                .tenant = "acme",
                .destination = "orders",
                .event_type = "a.b",
                .event_id = "e7"});
  log_->Flush();
  const auto count = Call<v1::CountDeliveriesResponse>(
      *stub, &v1::DeliveryService::Stub::CountDeliveries,
      Made<v1::CountDeliveriesRequest>(
          "parent: 'tenants/acme/destinations/-' filter: 'state = DELIVERED'"));
  ASSERT_TRUE(count.ok()) << count.status();
  EXPECT_EQ(count->count(), 1);
  EXPECT_FALSE(count->capped());
}

TEST_F(ControlServicesTest, ADeliveryIsSentAgain) {
  ASSERT_TRUE(Create(CreateText("orders")).ok());
  const auto stub = v1::DeliveryService::NewStub(channel_);
  const auto resend = [&](const std::string& text) {
    return Call<v1::Delivery>(*stub, &v1::DeliveryService::Stub::ResendDelivery,
                              Made<v1::ResendDeliveryRequest>(text));
  };
  const std::string name = absl::StrCat("name: \"", kOrders, "/deliveries/7\"");
  EXPECT_EQ(aip::ReasonOf(resend(name).status()), v1::RESOURCE_NOT_FOUND);
  log_->Add(0, {.figures = {.position = 7,
                            .started = clock_.Wall(),
                            .status = 503,
                            .outcome = model::Outcome::kHttp5xx,
                            .state = deliverylog::State::kDead},
                .tenant = "acme",
                .destination = "orders",
                .event_type = "a.b",
                .event_id = "e7"});
  log_->Flush();
  const auto delivery = resend(name);
  ASSERT_TRUE(delivery.ok()) << delivery.status();
  EXPECT_EQ(delivery->state(), v1::Delivery::SCHEDULED);
  EXPECT_EQ(aip::ReasonOf(resend("").status()), v1::FIELD_INVALID);
  refused_ = "carillon.v1.DeliveryService/ResendDelivery";
  EXPECT_EQ(aip::ReasonOf(resend(name).status()), v1::ROLE_FORBIDDEN);
  const base::MutexLock lock(mutex_);
  ASSERT_EQ(resent_.size(), 1u);
  EXPECT_EQ(resent_[0].tenant, "acme");
  EXPECT_EQ(resent_[0].items[0].position, 7u);
}

TEST_F(ControlServicesTest, AReplayIsAnOperationThatOutlivesTheProcess) {
  ASSERT_TRUE(Create(CreateText("orders")).ok());
  auto stub = v1::DeliveryService::NewStub(channel_);
  const auto request =
      Made<v1::ReplayEventsRequest>(absl::StrCat("destination: \"", kOrders, "\" selection: ALL"));
  const auto begun =
      Call<v1::ReplayEventsResponse>(*stub, &v1::DeliveryService::Stub::ReplayEvents, request);
  ASSERT_TRUE(begun.ok()) << begun.status();
  v1::WaitOperationRequest wait;
  wait.set_name(begun->operation().name());
  auto operations = v1::OperationService::NewStub(channel_);
  const auto end =
      Call<v1::Operation>(*operations, &v1::OperationService::Stub::WaitOperation, wait);
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(end->state(), v1::Operation::SUCCEEDED);
  EXPECT_EQ(end->processed_count(), 1);
  EXPECT_EQ(end->principal(), "tokens/ops");
  End();
  Start();
  operations = v1::OperationService::NewStub(channel_);
  v1::GetOperationRequest get;
  get.set_name(end->name());
  const auto got = Call<v1::Operation>(*operations, &v1::OperationService::Stub::GetOperation, get);
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->SerializeAsString(), end->SerializeAsString());
  v1::ListOperationsRequest list;
  list.set_parent("tenants/acme");
  EXPECT_EQ(Call<v1::ListOperationsResponse>(*operations,
                                             &v1::OperationService::Stub::ListOperations, list)
                ->operations_size(),
            1);
  v1::CancelOperationRequest cancel;
  cancel.set_name(end->name());
  EXPECT_TRUE(
      Call<v1::Operation>(*operations, &v1::OperationService::Stub::CancelOperation, cancel).ok());
  v1::UpdateOperationRequest update;
  update.mutable_operation()->set_name(end->name());
  update.mutable_operation()->set_paused(true);
  EXPECT_EQ(aip::ReasonOf(Call<v1::Operation>(*operations,
                                              &v1::OperationService::Stub::UpdateOperation, update)
                              .status()),
            v1::STATE_CONFLICT);
  v1::DeleteOperationRequest forget;
  forget.set_name(end->name());
  EXPECT_TRUE(Call<google::protobuf::Empty>(*operations,
                                            &v1::OperationService::Stub::DeleteOperation, forget)
                  .ok());
  EXPECT_EQ(
      aip::ReasonOf(Call<v1::Operation>(*operations, &v1::OperationService::Stub::GetOperation, get)
                        .status()),
      v1::RESOURCE_NOT_FOUND);
}

TEST_F(ControlServicesTest, StatisticsAreRead) {
  statistics_->Add(0, {.tenant = "acme",
                       .destination = "orders",
                       .at = clock_.Wall(),
                       .outcome = model::Outcome::kHttp5xx,
                       .responded = true,
                       .duration_us = 1000,
                       .dead = 1});
  const auto stub = v1::StatsService::NewStub(channel_);
  v1::GetStatsRequest get;
  get.set_name(kOrders);
  get.mutable_start_time()->set_seconds(base::ToUnixSeconds(clock_.Wall()) - 3600);
  get.mutable_end_time()->set_seconds(base::ToUnixSeconds(clock_.Wall()) + 60);
  const auto stats = Call<v1::GetStatsResponse>(*stub, &v1::StatsService::Stub::GetStats, get);
  ASSERT_TRUE(stats.ok()) << stats.status();
  ASSERT_EQ(stats->series_size(), 1);
  int64_t dead = 0;
  for (const v1::StatsPoint& point : stats->series(0).points()) dead += point.dead_count();
  EXPECT_EQ(dead, 1);
  v1::BatchGetStatsRequest batch;
  batch.add_names("tenants/acme");
  batch.add_names("tenants/-");
  *batch.mutable_start_time() = get.start_time();
  const auto several =
      Call<v1::BatchGetStatsResponse>(*stub, &v1::StatsService::Stub::BatchGetStats, batch);
  ASSERT_TRUE(several.ok()) << several.status();
  EXPECT_EQ(several->series_size(), 2);
  get.clear_start_time();
  const auto none = Call<v1::GetStatsResponse>(*stub, &v1::StatsService::Stub::GetStats, get);
  EXPECT_EQ(aip::ReasonOf(none.status()), v1::FIELD_INVALID);
}

TEST_F(ControlServicesTest, EventsAreLookedAt) {
  ASSERT_TRUE(Create(CreateText("orders")).ok());
  const auto stub = v1::EventService::NewStub(channel_);
  const auto get = [&](const std::string& name) {
    v1::GetEventRequest request;
    request.set_name(name);
    return Call<v1::Event>(*stub, &v1::EventService::Stub::GetEvent, request);
  };
  const auto event = get("tenants/acme/events/e7");
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(event->name(), "tenants/acme/events/e7@7");
  EXPECT_EQ(event->json(), "1");
  EXPECT_EQ(aip::ReasonOf(get("tenants/other/events/e7@7").status()), v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(aip::ReasonOf(get("").status()), v1::FIELD_INVALID);
  const auto list = [&](const std::string& text) {
    return Call<v1::ListEventsResponse>(*stub, &v1::EventService::Stub::ListEvents,
                                        Made<v1::ListEventsRequest>(text));
  };
  EXPECT_EQ(list("parent: 'tenants/acme'")->events_size(), 1);
  EXPECT_EQ(list("parent: 'tenants/-'")->events_size(), 1);
  EXPECT_EQ(list("parent: 'tenants/other'")->events_size(), 0);
  EXPECT_EQ(aip::ReasonOf(list("parent: 'acme'").status()), v1::FIELD_INVALID);
  const auto explained = Call<v1::ExplainEventResponse>(
      *stub, &v1::EventService::Stub::ExplainEvent,
      Made<v1::ExplainEventRequest>("name: 'tenants/acme/events/e7'"));
  ASSERT_TRUE(explained.ok()) << explained.status();
  ASSERT_EQ(explained->routes_size(), 1);
  EXPECT_EQ(explained->routes(0).destination(), kOrders);
  refused_ = "carillon.v1.EventService/GetEvent";
  EXPECT_EQ(aip::ReasonOf(get("tenants/acme/events/e7").status()), v1::ROLE_FORBIDDEN);
}

}  // namespace
}  // namespace carillon::controlgrpc
