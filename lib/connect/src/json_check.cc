#include "json_check.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "carillon/base/similar.h"
#include "carillon/base/text.h"

namespace carillon::connect {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using Json = nlohmann::json;

constexpr size_t kMaxText = 200;

bool IsMessage(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
}
bool IsEnum(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM;
}

/// Whether JSON writes the type otherwise than with its members.
bool IsSpecial(const Descriptor& type) {
  return type.well_known_type() != Descriptor::WELLKNOWNTYPE_UNSPECIFIED;
}

/// Whether JSON writes a value of it as a text, a number or a truth.
bool IsScalar(const FieldDescriptor& field) {
  if (!IsMessage(field)) return true;
  const auto type = field.message_type()->well_known_type();
  return type == Descriptor::WELLKNOWNTYPE_TIMESTAMP ||
         type == Descriptor::WELLKNOWNTYPE_DURATION || type == Descriptor::WELLKNOWNTYPE_FIELDMASK;
}

/// Whether null is a value of it, not the lack of one.
bool TakesNull(const FieldDescriptor& field) {
  if (IsEnum(field)) return field.enum_type()->full_name() == "google.protobuf.NullValue";
  return IsMessage(field) &&
         field.message_type()->well_known_type() == Descriptor::WELLKNOWNTYPE_VALUE;
}

/// What a value is for.
struct Slot {
  const FieldDescriptor* field = nullptr;  ///< null: for nothing that is known
  bool element = false;                    ///< one value of a repeated field or of a map

  bool whole_list() const { return field != nullptr && !element && field->is_repeated(); }
};

enum class Form : uint8_t { kNull, kScalar, kList, kObject };

/// An object or a list that is open.
struct Frame {
  bool list = false;
  const Descriptor* message = nullptr;  ///< whose members these are; null: nobody's
  Slot slot;                            ///< of each element, each value, or the next member's value
  size_t path = 0;                      ///< the length of its own
  size_t index = 0;                     ///< of the next element
  bool fresh_any = false;               ///< an Any, of which nothing was read yet
  bool type_url_follows = false;
  std::set<std::string> names;
  std::set<const FieldDescriptor*> fields;
};

/// The handler of nlohmann's SAX parser, which gives the methods their names. They return false to
/// end the reading.
class Checker {
 public:
  explicit Checker(const Descriptor& type) : type_(type) {}

  bool null() { return Begin(Form::kNull).has_value(); }
  bool boolean(bool) { return Begin(Form::kScalar).has_value(); }
  bool number_integer(Json::number_integer_t value) { return Whole(value); }
  bool number_unsigned(Json::number_unsigned_t value) {
    constexpr auto kMost = static_cast<Json::number_unsigned_t>(INT64_MAX);
    return Whole(static_cast<int64_t>(std::min(value, kMost)));
  }
  bool number_float(Json::number_float_t, const std::string&) {
    return Begin(Form::kScalar).has_value();
  }
  bool string(std::string& value) {
    if (!Begin(Form::kScalar)) return false;
    if (!frames_.empty() && std::exchange(frames_.back().type_url_follows, false)) ReadType(value);
    return true;
  }
  bool binary(Json::binary_t&) { return false; }  // not in texts

  bool key(std::string& name) {
    Frame& frame = frames_.back();
    path_.resize(frame.path);
    absl::StrAppend(&path_, path_.empty() ? "" : ".", base::Printable(name));
    frame.type_url_follows = std::exchange(frame.fresh_any, false) && name == "@type";
    const bool again = !frame.names.insert(name).second;
    if (frame.message == nullptr) return !again || Stop("is there twice", "DUPLICATE");
    frame.slot.field = Member(*frame.message, name);
    if (again || (frame.slot.field != nullptr && !frame.fields.insert(frame.slot.field).second)) {
      return Stop("is there twice", "DUPLICATE");
    }
    return frame.slot.field != nullptr || Unknown(*frame.message, name);
  }

  bool start_object(size_t) {
    const bool root = frames_.empty();
    const std::optional<Slot> slot = Begin(Form::kObject);
    if (!slot) return false;
    Frame next;
    if (root) {
      next.message = &type_;
    } else if (slot->whole_list()) {
      next.slot = {slot->field->message_type()->map_value(), true};
    } else if (slot->field != nullptr && IsMessage(*slot->field)) {
      next.message = slot->field->message_type();
    }
    if (next.message != nullptr && IsSpecial(*next.message)) {
      next.fresh_any = next.message->well_known_type() == Descriptor::WELLKNOWNTYPE_ANY;
      next.message = nullptr;
    }
    return Open(std::move(next));
  }
  bool start_array(size_t) {
    const std::optional<Slot> slot = Begin(Form::kList);
    if (!slot) return false;
    Frame next;
    next.list = true;
    if (slot->whole_list()) next.slot = {slot->field, true};
    return Open(std::move(next));
  }
  bool end_object() { return Close(); }
  bool end_array() { return Close(); }

