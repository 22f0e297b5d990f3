#include "carillon/admin/pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace carillon::admin {
namespace {

using testing::HasSubstr;

class PagesTest : public testing::Test {
 protected:
  web::Response Get(const std::string& path) { return pages_.Get(path); }

  Health health_;
  Pages pages_{health_};
};

TEST_F(PagesTest, AliveUntilItFailed) {
  EXPECT_EQ(Get("/healthz").status, 200);
  health_.SetNotReady("stopping");
  EXPECT_EQ(Get("/healthz").status, 200);
  health_.SetFailed("the journal's sync failed\nbadly");
  const web::Response reply = Get("/healthz");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.body, "failed: the journal's sync failed\\x0abadly\n");
  EXPECT_EQ(Get("/readyz").status, 503);
}

TEST_F(PagesTest, NeitherAliveNorReadyWhileALoopHangs) {
  health_.SetReady();
  health_.SetStuck("the event loop delivery-1 has been stuck for 31 s");
  web::Response reply = Get("/healthz");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.body, "stuck: the event loop delivery-1 has been stuck for 31 s\n");
  reply = Get("/readyz");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.body, "not ready: the event loop delivery-1 has been stuck for 31 s\n");
  health_.SetStuck("");
  EXPECT_EQ(Get("/healthz").status, 200);
  EXPECT_EQ(Get("/readyz").status, 200);
}

TEST_F(PagesTest, ReadyOnlyWhileItServes) {
  web::Response reply = Get("/readyz");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.body, "not ready: starting\n");
  health_.SetRevision(3);
  health_.SetReady();
  reply = Get("/readyz");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "ok\nconfiguration revision 3\n");
  health_.SetRevision(4);
  EXPECT_EQ(Get("/readyz").body, "ok\nconfiguration revision 4\n");
  health_.SetNotReady("journal refuses publishing for want of space");
  reply = Get("/readyz");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.body, "not ready: journal refuses publishing for want of space\n");
}

TEST_F(PagesTest, ReasonsAreBounded) {
  health_.SetNotReady(std::string(100'000, 'x'));
  EXPECT_LT(Get("/readyz").body.size(), 600u);
}

TEST_F(PagesTest, TheIndexNamesThePages) {
  const web::Response reply = Get("/");
  EXPECT_EQ(reply.status, 200);
  for (const char* page : {"/metrics", "/healthz", "/readyz"}) {
    EXPECT_THAT(reply.body, HasSubstr(page));
  }
}

TEST_F(PagesTest, OtherPathsAreNotFound) {
  for (const char* path : {"", "/metrics/", "/metricsx", "/METRICS", "//", "*", "?/metrics"}) {
    EXPECT_EQ(Get(path).status, 404) << path;
  }
}

TEST_F(PagesTest, EachHasARouteForGetAndHead) {
  web::Routes routes;
  pages_.AddTo(routes);
  for (const char* path : {"/", "/metrics", "/healthz", "/readyz", "/pending"}) {
    const web::Route* const route = routes.Find(path);
    ASSERT_NE(route, nullptr) << path;
    EXPECT_EQ(web::AllowedMethods(*route), "GET, HEAD") << path;
  }
  EXPECT_EQ(routes.Find("/metrics/"), nullptr);
}

}  // namespace
}  // namespace carillon::admin
