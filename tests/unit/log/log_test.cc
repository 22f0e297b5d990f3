#include "carillon/log/log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace carillon::log {
namespace {

using nlohmann::json;
using std::chrono::seconds;

class LogTest : public testing::Test {
 protected:
  /// Every line, parsed; checks what holds of each.
  std::vector<json> Lines() {
    std::vector<json> lines;
    std::istringstream in(out_.str());
    for (std::string line; std::getline(in, line);) {
      EXPECT_LT(line.size(), Logger::kMaxLineBytes);
      lines.push_back(json::parse(line));  // throws on bad JSON and bad UTF-8
    }
    return lines;
  }

  base::SimulatedClock clock_{base::WallTime(std::chrono::nanoseconds(1'714'564'800'000'120'000))};
  std::ostringstream out_;
  std::unique_ptr<Logger> logger_ = Logger::Create(out_, Level::kInfo, clock_);
};

TEST_F(LogTest, ALineIsOneJsonObject) {
  const std::string text = "tab\t \"quoted\" back\\slash\nline\x01\x7F";
  logger_->Warn("destination failed", {{"name", text},
                                       {"literal", "x"},
                                       {"view", absl::string_view("y")},
                                       {"signed", int64_t{-9'223'372'036'854'775'807}},
                                       {"unsigned", uint64_t{18'446'744'073'709'551'615u}},
                                       {"small", uint16_t{3}},
                                       {"ratio", 0.25},
                                       {"nan", std::nan("")},
                                       {"flag", true}});
  EXPECT_THAT(out_.str(),
              testing::StartsWith(R"({"time":"2024-05-01T12:00:00.000120Z","level":"warn",)"
                                  R"("message":"destination failed","name":)"));
  EXPECT_EQ(out_.str().back(), '\n');
  const auto lines = Lines();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0]["name"], text);
  EXPECT_EQ(lines[0]["literal"], "x");
  EXPECT_EQ(lines[0]["view"], "y");
  EXPECT_EQ(lines[0]["signed"], int64_t{-9'223'372'036'854'775'807});
  EXPECT_EQ(lines[0]["unsigned"], uint64_t{18'446'744'073'709'551'615u});
  EXPECT_EQ(lines[0]["small"], 3);
  EXPECT_EQ(lines[0]["ratio"], 0.25);
  EXPECT_TRUE(lines[0]["nan"].is_null());
  EXPECT_EQ(lines[0]["flag"], true);
}

TEST_F(LogTest, LevelsAreKept) {
  logger_->Debug("a");
  logger_->Info("b");
  logger_->SetLevel(Level::kError);
  logger_->Warn("c");
  logger_->Error("d");
  logger_->SetLevel(Level::kDebug);
  logger_->Debug("e");
  std::string seen;
  for (const json& line : Lines()) {
    seen += line["level"].get<std::string>() + line["message"].get<std::string>() + ' ';
  }
  EXPECT_EQ(seen, "infob errord debuge ");
}

TEST_F(LogTest, SecretsAreNotPrinted) {
  logger_->Info("key", {{"key", base::Secret("hush-hush")}});
  EXPECT_EQ(Lines().at(0)["key"], "***");
  EXPECT_EQ(out_.str().find("hush"), std::string::npos);
}

TEST_F(LogTest, WhatIsNotUtf8IsReplaced) {
  logger_->Info("a\xFF\xC3", {{"k\xE2\x82", "\xE2\x82\xAC\xED\xA0\x80z"}});
  const json line = Lines().at(0);
  EXPECT_EQ(line["message"], "a\uFFFD\uFFFD");
  EXPECT_EQ(line["k\uFFFD\uFFFD"], "\u20AC\uFFFD\uFFFD\uFFFDz");
}

