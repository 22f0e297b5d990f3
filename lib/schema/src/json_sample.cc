#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/schema/json_schema.h"
#include "carillon/schema/message_sample.h"
#include "schema_refs.h"
#include "subschema.h"

namespace carillon::schema {
namespace {

constexpr size_t kSampleObjects = 5;
constexpr size_t kSampleSchemas = 2000;  // after so many nothing more is made
constexpr uint64_t kMostItems = 10;

/// Members of an object in their order; a later one of the same name takes the place.
class Members {
 public:
  void Put(const std::string& name, std::string json) {
    const auto found =
        std::ranges::find(members_, name, &std::pair<std::string, std::string>::first);
    if (found != members_.end()) {
      found->second = std::move(json);
    } else {
      members_.emplace_back(name, std::move(json));
    }
  }
  std::string ToJson() const {
    std::string json = "{";
    for (const auto& [name, value] : members_) {
      absl::StrAppend(&json, json.size() > 1 ? "," : "", Quoted(name), ":", value);
    }
    return json + "}";
  }

 private:
  std::vector<std::pair<std::string, std::string>> members_;
};

/// Those that a value has to fit all at once: the schema, what it refers to, `allOf`, and of
/// `anyOf` and `oneOf` the first.
void AddTogether(const Subschema& schema, std::vector<const Subschema*>& to) {
  to.push_back(&schema);
  if (schema.ref != nullptr) AddTogether(*schema.ref, to);
  for (const Subschema* one : schema.all_of) AddTogether(*one, to);
  if (!schema.any_of.empty()) AddTogether(*schema.any_of.front(), to);
  if (!schema.one_of.empty()) AddTogether(*schema.one_of.front(), to);
}

std::string TextFor(std::string_view format, std::string_view name) {
  static constexpr std::pair<std::string_view, std::string_view> kFormats[] = {
      {"date-time", "2026-01-01T00:00:00Z"},
      {"date", "2026-01-01"},
      {"time", "00:00:00Z"},
      {"duration", "PT90S"},
      {"email", "jane@example.com"},
      {"hostname", "example.com"},
      {"ipv4", "192.0.2.1"},
      {"ipv6", "2001:db8::1"},
      {"uri", "https://example.com/"},
      {"uuid", "41509791-3de8-5bb9-b4fc-a9753da95aad"}};
  const auto known =
      std::ranges::find(kFormats, format, &std::pair<std::string_view, std::string_view>::first);
  if (known != std::end(kFormats)) return std::string(known->second);
  return "<" + std::string(name) + ">";
}

std::string DecimalOf(const json::Number& number) {
  constexpr int64_t kMaxZeros = 20;  // which people still count
  if (number.digits.empty()) return "0";
  std::string text = absl::StrCat(number.negative ? "-" : "", number.digits);
  if (number.exponent >= 0 && number.exponent <= kMaxZeros) {
    return text.append(static_cast<size_t>(number.exponent), '0');
  }
  return absl::StrCat(text, "e", number.exponent);
}

class JsonSample {
 public:
  explicit JsonSample(size_t max_objects) : max_objects_(max_objects) {}

  std::string Make(const Subschema& schema, std::string_view name, size_t objects) {
    ++made_;
    std::vector<const Subschema*> together;
    AddTogether(schema, together);
    for (const Subschema* one : together) {
      if (!one->example.empty()) return one->example;
    }
    uint8_t types = 0;
    for (const Subschema* one : together) {
      types = types == 0 || one->types == 0 ? static_cast<uint8_t>(types | one->types)
                                            : static_cast<uint8_t>(types & one->types);
    }
    if (types == 0) types = Guess(together);
    if ((types & kObjectBit) != 0) return Object(together, objects + 1);
    if ((types & kArrayBit) != 0) return Array(together, name, objects);
    if ((types & kStringBit) != 0) return Text(together, name);
    if ((types & kIntegerBit) != 0) return Number(together, "9007199254740993");
    if ((types & kNumberBit) != 0) return Number(together, "1.5");
    return (types & kBooleanBit) != 0 ? "true" : "null";
  }

