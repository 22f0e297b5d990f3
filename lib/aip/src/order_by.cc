#include "carillon/aip/order_by.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "carillon/aip/error.h"
#include "carillon/base/text.h"

namespace carillon::aip {
namespace {

constexpr std::string_view kTieBreaker = "name";

absl::Status BadOrder(std::string_view what) {
  return BadField("order_by", "SYNTAX", what, v1::ORDER_BY_INVALID);
}

void PutNumber(std::string& out, uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift & 0xff);
}

/// Reads what EncodeSortKey wrote.
class SortKeyReader {
 public:
  explicit SortKeyReader(std::string_view bytes) : rest_(bytes) {}
  bool done() const { return rest_.empty(); }

  std::optional<uint64_t> Number() {
    if (rest_.size() < 8) return std::nullopt;
    uint64_t number = 0;
    for (size_t i = 0; i < 8; ++i) number = number << 8 | static_cast<uint8_t>(rest_[i]);
    rest_.remove_prefix(8);
    return number;
  }

  std::optional<Value> Next() {
    const char kind = rest_.front();
    rest_.remove_prefix(1);
    if (kind == 'u') return Value();
    const auto number = Number();
    if (!number) return std::nullopt;
    switch (kind) {
      case 'b':
        return Value(*number != 0);
      case 'i':
        return Value(static_cast<int64_t>(*number));
      case 'n':
        return Value(*number);
      case 'd':
        return Value(std::bit_cast<double>(*number));
      case 's':
        return Text(*number);
      case 'm': {
        const auto nanos = Number();
        if (!nanos) return std::nullopt;
        return Value(Moment{static_cast<int64_t>(*number), static_cast<int32_t>(*nanos)});
      }
      default:
        return std::nullopt;
    }
  }

 private:
  std::optional<Value> Text(uint64_t bytes) {
    if (bytes > rest_.size()) return std::nullopt;
    Value text(std::string(rest_.substr(0, bytes)));
    rest_.remove_prefix(bytes);
    return text;
  }

  std::string_view rest_;
};

/// Appends a value as SortKeyReader reads it.
struct SortKeyWriter {
  std::string& out;
  void operator()(std::monostate) const { out += 'u'; }
  void operator()(bool value) const { Put('b', value ? 1 : 0); }
  void operator()(int64_t value) const { Put('i', static_cast<uint64_t>(value)); }
  void operator()(uint64_t value) const { Put('n', value); }
  void operator()(double value) const { Put('d', std::bit_cast<uint64_t>(value)); }
  void operator()(const std::string& value) const {
    Put('s', value.size());
    out += value;
  }
  void operator()(const Moment& value) const {
    Put('m', static_cast<uint64_t>(value.seconds));
    PutNumber(out, static_cast<uint64_t>(value.nanos));
  }
  void Put(char kind, uint64_t number) const {
    out += kind;
    PutNumber(out, number);
  }
};

}  // namespace

absl::StatusOr<OrderBy> OrderBy::Parse(std::string_view text,
                                       const google::protobuf::Descriptor& type,
                                       const std::vector<std::string>& allowed) {
  if (text.size() > kMaxBytes) {
    return BadOrder(absl::StrCat("must have at most ", kMaxBytes, " bytes"));
  }
  OrderBy order;
  const bool given = !absl::StripAsciiWhitespace(base::ToAbsl(text)).empty();
  const std::string terms = given ? std::string(text) : allowed.front();
  std::set<std::string> names;
  bool decided = false;
  for (const absl::string_view term : absl::StrSplit(terms, ',')) {
    const std::vector<std::string> words =
        absl::StrSplit(term, absl::ByAnyChar(" \t"), absl::SkipEmpty());
    const bool descending = words.size() == 2 && words[1] == "desc";
    if (words.empty() || words.size() > 2 ||
        (words.size() == 2 && !descending && words[1] != "asc")) {
      return BadOrder("each term is a field, or a field and desc, with commas between them");
    }
    absl::StatusOr<FieldPath> path = FieldPath::Resolve(type, absl::StrSplit(words[0], '.'));
    const std::string name = path.ok() ? path->ToString() : words[0];
    if (!path.ok() || path->key() || std::ranges::find(allowed, name) == allowed.end()) {
      return BadOrder(absl::StrCat("cannot order by '", base::Printable(words[0]), "', only by ",
                                   absl::StrJoin(allowed, ", ")));
    }
    if (!names.insert(name).second) return BadOrder(absl::StrCat("has '", name, "' twice"));
    if (decided) continue;  // what follows a name decides nothing, but has to be an order
    order.terms_.push_back({*std::move(path), descending});
    decided = name == kTieBreaker;
  }
  if (decided) return order;
  auto last = FieldPath::Resolve(type, {std::string(kTieBreaker)});
  if (last.ok()) order.terms_.push_back({*std::move(last), false});
  return order;
}

SortKey OrderBy::KeyOf(const google::protobuf::Message& message) const {
  SortKey key;
  for (const Term& term : terms_) key.push_back(term.path.Read(message));
  return key;
}

bool OrderBy::Before(const SortKey& a, const SortKey& b) const {
  const size_t count = std::min({terms_.size(), a.size(), b.size()});
  for (size_t i = 0; i < count; ++i) {
    if (a[i] == b[i]) continue;
    return terms_[i].descending ? b[i] < a[i] : a[i] < b[i];
  }
  return false;
}

std::string OrderBy::ToString() const {
  return absl::StrJoin(terms_, ", ", [](std::string* out, const Term& term) {
    absl::StrAppend(out, term.path.ToString(), term.descending ? " desc" : "");
  });
}

std::string EncodeSortKey(const SortKey& key) {
  std::string bytes;
  for (const Value& value : key) std::visit(SortKeyWriter{bytes}, value);
  return bytes;
}

std::optional<SortKey> DecodeSortKey(std::string_view bytes) {
  SortKey key;
  SortKeyReader reader(bytes);
  while (!reader.done()) {
    std::optional<Value> value = reader.Next();
    if (!value) return std::nullopt;
    key.push_back(*std::move(value));
  }
  return key;
}

}  // namespace carillon::aip
