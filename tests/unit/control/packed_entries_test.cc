#include "packed_entries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carillon/v1/destination.pb.h"
#include "carillon/v1/resource.pb.h"
#include "carillon/v1/tenant.pb.h"

namespace carillon::control {
namespace {

using testing::ElementsAre;

v1::Destination Packable(const std::string& url) {
  v1::Destination destination;
  destination.set_url(url);
  destination.add_keys()->mutable_secret()->set_value("whsec_abc");
  return destination;
}

std::vector<std::string> NamesIn(const std::vector<PackedEntries::Found>& found) {
  std::vector<std::string> names;
  for (const PackedEntries::Found& one : found) names.push_back(one.name);
  return names;
}

TEST(PackedEntriesTest, WhatWasPutIsFound) {
  PackedEntries entries;
  const v1::Destination put = Packable("https://a.example/");
  entries.Put("tenants/t/destinations/a", 7, PackedEntries::Pack(put));
  const Entry found = entries.Find("tenants/t/destinations/a").Unpack();
  EXPECT_EQ(found.name, "tenants/t/destinations/a");
  EXPECT_EQ(found.revision, 7u);
  ASSERT_NE(found.message, nullptr);
  EXPECT_EQ(found.message->GetDescriptor(), v1::Destination::descriptor());
  EXPECT_EQ(found.message->SerializeAsString(), put.SerializeAsString());
}

TEST(PackedEntriesTest, WhatThereIsNotHasNoMessage) {
  PackedEntries entries;
  const Entry none = entries.Find("tenants/t/destinations/a").Unpack();
  EXPECT_EQ(none.message, nullptr);
  entries.SetRevision("tenants/t/destinations/a", 3);
  entries.Put("tenants/t/destinations/a", 4, nullptr);
  EXPECT_EQ(entries.Count(""), 0u);
}

TEST(PackedEntriesTest, WhatWasFoundBeforeAChangeStaysAsItWas) {
  PackedEntries entries;
  entries.Put("a", 1, PackedEntries::Pack(Packable("https://old.example/")));
  const PackedEntries::Found before = entries.Find("a");
  entries.Put("a", 2, PackedEntries::Pack(Packable("https://new.example/")));
  entries.SetRevision("a", 3);
  const Entry was = before.Unpack();
  EXPECT_EQ(was.revision, 1u);
  EXPECT_EQ(dynamic_cast<const v1::Destination&>(*was.message).url(), "https://old.example/");
  const Entry is = entries.Find("a").Unpack();
  EXPECT_EQ(is.revision, 3u);
  EXPECT_EQ(dynamic_cast<const v1::Destination&>(*is.message).url(), "https://new.example/");
  entries.Put("a", 4, nullptr);
  EXPECT_EQ(before.Unpack().revision, 1u);
}

TEST(PackedEntriesTest, ListsByPrefixInTheOrderOfNames) {
  PackedEntries entries;
  for (const char* name : {"tenants/b/x", "tenants/a/y", "tenants/a/x", "tenants/ab/x"}) {
    entries.Put(name, 1, PackedEntries::Pack(Packable("https://a.example/")));
  }
  EXPECT_THAT(NamesIn(entries.List("tenants/a/")), ElementsAre("tenants/a/x", "tenants/a/y"));
  EXPECT_EQ(entries.Count("tenants/a/"), 2u);
  EXPECT_EQ(Unpack(entries.List("")).size(), 4u);
  EXPECT_EQ(entries.Count("tenants/c"), 0u);
  EXPECT_THAT(NamesIn(entries.Last("tenants/a", 2)), ElementsAre("tenants/ab/x", "tenants/a/y"));
  EXPECT_TRUE(entries.Last("tenants/c", 2).empty());
}

TEST(PackedEntriesTest, ListsThoseOfOneKind) {
  PackedEntries entries;
  entries.Put("tenants/a/x", 1, PackedEntries::Pack(Packable("https://a.example/")));
  entries.Put("tenants/a/y", 1, PackedEntries::Pack(v1::Tenant()));
  entries.Put("tenants/b/x", 1, PackedEntries::Pack(v1::Tenant()));
  const v1::Tenant& kind = v1::Tenant::default_instance();
  EXPECT_THAT(NamesIn(entries.ListOf(kind, "tenants/a/")), ElementsAre("tenants/a/y"));
  EXPECT_THAT(NamesIn(entries.ListOf(kind, "")), ElementsAre("tenants/a/y", "tenants/b/x"));
  EXPECT_TRUE(entries.ListOf(v1::Key::default_instance(), "").empty());
}

TEST(PackedEntriesTest, ListsWhatExpires) {
  PackedEntries entries;
  v1::Destination expires = Packable("https://a.example/");
  expires.mutable_expire_time()->set_seconds(1);
  entries.Put("tenants/a/x", 1, PackedEntries::Pack(expires));
  entries.Put("tenants/a/y", 1, PackedEntries::Pack(Packable("https://a.example/")));
  entries.Put("tenants/b/x", 1, PackedEntries::Pack(expires));
  EXPECT_THAT(NamesIn(entries.ListExpiring("tenants/a/")), ElementsAre("tenants/a/x"));
  expires.clear_expire_time();
  entries.Put("tenants/a/x", 2, PackedEntries::Pack(expires));
  EXPECT_TRUE(entries.ListExpiring("tenants/a/").empty());
}

}  // namespace
}  // namespace carillon::control
