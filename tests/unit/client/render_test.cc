#include "carillon/client/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carillon/client/table.h"
#include "carillon/v1/destination.pb.h"

namespace carillon::client {
namespace {

using testing::HasSubstr;
using testing::Not;

v1::Destination Orders() {
  v1::Destination d;
  d.set_name("tenants/acme/destinations/orders");
  d.set_url("http://a.example");
  d.set_state(v1::Destination::PAUSED);
  d.mutable_origin()->set_kind(v1::Origin::BUILT_IN);
  (*d.mutable_labels())["team"] = "billing";
  (*d.mutable_labels())["a"] = "b";
  d.mutable_update_time()->set_seconds(1'800'000'000);
  d.mutable_update_time()->set_nanos(7);
  return d;
}

std::string Rendered(OutputForm form, bool whole_names = false, bool color = false) {
  Listing listing(*FindKind("destinations"), form, whole_names);
  listing.Add(Orders());
  return listing.Render(color);
}

TEST(Table, ColumnsAreAsWideAsTheirWidestCell) {
  Table table({"A", "LONG"});
  table.Add({{"äöü"}, {""}});
  table.Add({{"x"}, {"y\n\x1b[31m"}});
  EXPECT_EQ(table.Format(false), "A     LONG\näöü\nx     y\\x0a\\x1b[31m\n");
}

TEST(Table, ColorsDoNotMoveColumns) {
  Table table({"A", "B"});
  table.Add({{"good", Tone::kGood}, {"x"}});
  EXPECT_EQ(table.Format(true), "\x1b[1mA\x1b[0m      \x1b[1mB\x1b[0m\n\x1b[32mgood\x1b[0m   x\n");
}

TEST(Listing, ATable) {
  EXPECT_EQ(Rendered(OutputForm::kTable),
            "NAME     URL                STATE    ORIGIN     UPDATED\n"
            "orders   http://a.example   paused   built_in   2027-01-15T08:00:00Z\n");
  EXPECT_THAT(Rendered(OutputForm::kTable, true), HasSubstr("tenants/acme/destinations/orders "));
  EXPECT_THAT(Rendered(OutputForm::kWide), HasSubstr("a=b,team=billing"));
  EXPECT_THAT(Rendered(OutputForm::kTable), Not(HasSubstr("billing")));
  EXPECT_THAT(Rendered(OutputForm::kTable, false, true), HasSubstr("\x1b[33mpaused\x1b[0m"));
}

TEST(Listing, ForPrograms) {
  EXPECT_EQ(Rendered(OutputForm::kName), "tenants/acme/destinations/orders\n");
  EXPECT_THAT(Rendered(OutputForm::kJson), HasSubstr("\"destinations\": ["));
  EXPECT_THAT(Rendered(OutputForm::kJson), HasSubstr("\"state\": \"PAUSED\""));
  EXPECT_THAT(Rendered(OutputForm::kYaml), HasSubstr("destinations:\n  - name: tenants/acme"));
  const Listing none(*FindKind("destinations"), OutputForm::kJson, false);
  EXPECT_EQ(none.Render(false), "{\"destinations\": []}\n");
}

TEST(CellText, OfEachKindOfMember) {
  v1::Subscription s;
  s.add_types("a.*");
  s.add_types("b");
  EXPECT_EQ(CellText(s, "types"), "a.*,b");
  EXPECT_EQ(CellText(s, "disabled"), "false");
  EXPECT_EQ(CellText(s, "create_time"), "");
  EXPECT_EQ(CellText(s, "none"), "");
  v1::Destination d;
  EXPECT_EQ(CellText(d, "concurrency"), "");
  d.set_concurrency(4);
  EXPECT_EQ(CellText(d, "concurrency"), "4");
  EXPECT_EQ(CellText(d, "format"), "");
  d.mutable_timeouts()->mutable_total()->set_seconds(1);
  d.mutable_timeouts()->mutable_total()->set_nanos(500'000'000);
  EXPECT_EQ(CellText(d, "timeouts.total"), "1.5s");
}

}  // namespace
}  // namespace carillon::client
