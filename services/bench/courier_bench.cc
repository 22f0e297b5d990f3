// The courier alone: one thread, a fixed number of attempts under way, one body. Prints attempts
// per second, the CPU time this process spent on each, and by how much its memory grew for each
// destination. With as many attempts as destinations each is the first on a new connection.
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/http/asio_courier.h"

namespace carillon::bench {
namespace {

constexpr const char* kBody =
    R"([{"uuid":"41509791-3de8-5bb9-b4fc-a9753da95aad","action":"create","location":"Kamen Test","stations":1,"customerid":7685}])";

struct Options {
  std::string url;
  uint32_t connections = 32;
  uint64_t attempts = 200'000;
  uint32_t destinations = 1;
  std::string ca_bundle;  // a file; empty: the system's authorities
};

/// Empty where there is none.
std::string ReadWhole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Resident memory of this process.
double ResidentKilobytes() {
  std::ifstream file("/proc/self/statm");
  double all = 0;
  double resident = 0;
  file >> all >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1024;
}

/// User and system time of this process.
double CpuMicros() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto micros = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_usec);
  };
  return micros(usage.ru_utime) + micros(usage.ru_stime);
}

/// Starts an attempt for each that ends, until all are done.
class Drive final : public http::CourierListener {
 public:
  Drive(boost::asio::io_context& io, http::Courier& courier, const net::Url& url,
        const Options& options)
      : io_(io), courier_(courier), left_(options.attempts), open_(options.attempts) {
    http::EndpointOptions endpoint;
    endpoint.url = url;
    endpoint.max_connections = options.connections;
    endpoint.tls.ca_bundle = ReadWhole(options.ca_bundle);
    for (uint32_t i = 0; i < options.destinations; ++i) {
      endpoints_.push_back(courier_.Open(endpoint));
    }
    body_ = std::make_shared<const std::string>(kBody);
    head_ =
        "POST " + url.target + " HTTP/1.1\r\nHost: " + url.HostHeader() +
        "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body_->size()) +
        "\r\n\r\n";
    courier_.SetListener(this);
  }

  void Begin(uint32_t connections) {
    for (uint32_t i = 0; i < connections; ++i) StartOne();
  }

  void OnResponse(uint64_t /*token*/, const http::Response& response) override {
    if (response.status != 200 && ++failures_ == 1) first_error_ = response.error;
    if (--open_ == 0) {
      io_.stop();
      return;
    }
    StartOne();
  }

  uint64_t failures() const { return failures_; }
  const std::string& first_error() const { return first_error_; }

 private:
  void StartOne() {
    if (left_ == 0) return;
    --left_;
    http::Request request;
    request.token = left_;
    request.endpoint = endpoints_[left_ % endpoints_.size()];
    request.head = head_;
    request.body = body_;
    courier_.Start(std::move(request));
  }

  boost::asio::io_context& io_;
  http::Courier& courier_;
  std::vector<http::EndpointId> endpoints_;
  std::shared_ptr<const std::string> body_;
  std::string head_;
  uint64_t left_;  ///< not yet started
  uint64_t open_;  ///< not yet ended
  uint64_t failures_ = 0;
  std::string first_error_;
};

int Run(const Options& options) {
  const auto url = net::ParseUrl(options.url);
  auto tls = http::TlsClient::Create();
  if (!url.ok() || !tls.ok()) {
    std::cerr << "carillon-bench-courier: " << (url.ok() ? tls.status() : url.status()) << "\n";
    return 1;
  }
  const base::SystemClock clock;
  const auto resolver = http::Resolver::Create(http::ResolverOptions{}, clock);
  boost::asio::io_context io(1);
  const auto work = boost::asio::make_work_guard(io);
  const net::EgressSwitch anywhere({.rules = guard::Rules::Unrestricted()});
  http::CourierOptions courier_options;
  courier_options.egress = &anywhere;
  const auto courier = http::MakeAsioCourier(io, *resolver, **tls, courier_options);
  Drive drive(io, *courier, *url, options);

  const double memory_before = ResidentKilobytes();
  const double cpu_before = CpuMicros();
  const base::MonoTime begin = clock.Mono();
  drive.Begin(options.connections);
  io.run();
  const double seconds = std::chrono::duration<double>(clock.Mono() - begin).count();
  const double attempts = static_cast<double>(options.attempts);
  std::cout << "{\"per_second\":" << attempts / seconds
            << ",\"cpu_us\":" << (CpuMicros() - cpu_before) / attempts << ",\"kb_per_destination\":"
            << (ResidentKilobytes() - memory_before) / options.destinations
            << ",\"failures\":" << drive.failures() << "}" << std::endl;
  if (drive.failures() == 0) return 0;
  std::cerr << "carillon-bench-courier: first failure: " << drive.first_error() << "\n";
  return 1;
}

}  // namespace
}  // namespace carillon::bench

int main(int argc, char** argv) {
  CLI::App app("Drives the courier alone and measures.");
  carillon::bench::Options options;
  app.add_option("--url", options.url, "where to POST")->required();
  app.add_option("--connections", options.connections, "attempts under way at once")
      ->check(CLI::Range(1, 1024));
  app.add_option("--attempts", options.attempts, "how many")->check(CLI::Range(1, 100'000'000));
  app.add_option("--destinations", options.destinations, "which take turns")
      ->check(CLI::Range(1, 100'000));
  app.add_option("--ca-bundle", options.ca_bundle, "whom to trust, in PEM")
      ->check(CLI::ExistingFile);
  CLI11_PARSE(app, argc, argv);
  return carillon::bench::Run(options);
}
