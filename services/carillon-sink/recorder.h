#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "http_request.h"
#include "stats.h"

namespace carillon::sink {

/// What is told of one request.
struct Record {
  const HttpRequest& request;
  base::WallTime received;
  uint64_t connection = 0;
  Verdict verdict = Verdict::kUnchecked;
  int status = 0;  ///< what it is answered with; 0 for no answer
};

/// Writes requests down: for people on standard output, for programs as JSON lines. Each record is
/// flushed before `Write` returns, so whoever got the answer finds it.
class Recorder {
 public:
  /// `jsonl_path`: empty for none, `-` for standard output; a file is appended to.
  static absl::StatusOr<std::unique_ptr<Recorder>> Open(bool print, const std::string& jsonl_path);
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  void Write(const Record& record);

 private:
  Recorder(bool print, std::FILE* jsonl) : print_(print), jsonl_(jsonl) {}
  void Print(const Record& record);
  void WriteJson(const Record& record);

  bool print_;
  std::FILE* jsonl_;  ///< may be null
  uint64_t printed_ = 0;
  std::string line_;
};

}  // namespace carillon::sink
