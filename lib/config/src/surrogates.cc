#include "surrogates.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <cstdint>
#include <cstdio>
#include <optional>
#include <sstream>
#include <vector>

#include "carillon/json/scanner.h"

namespace carillon::config {
namespace {

using YAML::Mark;

constexpr size_t kEscapeBytes = 6;  // \uXXXX

/// The code unit of the escape at `at`.
std::optional<uint32_t> CodeUnit(std::string_view text, size_t at) {
  if (text.substr(at, 2) != "\\u" || at + kEscapeBytes > text.size()) return std::nullopt;
  uint32_t unit = 0;
  for (size_t i = at + 2; i < at + kEscapeBytes; ++i) {
    const int digit = json::HexValue(text[i]);
    if (digit < 0) return std::nullopt;
    unit = unit << 4 | static_cast<uint32_t>(digit);
  }
  return unit;
}

/// What the pair of escapes at `at` stands for, as YAML writes it.
std::optional<std::string> PairAt(std::string_view text, size_t at) {
  const auto high = CodeUnit(text, at);
  const auto low = high ? CodeUnit(text, at + kEscapeBytes) : std::nullopt;
  if (!low || *high < 0xD800 || *high > 0xDBFF || *low < 0xDC00 || *low > 0xDFFF) return {};
  char escape[16];
  std::snprintf(escape, sizeof escape, "\\U%08X",
                0x10000 + ((*high - 0xD800) << 10) + (*low - 0xDC00));
  return escape;
}

/// A text in which every pair was joined, and where.
struct Joined {
  struct Place {
    size_t at;                  ///< in `text`
    std::string_view original;  ///< of the two escapes
  };
  static constexpr size_t kBytes = 10;  ///< of what stands there now

  std::string text;
  std::vector<Place> places;
};

Joined JoinAll(std::string_view text) {
  Joined joined;
  size_t copied = 0;
  for (size_t at = text.find('\\'); at < text.size(); at = text.find('\\', at)) {
    const auto pair = PairAt(text, at);
    if (!pair) {
      at += 2;  // the backslash and what it escapes
      continue;
    }
    joined.text.append(text.substr(copied, at - copied));
    joined.places.push_back({joined.text.size(), text.substr(at, 2 * kEscapeBytes)});
    joined.text.append(*pair);
    copied = at += 2 * kEscapeBytes;
  }
  joined.text.append(text.substr(copied));
  return joined;
}

/// Collects where scalars in double quotes begin.
class Quotes final : public YAML::EventHandler {
 public:
  Quotes(std::string_view text, size_t offset) : text_(text), offset_(offset) {}
  const std::vector<size_t>& places() const { return places_; }

  void OnDocumentStart(const Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const Mark&, YAML::anchor_t) override {}
  void OnAlias(const Mark&, YAML::anchor_t) override {}
  void OnScalar(const Mark& mark, const std::string&, YAML::anchor_t, const std::string&) override {
    size_t at = offset_ + static_cast<size_t>(mark.pos);
    while (at < text_.size() && (text_[at] == '&' || text_[at] == '!')) {  // an anchor, a tag
      at = text_.find_first_of(" \t\r\n", at);
      at = at == text_.npos ? at : text_.find_first_not_of(" \t\r\n", at);
    }
    if (at < text_.size() && text_[at] == '"') places_.push_back(at);
  }
  void OnSequenceStart(const Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

 private:
  std::string_view text_;
  size_t offset_;
  std::vector<size_t> places_;
};

/// One behind the last byte of what is in double quotes from `begin` on.
size_t EndOfQuotes(std::string_view text, size_t begin) {
  size_t at = begin + 1;
  while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
  return at;
}

}  // namespace

std::string JoinSurrogates(std::string_view text) {
  const Joined joined = JoinAll(text);
  if (joined.places.empty()) return joined.text;
  const size_t mark_bytes = joined.text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  Quotes quotes(joined.text, mark_bytes);
  try {
    std::istringstream in{joined.text.substr(mark_bytes)};
    YAML::Parser(in).HandleNextDocument(quotes);
  } catch (const YAML::Exception&) {
    return joined.text;  // whoever parses it says why
  }
  std::string out;
  size_t copied = 0;
  auto quote = quotes.places().begin();
  size_t end = 0;
  for (const Joined::Place& place : joined.places) {
    for (; quote != quotes.places().end() && *quote < place.at; ++quote) {
      end = EndOfQuotes(joined.text, *quote);
    }
    if (place.at < end) continue;
    out.append(joined.text, copied, place.at - copied).append(place.original);
    copied = place.at + Joined::kBytes;
  }
  return out.append(joined.text, copied);
}

std::string HideSurrogates(std::string_view text) {
  std::string hidden(text);
  for (size_t at = text.find('\\'); at < text.size(); at = text.find('\\', at)) {
    const bool pair = PairAt(text, at).has_value();
    if (pair) hidden.replace(at, 2 * kEscapeBytes, 2 * kEscapeBytes, '_');
    at += pair ? 2 * kEscapeBytes : 2;
  }
  return hidden;
}

}  // namespace carillon::config
