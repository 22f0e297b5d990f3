#include "response_head.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "absl/strings/match.h"
#include "carillon/base/text.h"

namespace carillon::http {
namespace {

constexpr std::string_view kVersion = "HTTP/1.";
constexpr size_t kVersionBytes = kVersion.size() + 1;
constexpr size_t kStatusDigits = 3;
// Of one field that is looked at, all its lines together.
constexpr size_t kMaxValueBytes = 4 * LineCutter::kKeptBytes;

bool IsBlank(char c) { return c == ' ' || c == '\t'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool Equal(std::string_view a, std::string_view b) {
  return absl::EqualsIgnoreCase(base::ToAbsl(a), base::ToAbsl(b));
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

/// RFC 9110, 5.6.2: what names are made of.
bool IsToken(std::string_view name) {
  static constexpr auto kIsTokenChar = [] {
    std::array<bool, 256> is{};
    for (char c = '0'; c <= '9'; ++c) is[static_cast<unsigned char>(c)] = true;
    for (char c = 'a'; c <= 'z'; ++c) is[static_cast<unsigned char>(c)] = true;
    for (char c = 'A'; c <= 'Z'; ++c) is[static_cast<unsigned char>(c)] = true;
    for (const char c : std::string_view("!#$%&'*+-.^_`|~"))
      is[static_cast<unsigned char>(c)] = true;
    return is;
  }();
  for (const char c : name) {
    if (!kIsTokenChar[static_cast<unsigned char>(c)]) return false;
  }
  return !name.empty();
}

/// Calls `visit` with each element of a comma-separated list, trimmed; empty ones too.
template <typename Visit>
void ForEachElement(std::string_view list, Visit visit) {
  for (;;) {
    const size_t comma = list.find(',');
    visit(Trim(list.substr(0, comma)));
    if (comma == list.npos) return;
    list.remove_prefix(comma + 1);
  }
}

/// Whether the beginning of a line can become a status line; else it is not worth waiting for more.
bool MayBeHttp(std::string_view line) {
  const size_t common = std::min(line.size(), kVersion.size());
  return line.substr(0, common) == kVersion.substr(0, common);
}

std::optional<uint64_t> ParseLength(std::string_view digits) {
  uint64_t length = 0;
  for (const char c : digits) {
    if (!IsDigit(c)) return std::nullopt;
  }
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (error != std::errc() || digits.empty()) return std::nullopt;
  return length;
}

}  // namespace

void ResponseHead::Reset(size_t max_bytes) {
  *this = {};
  max_bytes_ = max_bytes;
}

ResponseHead::State ResponseHead::Feed(std::string_view& bytes) {
  while (!bytes.empty()) {
    const size_t before = bytes.size();
    std::string_view within = bytes.substr(0, max_bytes_ - bytes_);
    const size_t given = within.size();
    const bool whole = lines_.Take(within);
    const size_t taken = given - within.size();
    bytes_ += taken;
    bytes.remove_prefix(taken);
    if (!whole) {
      if (status_ == 0 && !MayBeHttp(lines_.line())) return State::kNotHttp;
      return given < before || bytes_ == max_bytes_ ? State::kTooLong : State::kMore;
    }
    const State state = TakeLine();
    if (state != State::kMore) return state;
    if (bytes_ == max_bytes_) return State::kTooLong;
  }
  return State::kMore;
}

ResponseHead::State ResponseHead::TakeLine() {
  odd_ |= lines_.odd();
  const std::string_view line = lines_.line();
  if (status_ == 0) return TakeStatusLine(line);
  if (!line.empty()) {
    TakeFieldLine(line);
    return State::kMore;
  }
  EndField();
  return State::kWhole;
}

// `HTTP/1.1 200`, and behind a space whatever the receiver likes to say.
ResponseHead::State ResponseHead::TakeStatusLine(std::string_view line) {
  if (!MayBeHttp(line) || line.size() <= kVersionBytes) return State::kNotHttp;
  const char minor = line[kVersionBytes - 1];
  if (!IsDigit(minor) || !IsBlank(line[kVersionBytes])) return State::kNotHttp;
  http_1_0_ = minor == '0';
  std::string_view rest = line.substr(kVersionBytes + 1);
  odd_ |= minor > '1' || line[kVersionBytes] != ' ' || (!rest.empty() && IsBlank(rest.front()));
  while (!rest.empty() && IsBlank(rest.front())) rest.remove_prefix(1);
  if (rest.size() > kStatusDigits && !IsBlank(rest[kStatusDigits])) return State::kNotHttp;
  const auto status = ParseLength(rest.substr(0, kStatusDigits));
  if (rest.size() < kStatusDigits || !status || *status < 100) return State::kNotHttp;
  status_ = static_cast<uint16_t>(*status);
  return State::kMore;
}

void ResponseHead::TakeFieldLine(std::string_view line) {
  if (IsBlank(line.front())) {  // it goes on with the value of the line before
    odd_ = true;
    value_cut_ |= lines_.cut() || value_.size() + line.size() > kMaxValueBytes;
    if (field_ != Field::kOther && !value_cut_) value_.append(" ").append(Trim(line));
    return;
  }
  EndField();
  const size_t colon = line.find(':');
  std::string_view name = line.substr(0, colon);
  if (colon == line.npos || !IsToken(name)) odd_ = true;
  if (colon == line.npos) return;
  name = Trim(name);
  if (Equal(name, "connection")) {
    field_ = Field::kConnection;
  } else if (Equal(name, "content-length")) {
    field_ = Field::kContentLength;
  } else if (Equal(name, "transfer-encoding")) {
    field_ = Field::kTransferEncoding;
  } else if (Equal(name, "retry-after")) {
    field_ = Field::kRetryAfter;
  } else {
    return;
  }
  value_.assign(line.substr(colon + 1));
  value_cut_ = lines_.cut();
}

void ResponseHead::EndField() {
  const std::string_view value = Trim(value_);
  switch (std::exchange(field_, Field::kOther)) {
    case Field::kOther:
      return;
    case Field::kConnection:
      says_close_ |= value_cut_;
      return TakeConnection(value);
    case Field::kContentLength:
      bad_length_ |= value_cut_;
      return TakeContentLength(value);
    case Field::kTransferEncoding:
      odd_ |= value_cut_;
      return TakeTransferEncoding(value);
    case Field::kRetryAfter:
      if (!value_cut_ && value.size() <= kMaxRetryAfterBytes) retry_after_.assign(value);
      return;
  }
}

// What it does not know is passed over (RFC 9110, 7.6.1).
void ResponseHead::TakeConnection(std::string_view value) {
  ForEachElement(value, [this](std::string_view option) {
    says_keep_alive_ |= Equal(option, "keep-alive");
    says_close_ |= Equal(option.substr(0, option.find_first_of(" \t;=")), "close");
  });
}

// Several that are equal say one thing, but somebody else may have put them together.
void ResponseHead::TakeContentLength(std::string_view value) {
  ForEachElement(value, [this](std::string_view element) {
    const auto length = ParseLength(element);
    odd_ |= length_.has_value();
    bad_length_ |= !length || (length_ && *length_ != *length);
    if (!length_) length_ = length;
  });
}

void ResponseHead::TakeTransferEncoding(std::string_view value) {
  encoded_ = true;
  ForEachElement(value, [this](std::string_view coding) {
    if (coding.empty()) return;
    unreadable_ |= chunked_;  // chunked is the last, or it is none
    chunked_ = Equal(coding, "chunked");
  });
}

ResponseHead::Body ResponseHead::body() const {
  if (HasNoBody()) return Body::kNone;
  if (encoded_ && chunked_ && !unreadable_) return Body::kChunked;
  // Behind a coding that is not understood, the length is as good a guess as any where to stop.
  if (bad_length_) return Body::kUnknown;
  if (length_) return *length_ == 0 ? Body::kNone : Body::kLength;
  return Body::kUntilClose;
}

bool ResponseHead::reusable() const {
  if (odd_ || bad_length_ || says_close_ || (http_1_0_ && !says_keep_alive_)) return false;
  if (encoded_ && (http_1_0_ || length_ || !chunked_ || unreadable_)) return false;
  if (status_ == 204 && (encoded_ || length() > 0)) return false;  // a body where there can be none
  if (status_ == 304 && encoded_) return false;
  return body() != Body::kUntilClose;
}

}  // namespace carillon::http
