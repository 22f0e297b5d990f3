#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace carillon::http {

inline const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// The receiver's end of one connection; its script blocks on it.
class Peer {
 public:
  Peer(int fd, int number, SSL_CTX* tls);
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  /// 0 for the receiver's first connection.
  int number() const { return number_; }
  /// The TLS handshake; true at once without TLS.
  bool Accept();
  bool resumed() const { return ssl_ != nullptr && SSL_session_reused(ssl_) == 1; }
  /// One request, head and body; empty when the other end closed.
  std::string ReadRequest();
  /// Some bytes of a request; false when the other end closed.
  bool ReadSome();
  /// Until the other end closes or resets.
  void ReadToEnd();
  /// False when the other end is gone.
  bool Send(const std::string& bytes);
  /// Says that nothing more will be sent, and can still read.
  void HalfClose();
  /// Closes so that the other end sees a reset.
  void Reset();
  /// Closes TLS without the alert that says so.
  void CloseWithoutAlert() { silent_ = true; }
  /// Makes blocked calls return; from any thread.
  void Interrupt();

 private:
  ssize_t Read(char* into, size_t size);

  const int fd_;
  const int number_;
  SSL* ssl_ = nullptr;
  std::string pending_;
  bool silent_ = false;
};

/// An HTTP receiver on 127.0.0.1, or another address of this machine, that behaves as its script
/// says: called for each connection, on a thread of its own; when it returns, the connection is
/// closed.
class Receiver {
 public:
  using Script = std::function<void(Peer&)>;

  /// Port 0: any.
  explicit Receiver(Script script, SSL_CTX* tls = nullptr, const std::string& address = "127.0.0.1",
                    uint16_t port = 0);
  ~Receiver();

  uint16_t port() const { return port_; }
  int connections() const { return connections_; }
  /// Waits a moment, or less when the receiver is being destroyed. False in that case.
  bool Pause(std::chrono::milliseconds time);

 private:
  void AcceptAll();
  void Serve(Peer& peer);

  const Script script_;
  SSL_CTX* const tls_;
  uint16_t port_;  // set while the listener is made
  const int listener_;
  std::atomic<int> connections_{0};
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  std::vector<std::unique_ptr<Peer>> peers_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

/// Answers every request with `answer` for as long as the other end wants.
Receiver::Script AnswerAll(std::string answer = kOk);

/// Answers one request with `answer` and closes.
Receiver::Script AnswerAndClose(std::string answer);

/// Answers one request with `answer` and waits for the other end to close.
Receiver::Script AnswerAndHold(std::string answer);

}  // namespace carillon::http
