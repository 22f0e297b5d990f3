#include "carillon/client/resources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "carillon/v1/destination.pb.h"
#include "carillon/v1/destination_service.pb.h"
#include "fake_caller.h"

namespace carillon::client {
namespace {

using google::protobuf::Message;
using testing::ElementsAre;
using testing::HasSubstr;

const Kind& Destinations() { return *FindKind("destinations"); }
const Kind& Keys() { return *FindKind("keys"); }

/// A server with so many destinations, in pages of at most `page`.
class Pages {
 public:
  Pages(int count, int page) : count_(count), page_(page) {}

  absl::Status operator()(const std::string&, const Message& request, Message& answer) {
    const auto& list = static_cast<const v1::ListDestinationsRequest&>(request);
    sizes.push_back(list.page_size());
    const int begin = list.page_token().empty() ? 0 : std::stoi(list.page_token());
    const int end = std::min(count_, begin + std::min(page_, list.page_size()));
    auto& page = static_cast<v1::ListDestinationsResponse&>(answer);
    for (int i = begin; i < end; ++i) page.add_destinations()->set_name(absl::StrCat(i));
    if (end < count_) page.set_next_page_token(absl::StrCat(end));
    return absl::OkStatus();
  }
  std::vector<int> sizes;

 private:
  int count_, page_;
};

int CountListed(Pages& pages, uint64_t limit) {
  FakeCaller caller(std::ref(pages));
  Resources resources(caller);
  int seen = 0;
  const absl::Status status = resources.List(
      Destinations(), {.parent = "tenants/acme", .limit = limit}, [&](const Message& each) {
        EXPECT_EQ(static_cast<const v1::Destination&>(each).name(), absl::StrCat(seen));
        ++seen;
      });
  EXPECT_TRUE(status.ok()) << status;
  return seen;
}

TEST(Resources, ListsToTheEnd) {
  for (const int count : {0, 1, 3, 7, 8}) {
    Pages pages(count, 3);
    EXPECT_EQ(CountListed(pages, 0), count);
    EXPECT_THAT(pages.sizes, testing::Each(1000));
  }
}

TEST(Resources, AsksForNoMoreThanTheLimit) {
  Pages pages(8, 3);
  EXPECT_EQ(CountListed(pages, 5), 5);
  EXPECT_THAT(pages.sizes, ElementsAre(5, 2));
}

TEST(Resources, ATokenThatDoesNotMoveEndsTheList) {
  FakeCaller caller([](const std::string&, const Message&, Message& answer) {
    static_cast<v1::ListDestinationsResponse&>(answer).set_next_page_token("same");
    return absl::OkStatus();
  });
  Resources resources(caller);
  EXPECT_FALSE(
      resources.List(Destinations(), {.parent = "tenants/acme"}, [](const Message&) {}).ok());
  EXPECT_EQ(caller.calls.size(), 2u);
}

TEST(Resources, KeysHaveNoFilter) {
  FakeCaller caller([](const std::string&, const Message&, Message&) { return absl::OkStatus(); });
  Resources resources(caller);
  const absl::Status status = resources.List(Keys(), {.filter = "a = 1"}, [](const Message&) {});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(caller.calls.empty());
}

TEST(Resources, ACreateSaysAllThatIsGiven) {
  FakeCaller caller([](const std::string&, const Message& request, Message&) {
    const auto& create = static_cast<const v1::CreateDestinationRequest&>(request);
    EXPECT_EQ(create.parent(), "tenants/acme");
    EXPECT_EQ(create.destination_id(), "orders");
    EXPECT_EQ(create.destination().url(), "http://a");
    EXPECT_EQ(create.request_id(), "r1");
    EXPECT_TRUE(create.validate_only());
    return absl::OkStatus();
  });
  Resources resources(caller);
  v1::Destination destination;
  destination.set_url("http://a");
  EXPECT_TRUE(resources
                  .Create(Destinations(), "tenants/acme", "orders", destination,
                          {.request_id = "r1", .validate_only = true})
                  .ok());
  EXPECT_THAT(caller.calls, ElementsAre("CreateDestination"));
}

TEST(Resources, AnUpdateHasItsMask) {
  FakeCaller caller([](const std::string&, const Message& request, Message&) {
    const auto& update = static_cast<const v1::UpdateDestinationRequest&>(request);
    EXPECT_THAT(update.update_mask().paths(), ElementsAre("url", "labels.team"));
    EXPECT_TRUE(update.allow_missing());
    return absl::OkStatus();
  });
  Resources resources(caller);
  EXPECT_TRUE(resources
                  .Update(Destinations(), v1::Destination(), {"url", "labels.team"},
                          {.allow_missing = true})
                  .ok());
}

TEST(Resources, AnOptionThatAMethodDoesNotHaveIsAnError) {
  FakeCaller caller([](const std::string&, const Message&, Message&) { return absl::OkStatus(); });
  Resources resources(caller);
  const auto answer = resources.Delete(Keys(), "tenants/a/destinations/b/keys/c", {.force = true});
  EXPECT_THAT(std::string(answer.status().message()), HasSubstr("does not take force"));
  EXPECT_TRUE(caller.calls.empty());
}

}  // namespace
}  // namespace carillon::client
