#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "carillon/access/authorize.h"
#include "carillon/aip/error.h"
#include "sample_methods.h"

namespace carillon::access {
namespace {

template <typename Request>
Request Parse(const std::string& text) {
  Request request;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request)) << text;
  return request;
}

/// Empty when the request may be, else the member that may not, or `none` where a tenant lacks.
template <typename Request>
std::string Refused(const std::string& method, const std::string& text,
                    const Principal& principal = Of(v1::ROLE_TENANT_ADMIN, {"acme", "bell"})) {
  Request request = Parse<Request>(text);
  const absl::Status status = CheckRequest(SampleMethod(method), principal, request);
  if (status.ok()) return "";
  EXPECT_EQ(aip::ReasonOf(status), v1::TENANT_FORBIDDEN) << status;
  google::rpc::ErrorInfo info;
  EXPECT_TRUE(aip::GetDetail(status, info));
  const auto field = info.metadata().find("field");
  return field == info.metadata().end() ? "none" : field->second;
}

TEST(RequestWalk, ANameIsInATenantOfTheCaller) {
  const auto get = [](const std::string& name) {
    return Refused<sample::GetBellRequest>("GetBell", "name: '" + name + "'");
  };
  EXPECT_EQ(get("tenants/acme/bells/g"), "");
  EXPECT_EQ(get("tenants/bell/bells/-"), "");
  EXPECT_EQ(get("tenants/acme"), "");
  for (const char* const name :
       {"tenants/other/bells/g", "tenants/acm/bells/g", "tenants/acmee/bells/g",
        "tenants/-/bells/g", "tenants//bells/g", "tenants/", "tenants/ACME/bells/g",
        "tenants/acme%2f/bells/g", "bells/g", "g", "/tenants/acme/bells/g",
        "x/tenants/acme/bells/g", "tenants/other/../acme/bells/g"}) {
    EXPECT_EQ(get(name), "name") << name;
  }
  EXPECT_EQ(get(""), "none");
}

TEST(RequestWalk, ACallerOfAllTenantsMayNameAnyOrNone) {
  for (const char* const text :
       {"", "name: 'tenants/-/bells/-'", "name: 'tenants/x/bells/y'", "name: 'y'"}) {
    EXPECT_EQ(Refused<sample::GetBellRequest>("GetBell", text, Of(v1::ROLE_READER)), "") << text;
  }
}

TEST(RequestWalk, NestedNamesAreLookedAt) {
  const auto change = [](const std::string& text) {
    return Refused<sample::ChangeBellRequest>("ChangeBell", text);
  };
  EXPECT_EQ(change("bell { name: 'tenants/acme/bells/g' tower: 'tenants/bell/towers/t' }"), "");
  EXPECT_EQ(change("bell { name: 'tenants/acme/bells/g' tower: 'tenants/other/towers/t' }"),
            "bell.tower");
  EXPECT_EQ(
      change("bell { name: 'tenants/acme/bells/g' ropes { } ropes { name: 'tenants/other/x' } }"),
      "bell.ropes[1].name");
  EXPECT_EQ(
      change("bell { name: 'tenants/acme/bells/g' smaller { smaller { name: 'tenants/o/x' } } }"),
      "bell.smaller[0].smaller[0].name");
  EXPECT_EQ(change("bell { name: 'tenants/acme/bells/g' beside: 'tenants/other/bells/f' }"),
            "bell.beside");
  EXPECT_EQ(change("bell { name: 'tenants/acme/bells/g' color: 'tenants/other' }"), "");
  EXPECT_EQ(change("bell { }"), "none");
}

TEST(RequestWalk, ShortNamesAreRelativeToWhatTheyStandIn) {
  const auto change = [](const std::string& text) {
    return Refused<sample::ChangeBellRequest>("ChangeBell", text);
  };
  EXPECT_EQ(change("parent: 'tenants/acme' bell { name: 'g' tower: 't' ropes { name: 'left' } }"),
            "");
  EXPECT_EQ(change("bell { name: 'tenants/acme/bells/g' tower: 't' }"), "");
  // Nothing says whose they are.
  EXPECT_EQ(change("bell { name: 'g' }"), "bell.name");
  EXPECT_EQ(change("bell { tower: 't' }"), "bell.tower");
  EXPECT_EQ(change("bell { tower: 'tenants/acme/towers/t' ropes { name: 'left' } }"),
            "bell.ropes[0].name");
  EXPECT_EQ(change("parent: 'tenants/acme' bell { tower: 'towers/t' }"), "bell.tower");
  // One tenant that is named does not make a home for others' short names.
  EXPECT_EQ(Refused<sample::ApplyRequest>(
                "Apply", "bells { name: 'tenants/acme/bells/g' } bells { name: 'f' }"),
            "bells[1].name");
}

