// Reads addresses, one a line; writes for each `ok`, or `no` and why. Arguments are networks to
// allow.
#include <iostream>
#include <string>

#include "carillon/guard/rules.h"

int main(int argc, char** argv) {
  carillon::guard::Rules rules;
  for (int i = 1; i < argc; ++i) {
    const auto network = carillon::guard::ParseNetwork(argv[i]);
    if (!network.ok()) {
      std::cerr << argv[i] << ": " << network.status() << "\n";
      return 2;
    }
    rules.Allow(*network);
  }
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto address = carillon::guard::ParseAddress(line);
    if (!address) {
      std::cout << "bad\n";
      continue;
    }
    const auto status = rules.CheckAddress(*address);
    std::cout << (status.ok() ? "ok" : "no " + std::string(status.message())) << "\n";
  }
}