TEST_F(LogTest, LongTextIsCutAtACharacter) {
  for (const std::string& unit : {std::string("x"), std::string("\u20AC"), std::string("\n"),
                                  std::string("\xFF"), std::string("\U0001F514")}) {
    for (size_t shift = 0; shift < 4; ++shift) {
      std::string text(shift, '.');
      while (text.size() < 20'000) text += unit;
      out_.str("");
      logger_->Info("long", {{"v", text}, {"after", 1}});
      const json line = Lines().at(0);
      EXPECT_THAT(line["v"].get<std::string>(), testing::EndsWith("..."));
      EXPECT_EQ(line["v"].get<std::string>().find("\uFFFD") != std::string::npos, unit == "\xFF");
      EXPECT_EQ(line["after"], 1);
    }
  }
}

TEST_F(LogTest, TextThatJustFitsIsWhole) {
  const std::string fits(2048, 'x');
  logger_->Info(fits, {{"v", fits}, {"w", fits + "x"}});
  const json line = Lines().at(0);
  EXPECT_EQ(line["message"], fits);
  EXPECT_EQ(line["v"], fits);
  EXPECT_EQ(line["w"], std::string(2045, 'x') + "...");
}

TEST_F(LogTest, ALineHasABound) {
  const std::string big(100'000, '\x01');
  logger_->Info(big, {{big, big}, {"b", big}, {"c", big}, {"d", big}, {"e", big}, {"f", 1}});
  const json line = Lines().at(0);
  EXPECT_EQ(line["truncated"], true);
  EXPECT_TRUE(line.contains("b"));
  EXPECT_FALSE(line.contains("f"));
}

TEST_F(LogTest, LimitedWritesOneLineAnInterval) {
  for (int i = 0; i < 100; ++i) {
    logger_->Limited("dns", seconds(10)).Warn("no address", {{"i", i}});
    logger_->Limited("tls", seconds(10)).Debug("below the level");
  }
  clock_.Advance(seconds(9));
  logger_->Limited("dns", seconds(10)).Warn("no address", {{"i", 100}});
  logger_->Limited("disk", seconds(10)).Error("other key");
  clock_.Advance(seconds(1));
  logger_->Limited("dns", seconds(10)).Warn("no address", {{"i", 101}});
  const auto lines = Lines();
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0]["i"], 0);
  EXPECT_FALSE(lines[0].contains("suppressed"));
  EXPECT_EQ(lines[1]["message"], "other key");
  EXPECT_EQ(lines[2]["i"], 101);
  EXPECT_EQ(lines[2]["suppressed"], 100);
}

TEST_F(LogTest, LimitedKeysAreBounded) {
  for (size_t i = 0; i < Logger::kMaxLimitedKeys + 50; ++i) {
    logger_->Limited(std::to_string(i), seconds(10)).Warn("w");
  }
  EXPECT_EQ(Lines().size(), Logger::kMaxLimitedKeys + 1);  // 50 keys shared one line
  clock_.Advance(seconds(10));
  out_.str("");
  for (int i = 0; i < 9; ++i) {
    logger_->Limited("new" + std::to_string(i % 3), seconds(10)).Warn("w");
  }
  EXPECT_EQ(Lines().size(), 3u);  // the old ones made room for each of them
}

