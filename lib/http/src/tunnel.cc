#include "tunnel.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <charconv>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace carillon::http {
namespace {

using model::Outcome;

constexpr std::string_view kVersion = "HTTP/1.";
constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr size_t kStatusAt = kVersion.size() + 2;  // `HTTP/1.1 200`

/// 0 when the head does not begin as one of HTTP does.
int StatusOf(std::string_view head) {
  int status = 0;
  if (head.size() < kStatusAt + 3 || head[kStatusAt - 1] != ' ') return 0;
  const char* begin = head.data() + kStatusAt;
  const auto [stop, error] = std::from_chars(begin, begin + 3, status);
  return error == std::errc() && stop == begin + 3 ? status : 0;
}

}  // namespace

std::string ConnectHead(const Proxy& proxy, const boost::asio::ip::tcp::endpoint& to) {
  const std::string address = to.address().to_string();
  const std::string authority =
      absl::StrCat(to.address().is_v6() ? "[" + address + "]" : address, ":", to.port());
  std::string head = absl::StrCat("CONNECT ", authority, " HTTP/1.1\r\nHost: ", authority, "\r\n");
  if (!proxy.username.empty()) {
    const std::string both = proxy.username + ":" + std::string(proxy.password.Reveal());
    absl::StrAppend(&head, "Proxy-Authorization: Basic ", absl::Base64Escape(both), "\r\n");
  }
  return head + "\r\n";
}

Tunnel::Tunnel(std::shared_ptr<Stream> stream, size_t max_head_bytes, Done done)
    : stream_(std::move(stream)), buffer_(max_head_bytes, '\0'), done_(std::move(done)) {}

void Tunnel::Ask(std::string head) {
  auto request = std::make_shared<Request>();
  request->head = std::move(head);
  Listen();
  stream_->Write(std::move(request), shared_from_this());
}

void Tunnel::Listen() {
  stream_->Read(boost::asio::buffer(buffer_.data() + filled_, buffer_.size() - filled_),
                shared_from_this());
}

void Tunnel::OnRead(ErrorCode ec, size_t bytes) {
  if (!done_) return;
  if (bytes == 0) {
    return Finish(
        {Outcome::kReset, "the proxy did not answer CONNECT: " + stream_->Explain(ec), true});
  }
  filled_ += bytes;
  const std::string_view got(buffer_.data(), filled_);
  const size_t common = std::min(got.size(), kVersion.size());
  if (got.substr(0, common) != kVersion.substr(0, common)) {
    return Finish({Outcome::kProtocol, "the proxy's answer to CONNECT is not HTTP/1.x"});
  }
  const size_t end = got.find(kHeadEnd);
  if (end != got.npos) return Judge(got.substr(0, end), end + kHeadEnd.size() < got.size());
  if (filled_ == buffer_.size()) {
    return Finish({Outcome::kProtocol, "the proxy's answer to CONNECT has a head too long"});
  }
  Listen();
}

void Tunnel::Judge(std::string_view head, bool has_more) {
  const int status = StatusOf(head);
  if (status < 200 || status > 299) {
    return Finish({Outcome::kProtocol, absl::StrCat("the proxy answered CONNECT with ", status),
                   status >= 500});
  }
  // Neither side of what is carried lets the receiver speak first.
  if (has_more) {
    return Finish({Outcome::kProtocol, "the proxy sent more than its answer to CONNECT"});
  }
  Finish({});
}

void Tunnel::Finish(Result result) {
  const Done done = std::move(done_);
  done_ = nullptr;
  done(std::move(result));
}

}  // namespace carillon::http
