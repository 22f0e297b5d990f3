// Replays the committed corpora: every input that a target was made with, or that once found a
// fault, in every build and under every sanitizer.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "targets.h"

namespace carillon::fuzz {
namespace {

std::vector<std::filesystem::path> InputsOf(std::string_view target) {
  std::vector<std::filesystem::path> inputs;
  const std::filesystem::path folder = std::filesystem::path(CARILLON_CORPUS_DIR) / target;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    inputs.push_back(entry.path());
  }
  std::sort(inputs.begin(), inputs.end());
  return inputs;
}

class Corpus : public testing::TestWithParam<Target> {};

TEST_P(Corpus, Holds) {
  const std::vector<std::filesystem::path> inputs = InputsOf(GetParam().name);
  EXPECT_GE(inputs.size(), 5u);
  for (const auto& path : inputs) {
    std::ifstream file(path, std::ios::binary);
    const std::string input{std::istreambuf_iterator<char>(file), {}};
    std::fprintf(stderr, "%s/%s\n", path.parent_path().filename().c_str(),
                 path.filename().c_str());  // the last line names the input that ended the process
    GetParam().run(input);
    // Ends of it are inputs too: what is cut off must not be read beyond.
    for (size_t size = 0; size < std::min<size_t>(input.size(), 64); ++size) {
      const std::vector<char> exact(input.begin(), input.begin() + static_cast<ptrdiff_t>(size));
      GetParam().run({exact.data(), exact.size()});
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, Corpus, testing::ValuesIn(kTargets),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace carillon::fuzz
