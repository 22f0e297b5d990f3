#include "carillon/policy/retry_after.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <span>

namespace carillon::policy {
namespace {

using std::chrono::seconds;

constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> kLongDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::optional<int64_t> ParseDigits(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && text.front() != '-' ? std::optional(value) : std::nullopt;
}

/// Reads a date from left to right. Once something was not as expected, all that follows is wrong.
class DateReader {
 public:
  explicit DateReader(std::string_view text) : rest_(text) {}

  DateReader& Skip(std::string_view literal) {
    if (rest_.starts_with(literal)) {
      rest_.remove_prefix(literal.size());
    } else {
      ok_ = false;
    }
    return *this;
  }
  DateReader& SkipOneOf(std::span<const std::string_view> names) {
    unsigned ignored = 0;
    return OneOf(names, ignored);
  }
  /// `index` from 1.
  DateReader& OneOf(std::span<const std::string_view> names, unsigned& index) {
    for (size_t i = 0; i < names.size(); ++i) {
      if (!rest_.starts_with(names[i])) continue;
      index = static_cast<unsigned>(i + 1);
      return Skip(names[i]);
    }
    ok_ = false;
    return *this;
  }
  DateReader& Digits(size_t count, unsigned& value) {
    const auto parsed = rest_.size() < count ? std::nullopt : ParseDigits(rest_.substr(0, count));
    ok_ = ok_ && parsed.has_value();
    if (!ok_) return *this;
    value = static_cast<unsigned>(*parsed);
    rest_.remove_prefix(count);
    return *this;
  }
  DateReader& Time(unsigned& hour, unsigned& minute, unsigned& second) {
    return Digits(2, hour).Skip(":").Digits(2, minute).Skip(":").Digits(2, second);
  }
  bool starts_with(std::string_view text) const { return rest_.starts_with(text); }
  bool done() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

struct Date {
  unsigned year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;

  /// Unix seconds; nothing: there is no such date.
  std::optional<int64_t> ToUnix() const {
    const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)),
                                           std::chrono::month(month), std::chrono::day(day)};
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    const seconds days = std::chrono::sys_days(date).time_since_epoch();
    return days.count() + hour * 3600 + minute * 60 + second;
  }
};

/// `Sun, 06 Nov 1994 08:49:37 GMT`
bool ReadImfFixdate(DateReader in, Date& to) {
  in.SkipOneOf(kDays).Skip(", ").Digits(2, to.day).Skip(" ").OneOf(kMonths, to.month).Skip(" ");
  in.Digits(4, to.year).Skip(" ").Time(to.hour, to.minute, to.second).Skip(" GMT");
  return in.done();
}

/// `Sunday, 06-Nov-94 08:49:37 GMT`. A year more than 50 years ahead is one of the past.
bool ReadRfc850(DateReader in, base::WallTime now, Date& to) {
  in.SkipOneOf(kLongDays).Skip(", ").Digits(2, to.day).Skip("-").OneOf(kMonths, to.month).Skip("-");
  in.Digits(2, to.year).Skip(" ").Time(to.hour, to.minute, to.second).Skip(" GMT");
  const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(now));
  const auto this_year = static_cast<unsigned>(static_cast<int>(today.year()));
  to.year += this_year - this_year % 100;
  if (to.year > this_year + 50) to.year -= 100;
  if (to.year + 50 <= this_year) to.year += 100;
  return in.done();
}

/// `Sun Nov  6 08:49:37 1994`
bool ReadAsctime(DateReader in, Date& to) {
  in.SkipOneOf(kDays).Skip(" ").OneOf(kMonths, to.month).Skip(" ");
  if (in.starts_with(" ")) {
    in.Skip(" ").Digits(1, to.day);
  } else {
    in.Digits(2, to.day);
  }
  in.Skip(" ").Time(to.hour, to.minute, to.second).Skip(" ").Digits(4, to.year);
  return in.done();
}

std::optional<int64_t> ParseDate(std::string_view text, base::WallTime now) {
  const DateReader in(text);
  if (Date date; ReadImfFixdate(in, date)) return date.ToUnix();
  if (Date date; ReadRfc850(in, now, date)) return date.ToUnix();
  if (Date date; ReadAsctime(in, date)) return date.ToUnix();
  return std::nullopt;
}

}  // namespace

std::optional<seconds> ParseRetryAfter(std::string_view value, base::WallTime now) {
  if (value.empty()) return std::nullopt;
  std::optional<int64_t> wait = ParseDigits(value);
  if (!wait) {
    wait = ParseDate(value, now);
    if (wait) *wait -= base::ToUnixSeconds(now);
  }
  if (!wait || *wait < 0 || *wait > seconds(kMaxRetryAfter).count()) return std::nullopt;
  return seconds(*wait);
}

}  // namespace carillon::policy
