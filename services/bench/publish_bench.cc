// Publishes single events through unary calls and says how many went through and how long they
// took. The payload's `customerid` carries the monotonic time in nanoseconds at which the event was
// due, which carillon-bench-receiver subtracts from the time of arrival.
#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <functional>
#include <iostream>
#include <memory>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "carillon/base/mutex.h"
#include "carillon/v1/publisher.grpc.pb.h"
#include "latencies.h"

namespace carillon::bench {
namespace {

using MonoTime = std::chrono::steady_clock::time_point;
using Stub = v1::EventPublisher::Stub;

constexpr int kMostCalls = 1024;
constexpr std::chrono::seconds kCallTimeout{30};

struct Options {
  std::string address;
  std::string location = "Kamen Test";
  std::string token;
  int tenants = 0;
  int callers = 64;
  int channels = 4;
  double seconds = 3;
  double rate = 0;
};

int64_t Micros(MonoTime from, MonoTime to) {
  return std::chrono::duration_cast<std::chrono::microseconds>(to - from).count();
}

/// What all callers found; thread-safe.
class Tally {
 public:
  void Add(int64_t us, const grpc::Status& status) {
    const base::MutexLock lock(mutex_);
    if (status.ok()) {
      latencies_.Add(us);
      ++done_;
    } else if (++errors_ == 1) {
      first_error_ = status.error_message();
    }
  }

  /// One line of JSON; false when a call failed.
  bool Print(double seconds) {
    const base::MutexLock lock(mutex_);
    std::cout << "{\"per_second\":" << static_cast<double>(done_) / seconds
              << ",\"seconds\":" << seconds << ",\"errors\":" << errors_ << ","
              << latencies_.JsonMembers() << "}" << std::endl;
    if (errors_ != 0) std::cerr << "carillon-bench-publish: first error: " << first_error_ << "\n";
    return errors_ == 0;
  }

 private:
  base::Mutex mutex_;
  Latencies latencies_ ABSL_GUARDED_BY(mutex_);
  uint64_t done_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t errors_ ABSL_GUARDED_BY(mutex_) = 0;
  std::string first_error_ ABSL_GUARDED_BY(mutex_);
};

/// One caller: at most one call under way at a time. Where there are tenants its calls go through
/// them in turn, from its own number on.
class Caller {
 public:
  Caller(Stub& stub, Tally& tally, const Options& options, int number)
      : stub_(stub), tally_(tally), options_(options), tenant_(number) {
    v1::Event& event = *request_.add_events();
    v1::SessionEvent& session = *event.mutable_session();
    session.set_uuid("41509791-3de8-5bb9-b4fc-a9753da95aad");
    session.set_action("create");
    session.set_location(options.location);
    session.set_stations(1);
  }

  /// `due` is when the call should have begun; `done` is called on a thread of gRPC.
  void Start(MonoTime due, std::function<void()> done) {
    due_ = due;
    done_ = std::move(done);
    request_.mutable_events(0)->mutable_session()->set_customerid(due.time_since_epoch().count());
    context_ = std::make_unique<grpc::ClientContext>();
    context_->set_deadline(std::chrono::system_clock::now() + kCallTimeout);
    if (!options_.token.empty()) {
      context_->AddMetadata("authorization", "Bearer " + options_.token);
    }
    if (options_.tenants > 0) {
      request_.mutable_events(0)->set_tenant(absl::StrCat("t", tenant_ % options_.tenants));
      tenant_ += options_.callers;
    }
    stub_.async()->Publish(context_.get(), &request_, &response_,
                           [this](const grpc::Status& status) { Ended(status); });
  }

 private:
  void Ended(const grpc::Status& status) {
    tally_.Add(Micros(due_, std::chrono::steady_clock::now()), status);
    const std::function<void()> done = std::move(done_);
    done();  // may start the next call
  }

