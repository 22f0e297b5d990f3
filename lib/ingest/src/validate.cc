#include "validate.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/model/operational.h"

namespace carillon::ingest {
namespace {

constexpr size_t kMaxNameBytes = 128;
constexpr size_t kMaxKeyBytes = 64;
constexpr size_t kMaxValueBytes = 1024;
constexpr int64_t kYear1 = -62'135'596'800;
constexpr int64_t kYear2000 = 946'684'800;
constexpr int64_t kEndOfYear9999 = 253'402'300'799;
constexpr auto kMaxAhead = std::chrono::hours(24);

/// A set of bytes, told by one look-up each.
class CharSet {
 public:
  constexpr CharSet(bool upper, std::string_view others) {
    for (char c = 'a'; c <= 'z'; ++c) Add(c);
    for (char c = '0'; c <= '9'; ++c) Add(c);
    for (char c = 'A'; upper && c <= 'Z'; ++c) Add(c);
    for (const char c : others) Add(c);
  }
  bool HoldsAll(std::string_view s) const {
    return std::all_of(s.begin(), s.end(), [&](char c) { return in_[static_cast<uint8_t>(c)]; });
  }

 private:
  constexpr void Add(char c) { in_[static_cast<uint8_t>(c)] = true; }
  std::array<bool, 256> in_{};
};

constexpr CharSet kIdChars(true, "_-");
constexpr CharSet kNameChars(true, "_.-");
constexpr CharSet kTypeChars(false, "_.-");

absl::Status CheckName(std::string_view name, const CharSet& chars, const char* allowed,
                       Place event, std::string_view field) {
  if (!name.empty() && name.size() <= kMaxNameBytes && chars.HoldsAll(name)) {
    return absl::OkStatus();
  }
  return event.Error(field, absl::StrCat("must be 1-128 characters of ", allowed, ", not '",
                                         base::Printable(name), "'"));
}

}  // namespace

absl::Status CheckId(std::string_view id, Place event) {
  return CheckName(id, kIdChars, "[A-Za-z0-9_-]", event, "id");
}

absl::Status CheckTenant(std::string_view tenant, Place event) {
  if (tenant == "-" || tenant == "." || tenant == "..") [[unlikely]]
    return event.Error("tenant", "must not be -, . or ..");
  return CheckName(tenant, kNameChars, "[A-Za-z0-9_.-]", event, "tenant");
}

absl::Status CheckType(std::string_view type, const Catalog& catalog, Place event,
                       const schema::EventType*& registered) {
  if (model::IsOperational(type)) [[unlikely]] {
    return event.Error("type", absl::StrCat("'", base::ToAbsl(type),
                                            "' is published by Carillon itself and nobody else"));
  }
  if (const schema::EventTypePtr* known = catalog.Find(type); known != nullptr) [[likely]] {
    registered = known->get();
    if (registered == nullptr || !registered->archived) [[likely]]
      return absl::OkStatus();
    return event.Error("type", absl::StrCat("'", base::ToAbsl(type),
                                            "' is archived: it is not published any more"));
  }
  if (auto status = CheckName(type, kTypeChars, "[a-z0-9_.-]", event, "type"); !status.ok()) {
    return status;
  }
  return event.Error("type", absl::StrCat("unknown event type '", base::ToAbsl(type),
                                          "'; known types are in the catalog (event_types of "
                                          "the configuration)"));
}

absl::Status CheckText(std::string_view text, size_t min, size_t max, Place place,
                       std::string_view field) {
  if (text.size() >= min && text.size() <= max) [[likely]]
    return absl::OkStatus();
  return place.Error(
      field, min == 0
                 ? absl::StrCat("must be at most ", max, " bytes of UTF-8, not ", text.size())
                 : absl::StrCat("must be ", min, "-", max, " bytes of UTF-8, not ", text.size()));
}

absl::Status TakeAttributes(const v1::Event& event, Place place,
                            std::vector<model::Event::Attribute>& out) {
  if (event.attributes().size() > kMaxAttributes) {
    return place.Error("attributes", absl::StrCat("at most ", kMaxAttributes, " are allowed, not ",
                                                  event.attributes().size()));
  }
  for (const auto& [key, value] : event.attributes()) {
    const auto field = [&name = key] {
      return absl::StrCat("attributes[\"", base::Printable(name), "\"]");
    };
    if (key.empty() || key.size() > kMaxKeyBytes || !kNameChars.HoldsAll(key)) {
      return place.Error(field(), "the key must be 1-64 characters of [A-Za-z0-9_.-]");
    }
    if (value.size() > kMaxValueBytes) {
      return CheckText(value, 0, kMaxValueBytes, place, field());
    }
    out.emplace_back(key, value);
  }
  std::sort(out.begin(), out.end());
  return absl::OkStatus();
}

absl::Status TakeOccurTime(const google::protobuf::Timestamp& time, base::WallTime now, Place event,
                           base::WallTime& out) {
  if (auto status = CheckTimestamp(time, event, "occur_time"); !status.ok()) return status;
  const base::WallTime last = now + kMaxAhead;
  if (time.seconds() >= kYear2000 && time.seconds() <= base::ToUnixSeconds(last)) {
    out = base::WallTime(std::chrono::seconds(time.seconds()) +
                         std::chrono::nanoseconds(time.nanos()));
    if (out <= last) return absl::OkStatus();
  }
  return event.Error(
      "occur_time",
      absl::StrCat("must lie between 2000-01-01T00:00:00Z and 24 hours after the server's clock (",
                   base::FormatRfc3339(last), "), not ",
                   base::FormatRfc3339(time.seconds(), time.nanos())));
}

absl::Status CheckTimestamp(const google::protobuf::Timestamp& time, Place place,
                            std::string_view field) {
  if (time.seconds() < kYear1 || time.seconds() > kEndOfYear9999) {
    return place.Error(
        field, absl::StrCat("must lie in the years 1 to 9999; seconds are ", time.seconds()));
  }
  if (time.nanos() < 0 || time.nanos() > 999'999'999) {
    return place.Error(field, absl::StrCat("nanos must be 0 to 999999999, not ", time.nanos()));
  }
  return absl::OkStatus();
}

}  // namespace carillon::ingest