 private:
  static uint8_t Guess(const std::vector<const Subschema*>& together) {
    for (const Subschema* one : together) {
      if (!one->properties.empty() || !one->required.empty()) return kObjectBit;
      if (one->items != nullptr || !one->prefix_items.empty()) return kArrayBit;
      if (one->minimum || one->maximum || one->multiple_of) return kNumberBit;
    }
    return kStringBit;
  }

  std::string Object(const std::vector<const Subschema*>& together, size_t objects) {
    Members members;
    for (const Subschema* one : together) {
      for (const std::string& name : one->property_order) {
        const Subschema& property = *one->properties.find(name)->second;
        const bool required = std::ranges::any_of(together, [&](const Subschema* other) {
          return std::ranges::find(other->required, name) != other->required.end();
        });
        if (property.never || made_ >= kSampleSchemas) continue;
        if (objects >= max_objects_ && !required) continue;
        if (objects > 2 * kSampleObjects) continue;  // it never ends
        members.Put(name, Make(property, name, objects));
      }
    }
    return members.ToJson();
  }

  std::string Array(const std::vector<const Subschema*>& together, std::string_view name,
                    size_t objects) {
    std::string json = "[";
    for (const Subschema* one : together) {
      const uint64_t least = std::min(one->min_items.value_or(1), kMostItems);
      const uint64_t most = one->max_items.value_or(kMostItems);
      if (one->prefix_items.empty() && one->items == nullptr && one->contains == nullptr) continue;
      const uint64_t count =
          std::min<uint64_t>(most, std::max<uint64_t>(least, one->prefix_items.size()));
      for (uint64_t i = 0; i < count && made_ < kSampleSchemas; ++i) {
        const Subschema* item = i < one->prefix_items.size() ? one->prefix_items[i]
                                : one->items != nullptr      ? one->items
                                                             : one->contains;
        if (item == nullptr || item->never || objects >= 2 * kSampleObjects) break;
        absl::StrAppend(&json, json.size() > 1 ? "," : "", Make(*item, name, objects));
      }
      break;
    }
    return json + "]";
  }

  static std::string Text(const std::vector<const Subschema*>& together, std::string_view name) {
    std::string format;
    uint64_t least = 0;
    uint64_t most = kMaxSampleBytes;
    for (const Subschema* one : together) {
      if (!one->format.empty()) format = one->format;
      least = std::max(least, one->min_length.value_or(0));
      most = std::min(most, one->max_length.value_or(most));
    }
    std::string text = TextFor(format, name);
    if (least <= kMaxSampleBytes && text.size() < least) text.append(least - text.size(), 'x');
    if (text.size() > most) text = std::string(most, 'x');
    return Quoted(text);
  }

  static std::string Number(const std::vector<const Subschema*>& together, std::string_view usual) {
    for (const Subschema* one : together) {
      if (one->multiple_of) return DecimalOf(*one->multiple_of);
    }
    for (const Subschema* one : together) {
      if (one->maximum) return DecimalOf(*one->maximum);
      if (one->exclusive_maximum || one->exclusive_minimum) return "1";
    }
    for (const Subschema* one : together) {
      if (one->minimum && one->minimum->digits.size() > usual.size()) {
        return DecimalOf(*one->minimum);
      }
    }
    return std::string(usual);
  }

  const size_t max_objects_;
  size_t made_ = 0;
};

}  // namespace

std::string JsonSchema::MakeSample() const {
  for (size_t objects = kSampleObjects; objects > 0; --objects) {
    std::string sample = JsonSample(objects).Make(*root_, "value", 0);
    if (sample.size() <= kMaxSampleBytes && !Check(sample)) return sample;
  }
  return "";
}

}  // namespace carillon::schema
