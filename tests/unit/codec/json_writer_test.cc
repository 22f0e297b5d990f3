#include "carillon/codec/json_writer.h"

#include <gmock/gmock.h>

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

namespace carillon::codec {
namespace {

using nlohmann::ordered_json;

void AppendUtf8(std::string& out, uint32_t c) {
  const auto put = [&](uint32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xC0 | (c >> 6));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3F));
  } else {
    put(0xF0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3F));
    put(0x80 | ((c >> 6) & 0x3F));
  }
  put(0x80 | (c & 0x3F));
}

std::string RandomText(std::mt19937_64& random) {
  std::string out;
  for (size_t n = random() % 40; n > 0; --n) {
    uint32_t c = 0;
    switch (random() % 4) {
      case 0:
        c = static_cast<uint32_t>(random() % 0x30);
        break;  // controls and quotes
      case 1:
        c = static_cast<uint32_t>(random() % 0x100);
        break;
      case 2:
        c = static_cast<uint32_t>(random() % 0x10000);
        break;
      default:
        c = static_cast<uint32_t>(random() % 0x110000);
    }
    if (c >= 0xD800 && c <= 0xDFFF) c = '\\';
    AppendUtf8(out, c);
  }
  return out;
}

std::string Text(std::string_view s) {
  std::string out;
  AppendJsonString(out, s);
  return out;
}

TEST(AppendJsonString, EveryCodePointAsNlohmannWritesIt) {
  for (uint32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    if (c > 0x3000 && c % 17 != 0 && c < 0x10FF00) continue;  // beyond, a sample
    std::string s = "a";
    AppendUtf8(s, c);
    s += "z";
    ASSERT_EQ(Text(s), ordered_json(s).dump()) << "code point " << c;
  }
}

TEST(JsonWriter, AgreesWithNlohmannOnRandomObjects) {
  for (uint64_t seed = 0; seed < 2'000; ++seed) {
    std::mt19937_64 random(seed);
    ordered_json tree = ordered_json::object();
    std::string out;
    JsonWriter writer(out);
    for (int i = 0, n = static_cast<int>(random() % 8); i < n; ++i) {
      const std::string key = std::to_string(i) + RandomText(random);
      const std::string text = RandomText(random);
      const auto number = static_cast<int64_t>(random()) >> (random() % 64);
      switch (random() % 4) {
        case 0:
          writer.String(key, text);
          tree[key] = text;
          break;
        case 1:
          writer.Int(key, number);
          tree[key] = number;
          break;
        case 2:
          writer.Bool(key, number & 1);
          tree[key] = (number & 1) != 0;
          break;
        default:
          writer.Raw(key, ordered_json({1, text, nullptr}).dump());
          tree[key] = {1, text, nullptr};
      }
    }
    writer.End();
    ASSERT_EQ(out, tree.dump()) << "seed " << seed;
  }
}

TEST(JsonWriter, ExtremesOfNumbersKeepTheirDigits) {
  std::string out;
  JsonWriter writer(out);
  writer.Int("min", std::numeric_limits<int64_t>::min());
  writer.Int("max", std::numeric_limits<int64_t>::max());
  writer.Int("beyond_double", 9007199254740993);
  writer.Int("zero", 0);
  writer.End();
  EXPECT_EQ(out, R"({"min":-9223372036854775808,"max":9223372036854775807,)"
                 R"("beyond_double":9007199254740993,"zero":0})");
}

TEST(JsonWriter, AnEmptyObjectAndWhatStoodBefore) {
  std::string out = "data: ";
  JsonWriter writer(out);
  writer.End();
  EXPECT_EQ(out, "data: {}");
}

}  // namespace
}  // namespace carillon::codec
