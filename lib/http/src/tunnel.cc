#include "tunnel.h"

#include <boost/asio/buffer.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace carillon::http {
namespace {

using model::Outcome;

}  // namespace

std::string ConnectHead(const net::Proxy& proxy, const boost::asio::ip::tcp::endpoint& to) {
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
    : stream_(std::move(stream)), max_head_bytes_(max_head_bytes), done_(std::move(done)) {
  head_.Reset(max_head_bytes);
}

void Tunnel::Ask(std::string head) {
  auto request = std::make_shared<Request>();
  request->head = std::move(head);
  Listen();
  stream_->Write(std::move(request), shared_from_this());
}

void Tunnel::Listen() { stream_->Read(boost::asio::buffer(buffer_), shared_from_this()); }

void Tunnel::OnRead(ErrorCode ec, size_t bytes) {
  if (!done_) return;
  if (bytes == 0) {
    return Finish(
        {Outcome::kReset, "the proxy did not answer CONNECT: " + stream_->Explain(ec), true});
  }
  OnBytes({buffer_.data(), bytes});
}

void Tunnel::OnBytes(std::string_view bytes) {
  for (;;) {
    switch (head_.Feed(bytes)) {
      case ResponseHead::State::kMore:
        return Listen();
      case ResponseHead::State::kNotHttp:
        return Finish({Outcome::kProtocol, "the proxy's answer to CONNECT is not HTTP/1.x"});
      case ResponseHead::State::kTooLong:
        return Finish({Outcome::kProtocol, "the proxy's answer to CONNECT has a head too long"});
      case ResponseHead::State::kWhole:
        break;
    }
    if (!head_.interim()) return Judge(head_.status(), !bytes.empty());
    head_bytes_ += head_.bytes();
    head_.Reset(max_head_bytes_ - head_bytes_);
  }
}

void Tunnel::Judge(int status, bool has_more) {
  if (status > 299) {
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
