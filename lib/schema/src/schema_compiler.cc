#include "schema_compiler.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "carillon/base/similar.h"
#include "carillon/base/text.h"
#include "carillon/schema/json_schema.h"
#include "carillon/schema/payload_members.h"
#include "number_order.h"
#include "schema_refs.h"

namespace carillon::schema {
namespace {

using Kind = JsonNode::Kind;

constexpr std::string_view kDialect = "https://json-schema.org/draft/2020-12/schema";
constexpr int64_t kMaxPatternMemory = 256 * 1024;
constexpr size_t kMaxPatterns = 100;

/// What is said of a keyword that changes the meaning of a schema and is not taken.
struct NotTaken {
  std::string_view keyword;
  std::string_view instead;
};
constexpr NotTaken kNotTaken[] = {
    {"unevaluatedProperties", "use additionalProperties beside all properties"},
    {"unevaluatedItems", "use items beside prefixItems"},
    {"$anchor", "use $ref with a JSON pointer, such as #/$defs/name"},
    {"$dynamicRef", "use $ref"},
    {"$dynamicAnchor", "use $ref with a JSON pointer, such as #/$defs/name"},
    {"$vocabulary", "it is for dialects"},
    {"dependencies", "use dependentRequired or dependentSchemas"},
    {"additionalItems", "use items beside prefixItems"},
    {"$recursiveRef", "use $ref"},
    {"$recursiveAnchor", "use $ref"},
};

/// Remarks: no payload is checked by them.
constexpr std::string_view kRemarks[] = {
    "$comment", "title",   "description",     "deprecated",       "readOnly",     "writeOnly",
    "examples", "default", "contentEncoding", "contentMediaType", "contentSchema"};

class SchemaCompiler {
 public:
  explicit SchemaCompiler(const JsonTree& tree) : tree_(tree) {}

  absl::StatusOr<CompiledSchema> Run() {
    CompiledSchema compiled;
    compiled.root = Compile(0, "", 1);
    if (status_.ok()) status_ = ResolveRefs(refs_, by_pointer_);
    if (status_.ok()) status_ = CheckChains(*compiled.root);
    if (!status_.ok()) return status_;
    compiled.all = std::move(all_);
    return compiled;
  }

 private:
  using Handler = void (SchemaCompiler::*)(Subschema&, uint32_t, const std::string&);

  /// Where the compiler stands: for errors, and for the depth of what is in it.
  const Subschema* Compile(uint32_t at, const std::string& pointer, size_t depth) {
    if (depth > kMaxSchemaDepth) {
      Fail(pointer, absl::StrCat("is nested more than ", kMaxSchemaDepth, " deep"));
    } else if (all_.size() == kMaxSubschemas) {
      Fail(pointer, absl::StrCat("there are more than ", kMaxSubschemas, " schemas in it"));
    }
    if (!status_.ok()) return nullptr;
    Subschema& made = *all_.emplace_back(std::make_unique<Subschema>());
    by_pointer_[pointer] = &made;
    const JsonNode& node = tree_[at];
    if (node.kind == Kind::kTrue) return &made;
    if (node.kind == Kind::kFalse) {
      made.never = true;
      return &made;
    }
    if (node.kind != Kind::kObject) {
      Fail(pointer, "must be a schema: an object, true or false");
      return nullptr;
    }
    const size_t around = std::exchange(depth_, depth);
    std::map<std::string_view, uint32_t> keywords;  // the last of each; in a fixed order
    tree_.ForEach(at, [&](uint32_t member) { keywords[tree_[member].name] = member; });
    for (const auto& [keyword, member] : keywords) {
      if (status_.ok()) TakeKeyword(made, keyword, member, pointer);
    }
    depth_ = around;
    return &made;
  }

  void TakeKeyword(Subschema& to, std::string_view keyword, uint32_t at,
                   const std::string& pointer) {
    const std::string where = absl::StrCat(pointer, "/", EscapePointer(keyword));
    const auto found = Handlers().find(base::ToAbsl(keyword));
    if (found != Handlers().end()) {
      (this->*found->second.handler)(to, at, where);
      if (!found->second.own) return;
      absl::StrAppend(&to.own, base::ToAbsl(keyword), ":");
      tree_.AppendCanonical(at, to.own);
      to.own += ';';
      return;
    }
    if (keyword == "$schema") return CheckDialect(at, where);
    if (keyword == "$id" && pointer.empty()) return;
    if (keyword.starts_with("x-")) return;
    if (std::ranges::find(kRemarks, keyword) != std::end(kRemarks)) {
      return TakeRemark(to, keyword, at);
    }
    Refuse(keyword, where);
  }

