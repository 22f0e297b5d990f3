#include "carillon/client/kinds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"
#include "carillon/aip/field_path.h"
#include "carillon/base/text.h"
#include "carillon/v1/destination.pb.h"

namespace carillon::client {
namespace {

using testing::HasSubstr;

const Kind& Of(std::string_view word) { return *FindKind(word); }

TEST(Kinds, EachHasItsServiceAndItsColumns) {
  for (const Kind& kind : Kinds()) {
    SCOPED_TRACE(kind.plural);
    for (const char* verb : {"Get", "List"}) EXPECT_NE(kind.Method(verb), nullptr) << verb;
    for (const char* verb : {"Create", "Update", "Delete"}) {
      if (kind.declared) EXPECT_NE(kind.Method(verb), nullptr) << verb;
    }
    std::vector<std::string_view> paths;
    for (const Column& column : kind.columns) paths.push_back(column.path);
    for (const Shortcut& shortcut : kind.shortcuts) paths.push_back(shortcut.path);
    for (const std::string_view path : paths) {
      const std::vector<std::string> parts = absl::StrSplit(base::ToAbsl(path), '.');
      EXPECT_TRUE(aip::FieldPath::Resolve(*kind.type, parts).ok()) << path;
    }
    EXPECT_EQ(FindKind(kind.singular), &kind);
    EXPECT_EQ(FindKind(kind.plural), &kind);
    EXPECT_EQ(KindOfType(*kind.type), &kind);
    for (const std::string_view alias : kind.aliases) EXPECT_EQ(FindKind(alias), &kind);
  }
  EXPECT_EQ(Of("key").Method("Pause"), nullptr);
  EXPECT_NE(Of("key").Method("Rotate"), nullptr);
}

TEST(Kinds, NamesAreWrittenOut) {
  const auto name = [](std::string_view kind, std::string_view word) {
    return WholeName(Of(kind), word, "acme").value_or("wrong");
  };
  EXPECT_EQ(name("destination", "orders"), "tenants/acme/destinations/orders");
  EXPECT_EQ(name("destination", "tenants/bell/destinations/x"), "tenants/bell/destinations/x");
  EXPECT_EQ(name("key", "orders/first"), "tenants/acme/destinations/orders/keys/first");
  for (const char* word : {"", "a/b", "a b", "-", "tenants/acme/subscriptions/x", "..", "/"}) {
    EXPECT_EQ(name("destination", word), "wrong") << word;
  }
  EXPECT_EQ(name("key", "first"), "wrong");
  EXPECT_THAT(std::string(WholeName(Of("key"), "first", "acme").status().message()),
              HasSubstr("OUTER/NAME"));
}

TEST(Kinds, SomeTokensAreInNoTenant) {
  EXPECT_EQ(WholeName(Of("token"), "ci", "acme").value_or("wrong"), "tenants/acme/tokens/ci");
  EXPECT_EQ(WholeName(Of("token"), "tokens/ops", "acme").value_or("wrong"), "tokens/ops");
  EXPECT_EQ(KindOfName("tokens/ops"), &Of("token"));
  EXPECT_EQ(ParentOf("tokens/ops"), "");
  EXPECT_EQ(ParentOf("tenants/acme/tokens/ci"), "tenants/acme");
  EXPECT_EQ(ParentOf("ops"), "");
  EXPECT_TRUE(Of("token").IsAlsoOfNoTenant());
  EXPECT_FALSE(Of("destination").IsAlsoOfNoTenant());
}

TEST(Kinds, ALogIsListedWhereverNothingIsSaid) {
  const auto parent = [](std::string_view kind, std::string_view outer) {
    return ParentName(Of(kind), outer, "acme").value_or("wrong");
  };
  EXPECT_EQ(parent("delivery", ""), "tenants/acme/destinations/-");
  EXPECT_EQ(parent("delivery", "orders"), "tenants/acme/destinations/orders");
  EXPECT_EQ(parent("delivery", "tenants/bell/destinations/-"), "tenants/bell/destinations/-");
  EXPECT_EQ(parent("attempt", ""), "tenants/acme/destinations/-/deliveries/-");
  EXPECT_EQ(parent("attempt", "orders"), "tenants/acme/destinations/orders/deliveries/-");
  EXPECT_EQ(parent("attempt", "orders/17"), "tenants/acme/destinations/orders/deliveries/17");
  for (const char* outer : {"a/b/c", "a b", "tenants/acme/subscriptions/x"}) {
    EXPECT_EQ(parent("attempt", outer), "wrong") << outer;
  }
}

TEST(Kinds, ShortNamesAreWhatIsWrittenOut) {
  for (const auto& [kind, word] : {std::pair("destination", "orders"), {"key", "orders/first"}}) {
    EXPECT_EQ(ShortName(Of(kind), *WholeName(Of(kind), word, "acme")), word);
  }
  EXPECT_EQ(ShortName(Of("key"), "orders"), "orders");
}

TEST(Kinds, ParentsAreTenantsOrTheOuterResource) {
  EXPECT_EQ(*ParentName(Of("destination"), "", "acme"), "tenants/acme");
  EXPECT_EQ(*ParentName(Of("destination"), "", "-"), "tenants/-");
  EXPECT_EQ(*ParentName(Of("key"), "orders", "acme"), "tenants/acme/destinations/orders");
  EXPECT_FALSE(ParentName(Of("key"), "", "acme").ok());
  EXPECT_FALSE(ParentName(Of("destination"), "orders", "acme").ok());
}

TEST(Kinds, AWholeNameTellsItsKind) {
  EXPECT_EQ(KindOfName("tenants/acme/destinations/orders"), FindKind("destinations"));
  EXPECT_EQ(KindOfName("tenants/acme/destinations/orders/keys/first"), FindKind("keys"));
  EXPECT_EQ(KindOfName("orders"), nullptr);
  EXPECT_EQ(KindOfName("tenants/acme/bells/orders"), nullptr);
}

TEST(Kinds, AWrongWordIsToldWhatThereIs) {
  EXPECT_EQ(FindKind("destinationz"), nullptr);
  EXPECT_THAT(KnownKinds("destinationz"), HasSubstr("did you mean 'destinations'?"));
  EXPECT_THAT(KnownKinds("zzz"),
              HasSubstr("there are tenants, event-types, destinations, keys, subscriptions"));
}

}  // namespace
}  // namespace carillon::client
