#include "well_known.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/codec/json_writer.h"

namespace carillon::schema {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr std::string_view kPackage = "google.protobuf.";
constexpr int64_t kFirstSecond = -62'135'596'800;  // of the year 1
constexpr int64_t kLastSecond = 253'402'300'799;   // of the year 9999
constexpr int64_t kMaxDurationSeconds = 315'576'000'000;
constexpr int32_t kNanos = 1'000'000'000;

struct Time {
  int64_t seconds;
  int32_t nanos;
};

Time TimeOf(const Message& message) {
  const Reflection& from = *message.GetReflection();
  const Descriptor& type = *message.GetDescriptor();
  return {from.GetInt64(message, type.FindFieldByNumber(1)),
          from.GetInt32(message, type.FindFieldByNumber(2))};
}

std::optional<Problem> AppendTimestamp(const Message& message, std::string& out) {
  const Time time = TimeOf(message);
  if (time.seconds < kFirstSecond || time.seconds > kLastSecond) {
    return Problem{{}, "must lie in the years 1 to 9999"};
  }
  if (time.nanos < 0 || time.nanos >= kNanos) return Problem{{}, "nanos must be 0 to 999999999"};
  codec::AppendJsonString(out, base::FormatRfc3339(time.seconds, time.nanos));
  return std::nullopt;
}

std::optional<Problem> AppendDuration(const Message& message, std::string& out) {
  const Time time = TimeOf(message);
  if (time.seconds < -kMaxDurationSeconds || time.seconds > kMaxDurationSeconds ||
      time.nanos <= -kNanos || time.nanos >= kNanos || (time.seconds > 0 && time.nanos < 0) ||
      (time.seconds < 0 && time.nanos > 0)) {
    return Problem{{}, "must be at most 10000 years, seconds and nanos of one sign"};
  }
  std::string text =
      absl::StrCat(time.seconds < 0 || time.nanos < 0 ? "-" : "", std::abs(time.seconds));
  if (time.nanos != 0) {
    std::string fraction = absl::StrCat(absl::Dec(std::abs(time.nanos), absl::kZeroPad9));
    for (int i = 0; i < 2 && fraction.ends_with("000"); ++i) fraction.resize(fraction.size() - 3);
    absl::StrAppend(&text, ".", fraction);
  }
  codec::AppendJsonString(out, text + "s");
  return std::nullopt;
}

/// `display_name` -> `displayName`; nullopt: the way back would lead elsewhere.
std::optional<std::string> ToCamel(std::string_view path) {
  std::string camel;
  bool upper = false;
  for (const char c : path) {
    if (c >= 'A' && c <= 'Z') return std::nullopt;
    if (c == '_') {
      if (upper) return std::nullopt;
      upper = true;
      continue;
    }
    if (upper && (c < 'a' || c > 'z')) return std::nullopt;
    camel += upper ? static_cast<char>(c - 'a' + 'A') : c;
    upper = false;
  }
  if (upper) return std::nullopt;
  return camel;
}

std::optional<Problem> AppendFieldMask(const Message& message, std::string& out) {
  const FieldDescriptor& paths = *message.GetDescriptor()->FindFieldByNumber(1);
  const Reflection& from = *message.GetReflection();
  std::string joined;
  for (int i = 0; i < from.FieldSize(message, &paths); ++i) {
    const std::string path = from.GetRepeatedString(message, &paths, i);
    const auto camel = ToCamel(path);
    if (!camel || base::FindInvalidUtf8(path)) {
      return Problem{{}, "has a path that JSON cannot say: " + base::Printable(path)};
    }
    if (i > 0) joined += ',';
    joined += *camel;
  }
  codec::AppendJsonString(out, joined);
  return std::nullopt;
}

/// The key of a map's entry, as text and, where it is a number, as what it sorts by.
struct Key {
  std::string text;
  bool negative = false;
  uint64_t size = 0;  ///< of a negative one, two's complement: the lower the greater its size

  static Key Of(int64_t number) {
    return {std::to_string(number), number < 0, static_cast<uint64_t>(number)};
  }
  static Key Of(uint64_t number) { return {std::to_string(number), false, number}; }
};

bool operator<(const Key& a, const Key& b) {
  if (a.negative != b.negative) return a.negative;
  return a.size != b.size ? a.size < b.size : a.text < b.text;
}

Key KeyOf(const Message& entry, const FieldDescriptor& field) {
  const Reflection& from = *entry.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return Key::Of(int64_t{from.GetInt32(entry, &field)});
    case FieldDescriptor::CPPTYPE_INT64:
      return Key::Of(int64_t{from.GetInt64(entry, &field)});
    case FieldDescriptor::CPPTYPE_UINT32:
      return Key::Of(uint64_t{from.GetUInt32(entry, &field)});
    case FieldDescriptor::CPPTYPE_UINT64:
      return Key::Of(uint64_t{from.GetUInt64(entry, &field)});
    case FieldDescriptor::CPPTYPE_BOOL:
      return {from.GetBool(entry, &field) ? "true" : "false", false, 0};
    default:
      return {from.GetString(entry, &field), false, 0};
  }
}

}  // namespace

WellKnown WellKnownOf(const Descriptor& type) {
  std::string_view name = type.full_name();
  if (!name.starts_with(kPackage)) return WellKnown::kNone;
  name.remove_prefix(kPackage.size());
  if (name == "Timestamp") return WellKnown::kTimestamp;
  if (name == "Duration") return WellKnown::kDuration;
  if (name == "FieldMask") return WellKnown::kFieldMask;
  if (name == "Struct") return WellKnown::kStruct;
  if (name == "Value") return WellKnown::kValue;
  if (name == "ListValue") return WellKnown::kListValue;
  return type.file()->name() == "google/protobuf/wrappers.proto" ? WellKnown::kWrapper
                                                                 : WellKnown::kNone;
}

std::optional<Problem> AppendWellKnown(const Message& message, std::string& out) {
  switch (WellKnownOf(*message.GetDescriptor())) {
    case WellKnown::kTimestamp:
      return AppendTimestamp(message, out);
    case WellKnown::kDuration:
      return AppendDuration(message, out);
    default:
      return AppendFieldMask(message, out);
  }
}

std::vector<std::pair<std::string, const Message*>> SortedEntries(const Message& message,
                                                                  const FieldDescriptor& map) {
  const Reflection& from = *message.GetReflection();
  const FieldDescriptor& key = *map.message_type()->map_key();
  std::vector<std::pair<Key, const Message*>> keyed;
  const int count = from.FieldSize(message, &map);
  keyed.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    const Message& entry = from.GetRepeatedMessage(message, &map, i);
    keyed.emplace_back(KeyOf(entry, key), &entry);
  }
  std::ranges::sort(keyed, [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::pair<std::string, const Message*>> sorted;
  sorted.reserve(keyed.size());
  for (auto& [name, entry] : keyed) sorted.emplace_back(std::move(name.text), entry);
  return sorted;
}

}  // namespace carillon::schema
