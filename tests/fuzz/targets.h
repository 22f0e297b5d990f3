#pragma once

#include <cstdlib>
#include <string_view>

namespace carillon::fuzz {

// The targets. Each takes any bytes, checks what always holds of what the code made of them, and
// ends the process when it does not. No I/O, no state from one call to the next. One thread.

/// URLs, hosts, addresses, networks, ports, and the rules of SSRF protection.
void Url(std::string_view input);
/// HTTP responses, whole and in pieces.
void Response(std::string_view input);
/// The configuration file.
void Yaml(std::string_view input);
/// The wire form of a publish request; what is accepted goes through every format.
void Publish(std::string_view input);
/// Records, chunks and batches as the store holds them, with the right sums over wrong bytes.
void Stored(std::string_view input);
/// `Retry-After`, trace headers, durations, sizes, secrets, hosts files, JSON numbers and texts.
void Parsers(std::string_view input);
/// A filter and the payload that it is tried on.
void Filters(std::string_view input);
/// A descriptor set or a JSON Schema, and a payload.
void Schemas(std::string_view input);

struct Target {
  std::string_view name;
  void (*run)(std::string_view input);
};
inline constexpr Target kTargets[] = {
    {"url", Url},       {"response", Response}, {"yaml", Yaml},       {"publish", Publish},
    {"stored", Stored}, {"parsers", Parsers},   {"filters", Filters}, {"schemas", Schemas},
};

inline void Require(bool holds) {
  if (!holds) std::abort();
}

/// Takes bytes off the front that say what to do; zero when there are none left.
class Choices {
 public:
  explicit Choices(std::string_view input) : rest_(input) {}
  unsigned Below(unsigned bound) { return Byte() % bound; }
  unsigned char Byte() {
    if (rest_.empty()) return 0;
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }
  /// Up to the next byte `end`, which is taken too.
  std::string_view Until(char end) {
    const size_t at = rest_.find(end);
    const std::string_view text = rest_.substr(0, at);
    rest_.remove_prefix(at == std::string_view::npos ? rest_.size() : at + 1);
    return text;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

}  // namespace carillon::fuzz