  bool parse_error(size_t, const std::string&, const Json::exception& error) {
    std::string_view what = error.what();
    what.remove_prefix(std::min(what.size(), what.find("] ") + 2));
    path_.clear();
    return Stop(absl::StrCat("the request is not JSON: ", base::Printable(what, kMaxText)),
                "SYNTAX");
  }

  const std::vector<aip::FieldViolation>& violations() const { return violations_; }

 private:
  static const FieldDescriptor* Member(const Descriptor& message, const std::string& name) {
    for (int i = 0; i < message.field_count(); ++i) {
      const FieldDescriptor* field = message.field(i);
      if (field->json_name() == name || field->name() == name) return field;
    }
    return nullptr;
  }

  /// A value begins: what it is for, or for nothing known if its form is wrong. Nullopt: no
  /// further.
  std::optional<Slot> Begin(Form form) {
    if (frames_.empty()) {
      if (form == Form::kObject) return Slot();
      Stop("the request must be an object", "TYPE");
      return std::nullopt;
    }
    Frame& frame = frames_.back();
    if (frame.list) {
      path_.resize(frame.path);
      absl::StrAppend(&path_, "[", frame.index++, "]");
    }
    if (Fits(frame.slot, form)) return frame.slot;
    if (violations_.size() == aip::kMaxViolations) return std::nullopt;
    return Slot();
  }

  bool Fits(const Slot& slot, Form form) {
    if (slot.field == nullptr) return true;
    if (slot.element && form == Form::kNull && !TakesNull(*slot.field)) {
      Wrong("null is not allowed within lists and maps", "TYPE");
      return false;
    }
    return slot.whole_list() ? FitsSeveral(slot, form) : FitsOne(slot, form);
  }
  bool FitsOne(const Slot& slot, Form form) {
    const bool scalar = IsScalar(*slot.field);
    const bool special = !scalar && IsSpecial(*slot.field->message_type());
    const bool fits =
        scalar ? form != Form::kObject && form != Form::kList : special || form != Form::kList;
    if (!fits) Wrong(scalar ? "must be one value" : "must be an object", "TYPE");
    return fits;
  }
  bool FitsSeveral(const Slot& slot, Form form) {
    if (form == Form::kNull) return true;
    if (form == (slot.field->is_map() ? Form::kObject : Form::kList)) return true;
    Wrong(slot.field->is_map() ? "must be an object" : "must be a list", "TYPE");
    return false;
  }

  bool Open(Frame next) {
    if (frames_.size() == kMaxJsonDepth) {
      return Stop(absl::StrCat("is nested more than ", kMaxJsonDepth, " deep"), "TOO_DEEP");
    }
    next.path = path_.size();
    frames_.push_back(std::move(next));
    return true;
  }
  bool Close() {
    path_.resize(frames_.back().path);
    frames_.pop_back();
    return true;
  }

  bool Whole(int64_t value) {
    const std::optional<Slot> slot = Begin(Form::kScalar);
    if (!slot) return false;
    if (slot->field == nullptr || !IsEnum(*slot->field)) return true;
    const EnumDescriptor& type = *slot->field->enum_type();
    const bool fits = value == static_cast<int32_t>(value);
    if (fits && type.FindValueByNumber(static_cast<int32_t>(value)) != nullptr) return true;
    return Wrong(absl::StrCat(value, " is no value of ", type.full_name()), "UNKNOWN");
  }

  /// `url`: of an Any.
  void ReadType(const std::string& url) {
    const Descriptor* type =
        DescriptorPool::generated_pool()->FindMessageTypeByName(url.substr(url.rfind('/') + 1));
    if (type != nullptr && !IsSpecial(*type)) frames_.back().message = type;
  }

  bool Unknown(const Descriptor& message, const std::string& name) {
    std::vector<std::string_view> known;
    for (int i = 0; i < message.field_count(); ++i) known.push_back(message.field(i)->json_name());
    return Wrong(
        absl::StrCat("unknown member of ", message.full_name(), base::DidYouMean(name, known)),
        "UNKNOWN");
  }

  /// Notes it and goes on, unless there are enough.
  bool Wrong(std::string description, std::string_view reason) {
    violations_.push_back({path_, std::string(reason), std::move(description)});
    return violations_.size() < aip::kMaxViolations;
  }
  /// This and nothing else is wrong.
  bool Stop(std::string description, std::string_view reason) {
    violations_.clear();
    violations_.push_back({path_, std::string(reason), std::move(description)});
    return false;
  }

  const Descriptor& type_;
  std::vector<Frame> frames_;
  std::string path_;
  std::vector<aip::FieldViolation> violations_;
};

}  // namespace

std::optional<Error> CheckJson(const Descriptor& type, std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return MakeError({{"", "SYNTAX", "the request is empty; {} is a message without members"}});
  }
  if (text.starts_with(kByteOrderMark)) {
    return MakeError({{"", "SYNTAX", "the request begins with a byte order mark"}});
  }
  Checker checker(type);
  Json::sax_parse(text, &checker);
  if (checker.violations().empty()) return std::nullopt;
  return MakeError(checker.violations());
}

}  // namespace carillon::connect