  void Refuse(std::string_view keyword, const std::string& where) {
    const auto known = std::ranges::find(kNotTaken, keyword, &NotTaken::keyword);
    if (known != std::end(kNotTaken)) {
      return Fail(where, absl::StrCat("is not taken: ", base::ToAbsl(known->instead)));
    }
    if (keyword == "$id") return Fail(where, "is taken at the top only");
    std::vector<std::string_view> names;
    for (const auto& [name, keyword_of] : Handlers()) names.push_back(base::ToStd(name));
    Fail(where,
         absl::StrCat("is no keyword of JSON Schema 2020-12; words of your own begin with x-",
                      base::DidYouMean(keyword, names)));
  }

  void CheckDialect(uint32_t at, const std::string& where) {
    std::string_view dialect = tree_[at].text;
    if (dialect.ends_with('#')) dialect.remove_suffix(1);
    if (tree_[at].kind == Kind::kString && dialect == kDialect) return;
    Fail(where, absl::StrCat("must be ", base::ToAbsl(kDialect), ", or left out"));
  }

  void TakeRemark(Subschema& to, std::string_view keyword, uint32_t at) {
    const bool is_text = tree_[at].kind == Kind::kString;
    if (is_text && (keyword == "description" || (keyword == "title" && to.description.empty()))) {
      to.description = tree_[at].text;
    }
    if (keyword == "examples" && tree_[at].kind == Kind::kArray && tree_[at].count > 0) {
      to.example = tree_[at + 1].kind == Kind::kString ? Quoted(tree_[at + 1].text)
                                                       : std::string(tree_[at + 1].text);
    } else if (keyword == "default" && to.example.empty()) {
      to.example = TextOf(at);
    }
  }

  // One for each keyword: `at` is its value, `where` the place of it.

  void Type(Subschema& to, uint32_t at, const std::string& where) {
    static constexpr std::pair<std::string_view, uint8_t> kTypes[] = {
        {"null", kNullBit},       {"boolean", kBooleanBit}, {"number", kNumberBit},
        {"integer", kIntegerBit}, {"string", kStringBit},   {"array", kArrayBit},
        {"object", kObjectBit}};
    const auto take = [&](uint32_t name) {
      const auto found =
          std::ranges::find(kTypes, tree_[name].text, &std::pair<std::string_view, uint8_t>::first);
      const bool good = tree_[name].kind == Kind::kString && found != std::end(kTypes);
      if (!good)
        return Fail(where, "must be null, boolean, number, integer, string, array or object");
      to.types = static_cast<uint8_t>(to.types | found->second);
    };
    if (tree_[at].kind != Kind::kArray) return take(at);
    if (tree_[at].count == 0) Fail(where, "must name at least one type");
    tree_.ForEach(at, take);
  }

  template <std::optional<json::Number> Subschema::* member>
  void Bound(Subschema& to, uint32_t at, const std::string& where) {
    if (tree_[at].kind == Kind::kNumber) to.*member = json::Number::Parse(tree_[at].text);
    if (!(to.*member)) Fail(where, "must be a number");
  }

  void MultipleOf(Subschema& to, uint32_t at, const std::string& where) {
    Bound<&Subschema::multiple_of>(to, at, where);
    if (!status_.ok()) return;
    const json::Number& divisor = *to.multiple_of;
    if (divisor.negative || divisor.digits.empty() || divisor.digits.size() > kMaxDivisorDigits) {
      Fail(where, absl::StrCat("must be above 0, with at most ", kMaxDivisorDigits, " digits"));
    }
  }

  template <std::optional<uint64_t> Subschema::* member>
  void Count(Subschema& to, uint32_t at, const std::string& where) {
    constexpr int64_t kMaxZeros = 9;
    const std::optional<json::Number> number =
        tree_[at].kind == Kind::kNumber ? json::Number::Parse(tree_[at].text) : std::nullopt;
    if (!number || number->negative || number->exponent < 0 || number->exponent > kMaxZeros ||
        number->digits.size() > static_cast<size_t>(kMaxZeros)) {
      return Fail(where, "must be a whole number from 0 to 999999999");
    }
    uint64_t value = 0;
    for (const char digit : number->digits) value = value * 10 + static_cast<uint64_t>(digit - '0');
    for (int64_t i = 0; i < number->exponent; ++i) value *= 10;
    to.*member = value;
  }

  void Pattern(Subschema& to, uint32_t at, const std::string& where) {
    to.pattern = CompilePattern(at, tree_[at].text, where);
    to.pattern_text = tree_[at].text;
  }

