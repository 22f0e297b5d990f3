#include "read_filter.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "member_rules.h"

namespace carillon::resource {
namespace {

using model::Filter;

constexpr int kMaxDepth = 8;
constexpr int kMaxConditions = 64;
constexpr int kMaxValues = 256;
constexpr size_t kMaxPayloadPathBytes = 256;
constexpr int kMaxNames = 64;
constexpr size_t kMaxOperandBytes = 1024;

int Subjects(const v1::Filter& given) {
  return (given.attribute().empty() ? 0 : 1) + (given.payload().empty() ? 0 : 1) +
         (given.payload_path().empty() ? 0 : 1);
}

class FilterReader {
 public:
  explicit FilterReader(Errors& errors) : errors_(errors) {}

  Filter Read(const v1::Filter& given, int depth, const Path& path);
  int conditions() const { return conditions_; }

 private:
  Filter ReadList(const google::protobuf::RepeatedPtrField<v1::Filter>& given, Filter::Kind kind,
                  int depth, const Path& path);
  Filter ReadTest(const v1::Filter& given, const Path& path);
  void ReadSubject(const v1::Filter& given, Filter& to, const Path& path);
  void ReadCondition(const v1::Filter& given, Filter& to, const Path& path);
  void AddValue(const v1::Scalar& given, Filter& to, const Path& path);

  Errors& errors_;
  int conditions_ = 0;
};

Filter FilterReader::Read(const v1::Filter& given, int depth, const Path& path) {
  ++conditions_;
  if (depth > kMaxDepth) {
    errors_.Add(path, absl::StrCat("nested more than ", kMaxDepth, " deep"));
    return {};
  }
  const bool is_test = Subjects(given) > 0 || given.has_equals() || given.one_of_size() > 0 ||
                       given.has_prefix() || given.has_exists();
  const int kinds = (given.all_size() > 0 ? 1 : 0) + (given.any_size() > 0 ? 1 : 0) +
                    (given.has_not_() ? 1 : 0) + (is_test ? 1 : 0);
  if (kinds != 1) {
    errors_.Add(
        path,
        "needs exactly one of all, any, not, or a test of attribute, payload or payload_path");
    return {};
  }
  if (given.all_size() > 0) {
    return ReadList(given.all(), Filter::Kind::kAll, depth, path.Member("all"));
  }
  if (given.any_size() > 0) {
    return ReadList(given.any(), Filter::Kind::kAny, depth, path.Member("any"));
  }
  if (!given.has_not_()) return ReadTest(given, path);
  Filter filter;
  filter.kind = Filter::Kind::kNot;
  filter.children.push_back(Read(given.not_(), depth + 1, path.Member("not")));
  return filter;
}

Filter FilterReader::ReadList(const google::protobuf::RepeatedPtrField<v1::Filter>& given,
                              Filter::Kind kind, int depth, const Path& path) {
  Filter filter;
  filter.kind = kind;
  for (int i = 0; i < given.size() && conditions_ <= kMaxConditions; ++i) {
    filter.children.push_back(Read(given[i], depth + 1, path.At(i)));
  }
  return filter;
}

Filter FilterReader::ReadTest(const v1::Filter& given, const Path& path) {
  Filter filter;
  filter.kind = Filter::Kind::kTest;
  if (Subjects(given) != 1) {
    errors_.Add(path, "needs exactly one of attribute, payload, payload_path");
    return filter;
  }
  const int conditions = (given.has_equals() ? 1 : 0) + (given.one_of_size() > 0 ? 1 : 0) +
                         (given.has_prefix() ? 1 : 0) + (given.has_exists() ? 1 : 0);
  if (conditions != 1) {
    errors_.Add(path, "needs exactly one of equals, one_of, prefix, exists");
    return filter;
  }
  ReadSubject(given, filter, path);
  ReadCondition(given, filter, path);
  return filter;
}

void FilterReader::ReadSubject(const v1::Filter& given, Filter& to, const Path& path) {
  if (!given.attribute().empty()) {
    to.subject = Filter::Subject::kAttribute;
    to.path = {given.attribute()};
    if (!IsAttributeKey(given.attribute())) {
      errors_.Add(path.Member("attribute"), "must be 1-64 characters of [A-Za-z0-9_.-]");
    }
    return;
  }
  to.subject = Filter::Subject::kPayload;
  if (!given.payload_path().empty()) {
    to.path.assign(given.payload_path().begin(), given.payload_path().end());
    size_t bytes = 0;
    for (const std::string& name : to.path) bytes += name.size();
    if (given.payload_path_size() > kMaxNames || bytes > kMaxPayloadPathBytes) {
      errors_.Add(path.Member("payload_path"),
                  "must be 1 to 64 names of at most 256 bytes together");
    }
    return;
  }
  const Path member = path.Member("payload");
  if (given.payload().size() > kMaxPayloadPathBytes) {
    errors_.Add(member, absl::StrCat("must be at most ", kMaxPayloadPathBytes, " bytes"));
    return;
  }
  std::string_view rest = given.payload();
  for (bool more = true; more;) {
    const size_t dot = rest.find('.');
    more = dot != rest.npos;
    to.path.emplace_back(rest.substr(0, dot));
    if (more) rest.remove_prefix(dot + 1);
    if (to.path.back().empty()) {
      errors_.Add(member, "must be names separated by dots, none of them empty");
      return;
    }
  }
}

void FilterReader::ReadCondition(const v1::Filter& given, Filter& to, const Path& path) {
  if (given.has_exists()) {
    to.test = given.exists() ? Filter::Test::kExists : Filter::Test::kAbsent;
  } else if (given.has_prefix()) {
    to.test = Filter::Test::kPrefix;
    v1::Scalar prefix;
    prefix.set_string_value(given.prefix());
    AddValue(prefix, to, path.Member("prefix"));
  } else if (given.has_equals()) {
    to.test = Filter::Test::kEquals;
    AddValue(given.equals(), to, path.Member("equals"));
  } else {
    to.test = Filter::Test::kOneOf;
    const Path one_of = path.Member("one_of");
    if (given.one_of_size() > kMaxValues) {
      errors_.Add(one_of, absl::StrCat("must be 1 to ", kMaxValues));
      return;
    }
    for (int i = 0; i < given.one_of_size(); ++i) AddValue(given.one_of(i), to, one_of.At(i));
  }
}

void FilterReader::AddValue(const v1::Scalar& given, Filter& to, const Path& path) {
  if (to.subject == Filter::Subject::kAttribute && !given.has_string_value()) {
    errors_.Add(path, "must be a string, as attributes are: put it in quotes");
  }
  if (given.string_value().size() > kMaxOperandBytes || given.number().size() > kMaxOperandBytes) {
    return errors_.Add(path, absl::StrCat("must be at most ", kMaxOperandBytes, " bytes"));
  }
  if (given.has_bool_value()) {
    to.values.emplace_back(given.bool_value());
  } else if (!given.has_number()) {
    to.values.emplace_back(given.string_value());
  } else if (auto number = json::Number::Parse(given.number())) {
    to.values.emplace_back(*std::move(number));
  } else {
    errors_.Add(path, "must be a number whose exponent is at most 1000000000000000 either way");
  }
}

}  // namespace

model::Filter ReadFilter(const v1::Filter& given, const Path& path, Errors& errors) {
  FilterReader reader(errors);
  model::Filter filter = reader.Read(given, 1, path);
  if (reader.conditions() > kMaxConditions) {
    errors.Add(path, absl::StrCat("more than ", kMaxConditions, " conditions"));
  }
  return filter;
}

}  // namespace carillon::resource