TEST(RequestWalk, MapsAreLookedInto) {
  EXPECT_EQ(Refused<sample::ApplyRequest>(
                "Apply", "parent: 'tenants/acme' named { key: 'a' value { name: 'g' } }"),
            "");
  EXPECT_EQ(
      Refused<sample::ApplyRequest>(
          "Apply",
          "parent: 'tenants/acme' named { key: 'a' value { name: 'tenants/other/bells/g' } }"),
      "named[0].value.name");
}

TEST(RequestWalk, TheCatalogIsNobodys) {
  EXPECT_EQ(Refused<sample::CallerRequest>("ListKinds", ""), "");
  EXPECT_EQ(Refused<sample::CallerRequest>("GetCaller", ""), "");
  EXPECT_EQ(Refused<sample::ApplyRequest>(
                "Apply",
                "parent: 'tenants/acme' kinds { name: 'kinds/bronze' } bells { kinds: 'kinds/x' }"),
            "");
}

TEST(RequestWalk, WhatBelongsToNoTenantIsForCallersOfAll) {
  const auto create = [](const std::string& text) {
    return Refused<sample::CreatePassRequest>("CreatePass", text);
  };
  EXPECT_EQ(create("parent: 'tenants/acme' pass { name: 'p' }"), "");
  EXPECT_EQ(create("pass { }"), "none");
  EXPECT_EQ(create("pass { name: 'passes/p' }"), "pass.name");
  EXPECT_EQ(create("parent: 'tenants/acme' pass { name: 'passes/p' }"), "pass.name");
  EXPECT_EQ(create("parent: 'tenants/acme' pass { tenants: 'tenants/bell' }"), "");
  EXPECT_EQ(create("parent: 'tenants/acme' pass { tenants: ['bell', 'other'] }"),
            "pass.tenants[1]");
  EXPECT_EQ(create("parent: 'tenants/acme' pass { tenants: '-' }"), "pass.tenants[0]");
}

TEST(RequestWalk, AnEmptyTenantIdIsThatOfDefault) {
  EXPECT_EQ(
      Refused<sample::RingRequest>("Ring", "strokes { tenant: 'acme' } strokes { tenant: 'bell' }"),
      "");
  EXPECT_EQ(
      Refused<sample::RingRequest>("Ring", "strokes { tenant: 'acme' } strokes { tenant: 'x' }"),
      "strokes[1].tenant");
  EXPECT_EQ(Refused<sample::RingRequest>("Ring", "strokes { }"), "strokes[0].tenant");
  EXPECT_EQ(
      Refused<sample::RingRequest>("Ring", "strokes { }", Of(v1::ROLE_PUBLISHER, {"default"})), "");
  EXPECT_EQ(Refused<sample::RingRequest>("Ring", "strokes { tenant: '-' }",
                                         Of(v1::ROLE_PUBLISHER, {"-"})),
            "strokes[0].tenant");
}

TEST(RequestWalk, WhatOnlyTheServerSetsIsClearedAndNotLookedAt) {
  for (const Principal& principal : {Of(v1::ROLE_OPERATOR), Of(v1::ROLE_TENANT_ADMIN, {"acme"})}) {
    auto request = Parse<sample::ChangeBellRequest>(
        "bell { name: 'tenants/acme/bells/g' uid: 'u' last_pulled { name: 'tenants/other/x' }"
        " ropes { name: 'left' pulled_by: 'p' } smaller { uid: 'v' } color: 'red' }");
    ASSERT_TRUE(CheckRequest(SampleMethod("ChangeBell"), principal, request).ok());
    EXPECT_EQ(
        request.ShortDebugString(),
        R"(bell { name: "tenants/acme/bells/g" ropes { name: "left" } smaller { } color: "red" })");
  }
}

/// Asking must not make messages that were not there.
TEST(RequestWalk, LeavesUnsetMessagesUnset) {
  sample::ChangeBellRequest request;
  request.set_parent("tenants/acme");
  ASSERT_TRUE(
      CheckRequest(SampleMethod("ChangeBell"), Of(v1::ROLE_TENANT_ADMIN, {"acme"}), request).ok());
  EXPECT_FALSE(request.has_bell());
}

}  // namespace
}  // namespace carillon::access