  std::unique_ptr<re2::RE2> CompilePattern(uint32_t at, std::string_view text,
                                           const std::string& where, bool is_name = false) {
    if (!is_name && tree_[at].kind != Kind::kString) {
      Fail(where, "must be a regular expression");
      return nullptr;
    }
    if (++patterns_ > kMaxPatterns) {
      Fail(where, absl::StrCat("there are more than ", kMaxPatterns, " patterns"));
      return nullptr;
    }
    re2::RE2::Options options(re2::RE2::Quiet);
    options.set_max_mem(kMaxPatternMemory);
    auto pattern = std::make_unique<re2::RE2>(re2::StringPiece(text.data(), text.size()), options);
    if (!pattern->ok()) {
      Fail(where, absl::StrCat("is no regular expression that RE2 takes: ",
                               base::Printable(pattern->error(), 200)));
    }
    return pattern;
  }

  void UniqueItems(Subschema& to, uint32_t at, const std::string& where) {
    to.unique_items = tree_[at].kind == Kind::kTrue;
    if (!to.unique_items && tree_[at].kind != Kind::kFalse) Fail(where, "must be true or false");
  }

  void Const(Subschema& to, uint32_t at, const std::string&) {
    to.constant.emplace();
    tree_.AppendCanonical(at, *to.constant);
    to.example = TextOf(at);
    to.values = {TextOf(at)};
  }

  void Enum(Subschema& to, uint32_t at, const std::string& where) {
    if (tree_[at].kind != Kind::kArray || tree_[at].count == 0) {
      return Fail(where, "must be an array with at least one value");
    }
    to.has_enumeration = true;
    tree_.ForEach(at, [&](uint32_t value) {
      std::string canonical;
      tree_.AppendCanonical(value, canonical);
      to.enumeration.insert(std::move(canonical));
      if (to.values.size() < kMaxMemberValues) to.values.push_back(TextOf(value));
    });
    if (to.example.empty()) to.example = TextOf(at + 1);
  }

  void Format(Subschema& to, uint32_t at, const std::string& where) {
    if (tree_[at].kind != Kind::kString) return Fail(where, "must be a text");
    to.format = tree_[at].text;
  }

  void Ref(Subschema& to, uint32_t at, const std::string& where) {
    if (tree_[at].kind != Kind::kString) return Fail(where, "must be a text");
    refs_.push_back({&to, std::string(tree_[at].text), where});
  }

  template <const Subschema* Subschema::* member>
  void One(Subschema& to, uint32_t at, const std::string& where) {
    const bool list = tree_[at].kind == Kind::kArray;
    if (list) return Fail(where, "must be one schema; prefixItems lists those of the first items");
    to.*member = Compile(at, where, depth_ + 1);
  }

  template <std::vector<const Subschema*> Subschema::* member>
  void List(Subschema& to, uint32_t at, const std::string& where) {
    if (tree_[at].kind != Kind::kArray || tree_[at].count == 0) {
      return Fail(where, "must be an array with at least one schema");
    }
    size_t index = 0;
    tree_.ForEach(at, [&](uint32_t one) {
      (to.*member).push_back(Compile(one, absl::StrCat(where, "/", index++), depth_ + 1));
    });
  }

  /// Calls `take(name, schema)` for each member of an object of schemas.
  template <typename Take>
  void ForEachSchema(uint32_t at, const std::string& where, Take take) {
    if (tree_[at].kind != Kind::kObject) return Fail(where, "must be an object of schemas");
    tree_.ForEach(at, [&](uint32_t one) {
      const std::string_view name = tree_[one].name;
      take(name, Compile(one, absl::StrCat(where, "/", EscapePointer(name)), depth_ + 1));
    });
  }

  void Definitions(Subschema&, uint32_t at, const std::string& where) {
    ForEachSchema(at, where, [](std::string_view, const Subschema*) {});
  }
  void Properties(Subschema& to, uint32_t at, const std::string& where) {
    ForEachSchema(at, where, [&](std::string_view name, const Subschema* one) {
      if (!to.properties.insert_or_assign(std::string(name), one).second) return;
      to.property_order.emplace_back(name);
    });
  }
  void PatternProperties(Subschema& to, uint32_t at, const std::string& where) {
    ForEachSchema(at, where, [&](std::string_view pattern, const Subschema* one) {
      to.pattern_properties.emplace_back(CompilePattern(at, pattern, where, true), one);
    });
  }
  void DependentSchemas(Subschema& to, uint32_t at, const std::string& where) {
    ForEachSchema(at, where, [&](std::string_view name, const Subschema* one) {
      to.dependent_schemas[std::string(name)] = one;
    });
  }

