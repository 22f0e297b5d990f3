#include "response_reader.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <optional>

namespace carillon::http {
namespace {

namespace beast = boost::beast;
using beast::error_code;

constexpr int kMaxInterim = 8;
constexpr size_t kMaxRetryAfterBytes = 64;

// No chunked body ends in fewer bytes than `0 CRLF CRLF`. Beast 1.81 asserts that it gets as many
// once it has seen the last chunk's size, so they are given to it together.
constexpr size_t kMinChunkedBytes = 5;

/// Beast's parser with nothing kept but what is asked for later.
class Parser final : public beast::http::basic_parser<false> {
 public:
  Parser(size_t max_body_bytes, size_t keep_bytes)
      : max_body_bytes_(max_body_bytes), keep_bytes_(keep_bytes) {}

  uint16_t status() const { return is_header_done() ? status_ : 0; }
  bool over_body_bound() const { return body_bytes_ > max_body_bytes_; }
  std::string& retry_after() { return retry_after_; }
  std::string& body() { return body_; }

 private:
  using View = beast::string_view;

  void on_request_impl(beast::http::verb, View, View, int, error_code&) override {}
  void on_response_impl(int code, View, int, error_code& ec) override {
    status_ = static_cast<uint16_t>(code);
    if (code < 100 || code == 101) ec = beast::http::error::bad_status;
  }
  void on_field_impl(beast::http::field name, View, View value, error_code&) override {
    if (name != beast::http::field::retry_after || is_header_done()) return;
    if (value.size() <= kMaxRetryAfterBytes) retry_after_.assign(value.data(), value.size());
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<uint64_t>&, error_code&) override {}
  size_t on_body_impl(View body, error_code& ec) override { return Drop(body, ec); }
  void on_chunk_header_impl(uint64_t, View, error_code&) override {}
  size_t on_chunk_body_impl(uint64_t, View body, error_code& ec) override { return Drop(body, ec); }
  void on_finish_impl(error_code&) override {}

  size_t Drop(View body, error_code& ec) {
    body_bytes_ += body.size();
    body_.append(body.data(), std::min(body.size(), keep_bytes_ - body_.size()));
    if (over_body_bound()) ec = beast::http::error::body_limit;
    return body.size();
  }

  const size_t max_body_bytes_;
  const size_t keep_bytes_;
  uint16_t status_ = 0;
  size_t body_bytes_ = 0;
  std::string retry_after_;
  std::string body_;
};

/// Whether `bytes` can be the beginning of a response; else it is not worth waiting for more.
bool MayBeHttp(std::string_view bytes) {
  constexpr std::string_view kVersion = "HTTP/1.";
  const size_t common = std::min(bytes.size(), kVersion.size());
  return bytes.substr(0, common) == kVersion.substr(0, common);
}

constexpr size_t kBareStatusLineBytes = 14;

/// Whether `bytes` begin with `HTTP/1.1 200 CRLF` but without the space that must follow the status
/// where there is no reason. Servers send that, Beast does not take it.
bool HasBareStatusLine(std::string_view bytes) {
  return bytes.size() >= kBareStatusLineBytes && bytes[8] == ' ' &&
         bytes.substr(kBareStatusLineBytes - 2, 2) == "\r\n";
}

}  // namespace

struct ResponseReader::Impl {
  size_t max_head_bytes;
  size_t max_body_bytes;
  size_t keep_bytes = 0;
  std::optional<Parser> parser;
  int interim = 0;
  size_t head_bytes = 0;  // of the head that is not whole yet, done with
  std::string error;

  void NextMessage() {
    parser.emplace(max_body_bytes, keep_bytes);
    parser->eager(true);
    parser->body_limit(boost::none);
    head_bytes = 0;
  }

  State Bad(std::string what) {
    error = std::move(what);
    return State::kBad;
  }

  State Judge(const error_code& ec, std::string_view rest) {
    if (parser->is_header_done() && parser->over_body_bound()) return State::kEnough;
    if (ec == beast::http::error::need_more) {
      return rest.size() < max_head_bytes ? State::kMore : Bad("a line or head too long");
    }
    if (ec) return Bad(ec.message());
    return parser->is_done() ? State::kDone : State::kMore;
  }

  size_t Put(std::string_view bytes, error_code& ec) {
    const bool at_start = !parser->is_header_done() && head_bytes == 0;
    if (!at_start || !HasBareStatusLine(bytes)) {
      return parser->put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
    }
    std::string mended(bytes);
    mended.insert(kBareStatusLineBytes - 2, 1, ' ');
    const size_t used = parser->put(boost::asio::const_buffer(mended.data(), mended.size()), ec);
    return used == 0 ? 0 : used - 1;
  }

  State FeedMessage(std::string_view bytes, size_t& consumed) {
    if (!parser->got_some() && !MayBeHttp(bytes)) return Bad("the answer is not HTTP/1.x");
    const bool in_chunks = parser->is_header_done() && parser->chunked();
    if (in_chunks && bytes.size() < kMinChunkedBytes) return State::kMore;
    // Beast takes the head a field at a time, and its limit holds for each call.
    if (!parser->is_header_done()) {
      if (head_bytes >= max_head_bytes) return Bad("a head too long");
      parser->header_limit(static_cast<uint32_t>(max_head_bytes - head_bytes));
    }
    error_code ec;
    const size_t used = Put(bytes, ec);
    consumed += used;
    if (!parser->is_header_done()) head_bytes += used;
    return Judge(ec, bytes.substr(used));
  }
};

ResponseReader::ResponseReader(size_t max_head_bytes, size_t max_body_bytes)
    : impl_(std::make_unique<Impl>(Impl{max_head_bytes, max_body_bytes})) {
  Reset();
}

ResponseReader::~ResponseReader() = default;

void ResponseReader::Reset() {
  impl_->keep_bytes = 0;
  impl_->interim = 0;
  impl_->NextMessage();
}

void ResponseReader::KeepBody(size_t bytes) {
  impl_->keep_bytes = bytes;
  impl_->NextMessage();
}

ResponseReader::State ResponseReader::Feed(std::string_view bytes, size_t& consumed) {
  consumed = 0;
  while (consumed < bytes.size()) {
    const State state = impl_->FeedMessage(bytes.substr(consumed), consumed);
    if (state != State::kDone || impl_->parser->status() >= 200) return state;
    if (++impl_->interim > kMaxInterim) return impl_->Bad("too many interim responses");
    impl_->NextMessage();
  }
  return State::kMore;
}

ResponseReader::State ResponseReader::End() {
  if (!impl_->parser->is_header_done()) return State::kBroken;
  error_code ec;
  impl_->parser->put_eof(ec);
  return ec ? State::kBroken : State::kDone;
}

uint16_t ResponseReader::status() const { return impl_->parser->status(); }
bool ResponseReader::keep_alive() const { return impl_->parser->keep_alive(); }
std::string& ResponseReader::retry_after() { return impl_->parser->retry_after(); }
std::string& ResponseReader::body() { return impl_->parser->body(); }
const std::string& ResponseReader::error() const { return impl_->error; }

}  // namespace carillon::http