TEST(LogFd, LinesOfManyThreadsStayWhole) {
  const std::string path = testing::TempDir() + "/carillon_log_" + std::to_string(::getpid());
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
  ASSERT_GE(fd, 0);
  const base::SystemClock clock;
  const auto logger = Logger::Create(fd, Level::kInfo, clock);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&logger, t] {
      for (int i = 0; i < 500; ++i) {
        logger->Info("line", {{"thread", t}, {"pad", std::string(100, 'p')}});
        logger->Limited("k", std::chrono::hours(1)).Info("limited");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(logger->Flush(seconds(30)));
  std::string text(static_cast<size_t>(::lseek(fd, 0, SEEK_END)), '\0');
  ASSERT_EQ(::pread(fd, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  ::close(fd);
  ::unlink(path.c_str());
  std::istringstream in(text);
  size_t count = 0;
  size_t limited = 0;
  for (std::string line; std::getline(in, line); ++count) {
    if (json::parse(line)["message"] == "limited") ++limited;
  }
  EXPECT_EQ(count, 2001u);
  EXPECT_EQ(limited, 1u);
}

TEST(LogFd, ASinkThatCannotBeWrittenIsLostQuietly) {
  const base::SystemClock clock;
  const auto logger = Logger::Create(-1, Level::kInfo, clock);
  logger->Error("nobody reads this");
  EXPECT_TRUE(logger->Flush(seconds(30)));
  EXPECT_TRUE(logger->Enabled(Level::kError));
}

/// A pipe that nobody reads until asked to.
class Pipe {
 public:
  Pipe() { EXPECT_EQ(::pipe(fds_), 0); }
  ~Pipe() {
    ::close(fds_[0]);
    ::close(fds_[1]);
  }
  int in() const { return fds_[1]; }
  /// Waits until nothing more goes in: the writer is stuck.
  void AwaitFull() const {
    pollfd ready{.fd = fds_[1], .events = POLLOUT, .revents = 0};
    while (::poll(&ready, 1, 0) > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  /// What comes until `last` was seen.
  std::string ReadUntil(std::string_view last) {
    std::string text;
    char block[4096];
    while (text.find(last) == text.npos) {
      const ssize_t n = ::read(fds_[0], block, sizeof(block));
      if (n <= 0) break;
      text.append(block, static_cast<size_t>(n));
    }
    return text;
  }

 private:
  int fds_[2] = {-1, -1};
};

TEST(LogFd, AReaderThatIsStuckHoldsNobodyUpAndIsToldWhatWasDropped) {
  Pipe pipe;
  const base::SystemClock clock;
  const auto logger = Logger::Create(pipe.in(), Level::kInfo, clock);
  const std::string pad(1000, 'p');
  // The writer has its hands full before the bound is reached: what it took first is whole then,
  // and no line comes after one that was dropped.
  for (int i = 0; i < 100; ++i) logger->Info("line", {{"number", i}, {"pad", pad}});
  pipe.AwaitFull();
  for (int i = 100; i < 5000; ++i) logger->Info("line", {{"number", i}, {"pad", pad}});
  const uint64_t dropped = logger->dropped();
  EXPECT_GT(dropped, 2000u);  // 5 MB were logged; the pipe and twice the bound hold less than 3 MB
  EXPECT_LT(dropped, 4500u);
  EXPECT_FALSE(logger->Flush(std::chrono::milliseconds(1)));
  std::thread reader([&] {
    std::istringstream in(pipe.ReadUntil("were dropped"));
    int next = 0;
    for (std::string line; std::getline(in, line);) {
      const json parsed = json::parse(line, nullptr, false);
      if (!parsed.contains("number")) break;
      EXPECT_EQ(parsed["number"], next++);
    }
    EXPECT_EQ(next, 5000 - static_cast<int>(dropped));
  });
  reader.join();
}

TEST(LogFd, TheEndDoesNotWaitForAStuckReaderForLong) {
  Pipe pipe;
  const base::SystemClock clock;
  const auto begin = clock.Mono();
  {
    const auto logger = Logger::Create(pipe.in(), Level::kInfo, clock);
    for (int i = 0; i < 1000; ++i) logger->Info(std::string(2000, 'x'));
  }
  EXPECT_LT(clock.Mono() - begin, seconds(30));
}

TEST(LogFd, TheLastLinesGoOutAtTheEnd) {
  Pipe pipe;
  const base::SystemClock clock;
  {
    const auto logger = Logger::Create(pipe.in(), Level::kInfo, clock);
    for (int i = 0; i < 100; ++i) logger->Info("some");
    logger->Info("the last");
  }
  EXPECT_THAT(pipe.ReadUntil("the last"), testing::HasSubstr("some"));
}

}  // namespace
}  // namespace carillon::log