  std::vector<std::string> Names(uint32_t at, const std::string& where) {
    std::vector<std::string> names;
    if (tree_[at].kind != Kind::kArray) Fail(where, "must be an array of names");
    tree_.ForEach(at, [&](uint32_t name) {
      if (tree_[name].kind != Kind::kString) Fail(where, "must be an array of names");
      names.emplace_back(tree_[name].text);
    });
    return names;
  }
  void Required(Subschema& to, uint32_t at, const std::string& where) {
    to.required = Names(at, where);
  }
  void DependentRequired(Subschema& to, uint32_t at, const std::string& where) {
    if (tree_[at].kind != Kind::kObject) return Fail(where, "must be an object of arrays of names");
    tree_.ForEach(at, [&](uint32_t one) {
      to.dependent_required[std::string(tree_[one].name)] = Names(one, where);
    });
  }

  struct Keyword {
    Handler handler;
    bool own;  ///< it has no schemas in it
  };
  static const absl::flat_hash_map<std::string, Keyword>& Handlers() {
    using S = Subschema;
    using C = SchemaCompiler;
    static const auto& handlers = *new absl::flat_hash_map<std::string, Keyword>{
        {"type", {&C::Type, true}},
        {"enum", {&C::Enum, true}},
        {"const", {&C::Const, true}},
        {"minimum", {&C::Bound<&S::minimum>, true}},
        {"maximum", {&C::Bound<&S::maximum>, true}},
        {"exclusiveMinimum", {&C::Bound<&S::exclusive_minimum>, true}},
        {"exclusiveMaximum", {&C::Bound<&S::exclusive_maximum>, true}},
        {"multipleOf", {&C::MultipleOf, true}},
        {"minLength", {&C::Count<&S::min_length>, true}},
        {"maxLength", {&C::Count<&S::max_length>, true}},
        {"pattern", {&C::Pattern, true}},
        {"format", {&C::Format, true}},
        {"minItems", {&C::Count<&S::min_items>, true}},
        {"maxItems", {&C::Count<&S::max_items>, true}},
        {"uniqueItems", {&C::UniqueItems, true}},
        {"minContains", {&C::Count<&S::min_contains>, true}},
        {"maxContains", {&C::Count<&S::max_contains>, true}},
        {"minProperties", {&C::Count<&S::min_properties>, true}},
        {"maxProperties", {&C::Count<&S::max_properties>, true}},
        {"required", {&C::Required, true}},
        {"dependentRequired", {&C::DependentRequired, true}},
        {"$ref", {&C::Ref, false}},
        {"$defs", {&C::Definitions, false}},
        {"definitions", {&C::Definitions, false}},
        {"allOf", {&C::List<&S::all_of>, false}},
        {"anyOf", {&C::List<&S::any_of>, false}},
        {"oneOf", {&C::List<&S::one_of>, false}},
        {"not", {&C::One<&S::negated>, false}},
        {"if", {&C::One<&S::condition>, false}},
        {"then", {&C::One<&S::consequence>, false}},
        {"else", {&C::One<&S::alternative>, false}},
        {"dependentSchemas", {&C::DependentSchemas, false}},
        {"properties", {&C::Properties, false}},
        {"patternProperties", {&C::PatternProperties, false}},
        {"additionalProperties", {&C::One<&S::additional_properties>, false}},
        {"propertyNames", {&C::One<&S::property_names>, false}},
        {"prefixItems", {&C::List<&S::prefix_items>, false}},
        {"items", {&C::One<&S::items>, false}},
        {"contains", {&C::One<&S::contains>, false}},
    };
    return handlers;
  }

  std::string TextOf(uint32_t at) const {
    return tree_[at].kind == Kind::kString ? Quoted(tree_[at].text) : std::string(tree_[at].text);
  }

  void Fail(const std::string& pointer, const std::string& what) {
    if (!status_.ok()) return;
    status_ = absl::InvalidArgumentError(absl::StrCat(
        pointer.empty() ? "" : absl::StrCat("at ", base::Printable(pointer, 256), ": "), what));
  }

  const JsonTree& tree_;
  absl::Status status_;
  std::vector<std::unique_ptr<Subschema>> all_;
  std::map<std::string, const Subschema*> by_pointer_;
  std::vector<PendingRef> refs_;
  size_t patterns_ = 0;
  size_t depth_ = 0;  ///< of the schema whose keywords are taken
};

}  // namespace

absl::StatusOr<CompiledSchema> CompileSchema(const JsonTree& tree) {
  return SchemaCompiler(tree).Run();
}

}  // namespace carillon::schema
