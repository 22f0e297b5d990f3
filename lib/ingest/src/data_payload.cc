#include "data_payload.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/codec/json_writer.h"

namespace carillon::ingest {
namespace {

using google::protobuf::ListValue;
using google::protobuf::Struct;
using google::protobuf::Value;

constexpr double kTwoTo53 = 9'007'199'254'740'992;

/// Writes one value; the path of a problem is put together on the way out.
class DataWriter {
 public:
  explicit DataWriter(std::string& out) : out_(out) {}

  std::optional<DataProblem> Write(const Value& value, size_t depth) {
    switch (value.kind_case()) {
      case Value::kNullValue:
        out_ += "null";
        return std::nullopt;
      case Value::kBoolValue:
        out_ += value.bool_value() ? "true" : "false";
        return std::nullopt;
      case Value::kNumberValue:
        return WriteNumber(value.number_value());
      case Value::kStringValue:
        codec::AppendJsonString(out_, value.string_value());
        return std::nullopt;
      case Value::kStructValue:
        return WriteObject(value.struct_value(), depth + 1);
      case Value::kListValue:
        return WriteArray(value.list_value(), depth + 1);
      case Value::KIND_NOT_SET:
        break;
    }
    return DataProblem{{}, "must be of some kind; null is null_value"};
  }

 private:
  std::optional<DataProblem> WriteNumber(double number) {
    if (!std::isfinite(number)) return DataProblem{{}, "must be a finite number"};
    if (std::abs(number) >= kTwoTo53) {
      return DataProblem{{},
                         "is a number of 2^53 or more, which data cannot carry exactly; use json"};
    }
    char text[32];
    const bool whole = number == std::trunc(number);
    const auto [end, error] =
        whole ? std::to_chars(text, text + sizeof text, static_cast<int64_t>(number))
              : std::to_chars(text, text + sizeof text, number);
    out_.append(text, end);
    return std::nullopt;
  }

  std::optional<DataProblem> WriteObject(const Struct& object, size_t depth) {
    if (depth > kMaxDataDepth) return TooDeep();
    std::vector<std::pair<std::string_view, const Value*>> members;
    members.reserve(object.fields().size());
    for (const auto& [name, value] : object.fields()) members.emplace_back(name, &value);
    std::ranges::sort(members, {}, [](const auto& member) { return member.first; });
    out_ += '{';
    for (const auto& [name, value] : members) {
      if (out_.back() != '{') out_ += ',';
      codec::AppendJsonString(out_, name);
      out_ += ':';
      if (auto problem = Write(*value, depth)) {
        problem->path.insert(0, "." + base::Printable(name));
        return problem;
      }
    }
    out_ += '}';
    return std::nullopt;
  }

  std::optional<DataProblem> WriteArray(const ListValue& array, size_t depth) {
    if (depth > kMaxDataDepth) return TooDeep();
    out_ += '[';
    for (int i = 0; i < array.values_size(); ++i) {
      if (i > 0) out_ += ',';
      if (auto problem = Write(array.values(i), depth)) {
        problem->path.insert(0, absl::StrCat("[", i, "]"));
        return problem;
      }
    }
    out_ += ']';
    return std::nullopt;
  }

  static DataProblem TooDeep() {
    return {{}, absl::StrCat("is nested more than ", kMaxDataDepth, " deep; use json")};
  }

  std::string& out_;
};

}  // namespace

std::optional<DataProblem> WriteData(const Value& value, std::string& out) {
  return DataWriter(out).Write(value, 0);
}

}  // namespace carillon::ingest