  Stub& stub_;
  Tally& tally_;
  const Options& options_;
  int tenant_;
  v1::PublishRequest request_;
  v1::PublishResponse response_;
  std::unique_ptr<grpc::ClientContext> context_;
  MonoTime due_{};
  std::function<void()> done_;
};

/// The callers and their channels.
class Load {
 public:
  explicit Load(const Options& options) {
    for (int i = 0; i < options.channels; ++i) {
      grpc::ChannelArguments args;
      args.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection for each channel
      stubs_.push_back(v1::EventPublisher::NewStub(
          grpc::CreateCustomChannel(options.address, grpc::InsecureChannelCredentials(), args)));
    }
    for (int i = 0; i < options.callers; ++i) {
      Stub& stub = *stubs_[static_cast<size_t>(i % options.channels)];
      callers_.push_back(std::make_unique<Caller>(stub, tally_, options, i));
    }
  }

  /// Every caller starts its next call when the last is answered.
  void RunFlatOut(MonoTime end) {
    std::counting_semaphore<kMostCalls> finished(0);
    for (const auto& caller : callers_) Next(*caller, end, finished);
    for (size_t i = 0; i < callers_.size(); ++i) finished.acquire();
  }

  /// A call every 1/rate seconds. A call that finds no free caller waits, its clock running.
  void RunPaced(MonoTime begin, MonoTime end, double rate) {
    const std::chrono::nanoseconds step(static_cast<int64_t>(1e9 / rate));
    base::Mutex mutex;
    std::vector<Caller*> idle;
    for (const auto& caller : callers_) idle.push_back(caller.get());
    std::counting_semaphore<kMostCalls> free(static_cast<std::ptrdiff_t>(idle.size()));
    for (MonoTime due = begin; due < end; due += step) {
      std::this_thread::sleep_until(due);
      free.acquire();
      Caller* caller = nullptr;
      {
        const base::MutexLock lock(mutex);
        caller = idle.back();
        idle.pop_back();
      }
      caller->Start(due, [&mutex, &idle, &free, caller] {
        {
          const base::MutexLock lock(mutex);
          idle.push_back(caller);
        }
        free.release();
      });
    }
    for (size_t i = 0; i < callers_.size(); ++i) free.acquire();
  }

  Tally& tally() { return tally_; }

 private:
  void Next(Caller& caller, MonoTime end, std::counting_semaphore<kMostCalls>& finished) {
    const MonoTime now = std::chrono::steady_clock::now();
    if (now >= end) {
      finished.release();
      return;
    }
    caller.Start(now, [this, &caller, end, &finished] { Next(caller, end, finished); });
  }

  Tally tally_;
  std::vector<std::unique_ptr<Stub>> stubs_;
  std::vector<std::unique_ptr<Caller>> callers_;
};

int Run(const Options& options) {
  Load load(options);
  const MonoTime begin = std::chrono::steady_clock::now();
  const auto length = std::chrono::nanoseconds(static_cast<int64_t>(options.seconds * 1e9));
  if (options.rate > 0) {
    load.RunPaced(begin, begin + length, options.rate);
  } else {
    load.RunFlatOut(begin + length);
  }
  const int64_t us = Micros(begin, std::chrono::steady_clock::now());
  return load.tally().Print(static_cast<double>(us) / 1e6) ? 0 : 1;
}

}  // namespace
}  // namespace carillon::bench

int main(int argc, char** argv) {
  CLI::App app("Publishes single events through unary calls and measures.");
  carillon::bench::Options options;
  app.add_option("--address", options.address, "HOST:PORT of the publisher service")->required();
  app.add_option("--location", options.location, "the session's location");
  app.add_option("--token", options.token, "bearer token");
  app.add_option("--tenants", options.tenants,
                 "events are of tenants t0, t1, ... in turn; 0: of none")
      ->check(CLI::Range(0, 1'000'000));
  app.add_option("--callers", options.callers, "calls under way at once")
      ->check(CLI::Range(1, carillon::bench::kMostCalls));
  app.add_option("--channels", options.channels, "connections")->check(CLI::Range(1, 64));
  app.add_option("--seconds", options.seconds, "how long")->check(CLI::Range(0.1, 600.0));
  app.add_option("--rate", options.rate, "events a second; 0: as fast as the callers can")
      ->check(CLI::Range(0.0, 100'000.0));
  CLI11_PARSE(app, argc, argv);
  return carillon::bench::Run(options);
}
