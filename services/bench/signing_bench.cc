// One signature alone: what it takes to sign the body of the SynthesisVR contract. Prints the CPU
// time of each scheme for each signature.
#include <CLI/CLI.hpp>
#include <cstdint>
#include <ctime>
#include <iostream>
#include <string>

#include "carillon/signing/signer.h"

namespace carillon::bench {
namespace {

constexpr const char* kBody =
    R"([{"uuid":"41509791-3de8-5bb9-b4fc-a9753da95aad","action":"create","location":"Kamen Test","stations":1,"customerid":7685}])";
constexpr const char* kV1 = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr const char* kV1a =
    "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";

double CpuMicros() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

/// Microseconds for each of `count` signatures with this secret.
double Measure(const char* secret, uint64_t count) {
  auto parsed = signing::ParseAnySecret(secret).value();
  const model::SigningKey key{
      .name = "key", .secret = std::move(parsed.bytes), .scheme = parsed.scheme};
  const auto signer = signing::Signer::Create({&key, 1});
  const std::string body = kBody;
  std::string head;
  const double begin = CpuMicros();
  for (uint64_t i = 0; i < count; ++i) {
    head.clear();
    signer->Sign("01939f3a-7c1e-7000-8000-000000000000", 1'700'000'000 + static_cast<int64_t>(i),
                 body, head);
  }
  return (CpuMicros() - begin) / static_cast<double>(count);
}

}  // namespace
}  // namespace carillon::bench

int main(int argc, char** argv) {
  CLI::App app("Measures a signature alone.");
  uint64_t count = 200'000;
  app.add_option("--signatures", count, "how many with v1; of v1a a hundredth")
      ->check(CLI::Range(100, 100'000'000));
  CLI11_PARSE(app, argc, argv);
  std::cout << "{\"v1_us\":" << carillon::bench::Measure(carillon::bench::kV1, count)
            << ",\"v1a_us\":" << carillon::bench::Measure(carillon::bench::kV1a, count / 100) << "}"
            << std::endl;
  return 0;
}
