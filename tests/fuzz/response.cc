#include <algorithm>
#include <string>

#include "response_reader.h"
#include "targets.h"

namespace carillon::fuzz {
namespace {

using State = http::ResponseReader::State;

constexpr size_t kMaxHead = 2048;
constexpr size_t kMaxBody = 1024;

struct Seen {
  State state = State::kMore;
  uint16_t status = 0;
  std::string retry_after;
  std::string body;
  bool keep_alive = false;
  friend bool operator==(const Seen&, const Seen&) = default;
};

Seen Read(std::string_view bytes, size_t piece) {
  http::ResponseReader reader(kMaxHead, kMaxBody);
  reader.Reset();
  reader.KeepBody(kMaxBody);
  Seen seen;
  while (!bytes.empty() && seen.state == State::kMore) {
    size_t consumed = 0;
    const std::string_view given = bytes.substr(0, piece);
    seen.state = reader.Feed(given, consumed);
    Require(consumed <= given.size());
    Require(seen.state != State::kMore || consumed == given.size());
    bytes.remove_prefix(consumed);
  }
  seen.status = reader.status();
  Require(seen.status == 0 || (seen.status >= 200 && seen.status <= 999));
  Require(seen.state != State::kBad || seen.status == 0);
  Require((seen.state != State::kDone && seen.state != State::kEnough) || seen.status != 0);
  if (seen.state == State::kDone) seen.keep_alive = reader.keep_alive();
  seen.retry_after = reader.retry_after();
  Require(reader.body().size() <= kMaxBody);
  if (seen.state == State::kDone) seen.body = reader.body();
  return seen;
}

}  // namespace

void Response(std::string_view input) {
  Choices choices(input);
  const size_t piece = 1 + choices.Byte();
  const std::string_view bytes = choices.rest();
  Require(Read(bytes, std::max<size_t>(bytes.size(), 1)) == Read(bytes, piece));
}

}  // namespace carillon::fuzz
